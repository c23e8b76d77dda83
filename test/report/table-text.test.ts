/** Tables as text, against what is written by hand, and by LaTeX where there is one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fromCSV, table } from 'arquero';
import { tableMacros, tableText } from '../../lib/report/table-text';

const awkward = {
  name: 'awkward',
  runs: [],
  table: table({
    'set, "quoted"': ['10% of $5 & #1', 'a_b {c} ~ ^ \\', 'line, with comma'],
    'floats (%)': [1.5, -2, 1e-7],
  }),
};

test('CSV comes back as it went, commas and quotes included', () => {
  const back = fromCSV(tableText(awkward, 'csv'));
  assert.deepEqual(back.columnNames(), awkward.table.columnNames());
  assert.deepEqual(back.objects(), awkward.table.objects());
});

test('LaTeX: special signs escaped, numbers to the right, booktabs rules', () => {
  assert.deepEqual(tableText(awkward, 'latex').split('\n'), [
    '\\begin{tabular}{lr}',
    '  \\toprule',
    '  set, "quoted" & floats (\\%) \\\\',
    '  \\midrule',
    '  10\\% of \\$5 \\& \\#1 & 1.5 \\\\',
    '  a\\_b \\{c\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} & $-$2.0 \\\\',
    '  line, with comma & 1e-7 \\\\',
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ]);
});

const measured = {
  name: 'quickstart-accuracy-10',
  runs: [],
  table: table({
    method: ['DM', 'DM', 'MTT'],
    'training set': ['images', 'HaBa', 'images'],
    'test accuracy (%)': [33, 30.7, 41],
    'deviation (%)': [1, 2, 3],
    'images per class': [10, 9.91, 10],
    seeds: [3, 3, 2],
    published: ['48.3 ± 0.8', '70.0 ± 1', 'one seed'],
    difference: ['', '-2.3', '+0.1'],
  }),
};

test('the same digits after the point down a column, percentages at least one, in every format', () => {
  assert.deepEqual(tableText(measured, 'csv').trim().split('\n').slice(1), [
    'DM,images,33.0,1.0,10.00,3,48.3 ± 0.8,',
    'DM,HaBa,30.7,2.0,9.91,3,70.0 ± 1,-2.3',
    'MTT,images,41.0,3.0,10.00,2,one seed,+0.1',
  ]);
  const markdown = tableText(measured, 'markdown').trim().split('\n');
  assert.equal(markdown.length, 5);
  assert.match(markdown[0], /^\|method\|training set\|test accuracy \(%\)\|/);
  assert.match(markdown[1], /^\|:-\|:-\|-:\|-:\|-:\|-:\|:-\|:-\|$/);
  assert.match(markdown[2], /^\|DM\|images\|33\.0\|1\.0\|10\.00\|3\|/);
  assert.match(tableText(measured, 'html'), />33\.0<\/td>/);
  const latex = tableText(measured, 'latex').split('\n');
  assert.equal(latex[0], '\\begin{tabular}{llrrrrll}');
  assert.equal(latex[4], '  DM & images & 33.0 & 1.0 & 10.00 & 3 & 48.3 $\\pm$ 0.8 &  \\\\');
  assert.equal(latex[5], '  DM & HaBa & 30.7 & 2.0 & 9.91 & 3 & 70.0 $\\pm$ 1 & $-$2.3 \\\\');
});

test('macros: a name of letters, rows told by as many columns as tell them apart, every cell as in the table', () => {
  const text = tableMacros(measured);
  assert.match(text, /\\renewcommand\{\\habaQuickstartAccuracyOneZero\}\[2\]/);
  assert.match(text, /^% Rows: dm-images, dm-haba, mtt-images$/m);
  assert.match(
    text,
    /^% Columns: method, training-set, test-accuracy, deviation, images-per-class, seeds, published, difference$/m,
  );
  const defined = (key: string) => `\\expandafter\\def\\csname haba@quickstart-accuracy-10@${key}\\endcsname`;
  assert.ok(text.includes(`${defined('dm-images@test-accuracy')}{33.0}`));
  assert.ok(text.includes(`${defined('dm-haba@published')}{70.0 $\\pm$ 1}`));
  assert.equal(text.match(/\\def/g)?.length, 3 * 8);
});

test('macros that would have one name are refused', () => {
  const twins = (columns: Record<string, unknown[]>) => ({ name: 'twins', table: table(columns) });
  assert.throws(() => tableMacros(twins({ set: ['HaBa', 'haba'] })), /two rows of 'twins' would both be called 'haba'/);
  assert.throws(
    () => tableMacros(twins({ 'loss (%)': [1], loss: [2] })),
    /two columns of 'twins' would both be called 'loss'/,
  );
});

/** What is wrong with a tabular, as far as its text tells: environments, braces, cells of a row, signs that are commands. */
function structuralFaults(latex: string): string[] {
  const faults: string[] = [];
  const columns = /^\\begin\{tabular\}\{([lr]+)\}$/m.exec(latex)?.[1].length ?? 0;
  if (columns === 0 || !latex.trimEnd().endsWith('\\end{tabular}')) faults.push('no tabular');
  const plain = latex.replace(/\\text\w+\{\}|\$(-|\\\w+)\$/g, '').replace(/\\[&%$#_{}]/g, '');
  if (plain.split('{').length !== plain.split('}').length) faults.push('braces do not match');
  if (/[%$#_~^]/.test(plain)) faults.push('a sign is a command');
  const rows = plain.split('\n').filter((line) => line.endsWith('\\\\'));
  for (const row of rows) if (row.split('&').length !== columns) faults.push(`not ${columns} cells: ${row}`);
  for (const rule of ['top', 'mid', 'bottom'])
    if (plain.split(`\\${rule}rule`).length !== 2) faults.push(`${rule}rule`);
  return faults;
}

/** The tables that are committed, and one of every sign that LaTeX takes for a command. */
function latexTables(): [name: string, latex: string][] {
  const folder = path.join(__dirname, '..', '..', 'results', 'tables');
  const committed = readdirSync(folder).filter((file) => file.endsWith('.tex') && !file.endsWith('-macros.tex'));
  assert.ok(committed.length > 0);
  return [
    ...committed.map((file): [string, string] => [file, readFileSync(path.join(folder, file), 'utf8')]),
    ['awkward', tableText(awkward, 'latex')],
    ['measured', tableText(measured, 'latex')],
  ];
}

test('LaTeX tables, committed ones too, have matching braces, as many cells as columns, and no sign that is a command', () => {
  for (const [name, latex] of latexTables()) assert.deepEqual(structuralFaults(latex), [], name);
  const broken = tableText(awkward, 'latex').replace('10\\%', '10%').replace(' & 1.5', '');
  assert.equal(structuralFaults(broken).length, 2);
});

const compiler = ['pdflatex', 'lualatex', 'xelatex'].find((name) => spawnSync(name, ['--version']).status === 0);

test('LaTeX tables compile', { skip: compiler ? false : 'no LaTeX on this machine' }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-latex-'));
  const tables = latexTables().map(([, latex]) => latex);
  const document = [
    '\\documentclass{article}',
    '\\usepackage{booktabs}',
    '\\begin{document}',
    ...tables,
    tableMacros(measured),
    '\\habaQuickstartAccuracyOneZero{dm-haba}{test-accuracy}',
    '\\end{document}',
  ];
  writeFileSync(path.join(folder, 'tables.tex'), document.join('\n\n'));
  const given = ['-interaction=nonstopmode', '-halt-on-error', 'tables.tex'];
  const { status, stdout } = spawnSync(compiler!, given, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  assert.match(readFileSync(path.join(folder, 'tables.pdf'), 'latin1'), /^%PDF/);
  const wrong = document.map((line) => line.replace('{test-accuracy}', '{accuracy}'));
  writeFileSync(path.join(folder, 'tables.tex'), wrong.join('\n\n'));
  const refused = spawnSync(compiler!, given, { cwd: folder, encoding: 'utf8' });
  assert.match(refused.stdout, /has no cell in row 'dm-haba'/);
  rmSync(folder, { recursive: true });
});
