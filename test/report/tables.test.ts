import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fromCSV, table } from 'arquero';
import type { RunResult } from '../../lib/runs/train-students';
import { accuracyTable, tableText } from '../../lib/report/tables';
import { madeUpRun } from './made-up-run';

// Two students that lie 0.0123 apart by their deviation.
const result = (name: string, mean: number, seed = 0): RunResult =>
  madeUpRun(name, {
    students: [mean - 0.0123 / Math.SQRT2, mean + 0.0123 / Math.SQRT2],
    seed,
    storedFloats: 304_320,
    seconds: 61.4 + seed,
  });

const rows = [
  { label: 'HaBa', result: result('haba', 0.39649) },
  { label: 'images', result: result('images', 0.5), expertSeconds: 120.4 },
];

test('accuracy in percent beside storage and time; folders and experts only where there are any', () => {
  const { table: made, runs } = accuracyTable('methods', rows, { folders: true });
  assert.deepEqual(runs, ['results/runs/haba', 'results/runs/images']);
  assert.deepEqual(made.objects(), [
    {
      'training set': 'HaBa',
      'test accuracy (%)': 39.6,
      'deviation (%)': 1.2,
      students: 2,
      'length of a student': '300 updates',
      'stored floats': 304320,
      'images per class': 9.91,
      seconds: 61,
      'seconds of experts': 0,
      run: 'haba',
    },
    {
      'training set': 'images',
      'test accuracy (%)': 50,
      'deviation (%)': 1.2,
      students: 2,
      'length of a student': '300 updates',
      'stored floats': 304320,
      'images per class': 9.91,
      seconds: 61,
      'seconds of experts': 120,
      run: 'images',
    },
  ]);
  const plain = accuracyTable('methods', rows.slice(0, 1)).table.columnNames();
  assert.ok(!plain.includes('run') && !plain.includes('seconds of experts'));
});

test('runs of one label that differ only in their seed are one row, over seeds; others keep theirs', () => {
  const seeded = [0, 1, 2].flatMap((seed) => [
    { label: 'HaBa', result: result(`haba-${seed}`, 0.4 + seed / 100, seed), expertSeconds: 100 + 10 * seed },
    { label: 'images', result: result(`images-${seed}`, 0.39, seed) },
  ]);
  const other = { label: 'images', result: result('other', 0.5, 3) };
  other.result.configuration.iterations = 1000;
  const { table: made, runs } = accuracyTable('methods', [...seeded, other], { folders: true });
  assert.equal(runs.length, 7);
  const [haba, images, third, ...more] = made.objects();
  assert.deepEqual(more, []);
  // 40, 41 and 42 %: 41 +- t(2) x 1 / sqrt 3 = 2.484.
  assert.deepEqual(haba, {
    'training set': 'HaBa',
    'test accuracy (%)': 41,
    '95 % interval over seeds (%)': '38.5 to 43.5',
    'deviation over students (%)': '1.2',
    seeds: 3,
    'students a seed': '2',
    'length of a student': '300 updates',
    'stored floats': 304320,
    'images per class': 9.91,
    'seconds of a run': 62,
    'seconds of experts': 110,
    run: 'haba-0 haba-1 haba-2',
  });
  assert.deepEqual(
    [images, third].map((row) => {
      const { seeds, run, 'seconds of experts': experts } = row as Record<string, unknown>;
      return [seeds, run, experts];
    }),
    [
      [3, 'images-0 images-1 images-2', 0],
      [1, 'other', 0],
    ],
  );
});

test('a run that is there twice is two rows, not two seeds', () => {
  const { table: made } = accuracyTable('methods', [rows[0], rows[0]]);
  assert.equal(made.numRows(), 2);
  assert.ok(!made.columnNames().includes('seeds'));
});

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
    '  a\\_b \\{c\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} & -2 \\\\',
    '  line, with comma & 1e-7 \\\\',
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ]);
});

test('Markdown: a header, a rule, a line a row', () => {
  const lines = tableText(accuracyTable('methods', rows), 'markdown').trim().split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^\|training set\|test accuracy \(%\)\|/);
  assert.match(lines[2], /^\|HaBa\|39\.6\|/);
});

/** What is wrong with a tabular, as far as its text tells: environments, braces, cells of a row, signs that are commands. */
function structuralFaults(latex: string): string[] {
  const faults: string[] = [];
  const columns = /^\\begin\{tabular\}\{([lr]+)\}$/m.exec(latex)?.[1].length ?? 0;
  if (columns === 0 || !latex.trimEnd().endsWith('\\end{tabular}')) faults.push('no tabular');
  const plain = latex.replace(/\\text\w+\{\}/g, '').replace(/\\[&%$#_{}]/g, '');
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
  const committed = readdirSync(folder).filter((file) => file.endsWith('.tex'));
  assert.ok(committed.length > 0);
  return [
    ...committed.map((file): [string, string] => [file, readFileSync(path.join(folder, file), 'utf8')]),
    ['awkward', tableText(awkward, 'latex')],
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
    '\\end{document}',
  ];
  writeFileSync(path.join(folder, 'tables.tex'), document.join('\n\n'));
  const given = ['-interaction=nonstopmode', '-halt-on-error', 'tables.tex'];
  const { status, stdout } = spawnSync(compiler!, given, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  assert.match(readFileSync(path.join(folder, 'tables.pdf'), 'latin1'), /^%PDF/);
  rmSync(folder, { recursive: true });
});
