/** Prose and tables agree: whatever number a reading gives stands, so written, in a table that is committed beside it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { findNotebooks, notebookName, readNotebook, type NotebookCell } from '../../lib/reproduction/notebook-file';
import { misprints, unfounded, unfoundedRows, type Rows } from './prose-numbers';
import { root } from './reproduce-command';

const folder = path.join(root, 'results', 'tables');

function tableOf(file: string): Rows {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1));
}

/** Tables that a notebook says it has written. */
function tablesOf(cells: NotebookCell[]): Rows[] {
  const said = cells.flatMap(({ outputs }) => outputs.map(({ text = '' }) => text)).join('\n');
  const names = [...said.matchAll(/results\/tables\/([\w-]+)\.md/g)].map(([, name]) => path.join(folder, `${name}.md`));
  return names.filter((file) => existsSync(file)).map(tableOf);
}

const isReading = ({ cell_type, source }: NotebookCell) => cell_type === 'markdown' && source.includes('**Reading.**');
const hasNoNumbers = (cells: NotebookCell[]) =>
  cells.some(({ source }) => /\*\*(Without numbers for now|Not executed yet)\.\*\*/.test(source));

const table: Rows = [
  ['set', 'accuracy', 'interval', 'difference', 'its interval'],
  ['HaBa', '38.6', '36.4 to 40.8', '-2.3', '-5.2 to +0.7'],
  ['images', '40.9', '40.1 to 41.6', '', ''],
  ['steps', '1500', '', '+10.0', '+6.8 to +13.2'],
];

test('numbers of tables are found as they are written: signs, thousands, intervals, and turned round', () => {
  const right = [
    'HaBa reaches 38.6 % (95 % interval 36.4 to 40.8); images 40.9 % (40.1 to 41.6).',
    'It is behind by 2.3 points (-0.7 to 5.2), which is -2.3, from -5.2 to +0.7.',
    'After 1,500 steps of ConvNet-3 on CIFAR-10 with seeds 0, 1 and 2: +10.0 (6.8 to 13.2). `run({ ipc: 77 })`',
  ];
  for (const prose of right) assert.deepEqual(unfounded(prose, [table]), [], prose);
});

test('a number that no table has is found, an end of an interval, one that is written with other digits, and one of another row', () => {
  const wrong: [prose: string, found: string[]][] = [
    ['HaBa reaches 38.7 %.', ['38.7']],
    ['HaBa reaches 38.6 % (36.4 to 40.9).', ['36.4 to 40.9']],
    ['It is ahead by 10 points.', ['10']],
    ['HaBa reaches 38.6 % (40.1 to 41.6).', ['38.6 (40.1 to 41.6)']],
    ['It is behind by 2.3 points (-5.2 to 0.6).', ['-5.2 to 0.6']],
    ['After 1,600 steps.', ['1600']],
    // '03' after the point is no notebook.
    ['It grows by +10.03.', ['10.03']],
  ];
  for (const [prose, found] of wrong) assert.deepEqual(unfounded(prose, [table]), found, prose);
  const rows = '| HaBa | 38.6 (36.4 to 40.8) | -2.3 |\n| images | 40.9 (40.1 to 41.5) | |\n| --- |';
  assert.deepEqual(unfoundedRows(rows, [table]), ['| images | 40.9 (40.1 to 41.5) | |']);
});

for (const file of findNotebooks(path.join(root, 'notebooks'))) {
  const cells = readNotebook(file);
  if (hasNoNumbers(cells)) continue;
  test(`${notebookName(file)}: every number of its readings is in a table that it exports`, () => {
    const tables = tablesOf(cells);
    for (const { source } of cells.filter(isReading)) assert.deepEqual(unfounded(source, tables), [], source);
  });
}

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const questions = readme.slice(readme.indexOf('\n## The four questions'), readme.indexOf('\n## Speed'));
/** Tables that it names, as `results/tables/NAME.md`: among all that there are, a misprint would find some number that is like it. */
const named = [...questions.matchAll(/results\/tables\/([\w-]+)\.md/g)].map(([, name]) =>
  tableOf(path.join(folder, `${name}.md`)),
);

test("the README's four questions: a row of a table for each of theirs, and every number in the prose, of the tables that it names", () => {
  assert.ok(questions.length > 500);
  assert.deepEqual(unfoundedRows(questions, named), []);
  const prose = questions.replace(/^\s*\|.*$/gm, '');
  assert.deepEqual(unfounded(prose, named), [], prose);
});

test('nearly every misprint of one digit would be found, in the README and in each notebook', () => {
  const readings = findNotebooks(path.join(root, 'notebooks')).flatMap((file) => {
    const cells = readNotebook(file);
    return hasNoNumbers(cells) ? [] : [{ tables: tablesOf(cells), texts: cells.filter(isReading).map(({ source }) => source) }];
  });
  const prose = { tables: named, texts: [questions.replace(/^\s*\|.*$/gm, '')] };
  const [all, found] = [...readings, prose]
    .flatMap(({ tables, texts }) => texts.flatMap((text) => misprints(text).map((one) => unfounded(one, tables).length > 0)))
    .reduce(([count, right], one) => [count + 1, right + Number(one)], [0, 0]);
  assert.ok(all > 100 && found / all > 0.9, `${found} of ${all}`);
  const lines = questions.split('\n').filter((line) => /^\|.*\d\.\d/.test(line));
  const inRows = lines.flatMap((line) => misprints(line).map((one) => unfoundedRows(one, named).length > 0));
  const caught = inRows.filter(Boolean).length;
  assert.ok(inRows.length > 100 && caught / inRows.length > 0.99, `${caught} of ${inRows.length}`);
});
