import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromCSV, table } from 'arquero';
import type { RunResult } from '../../lib/experiments/run';
import { accuracyTable, tableText } from '../../lib/report/tables';

const result = (run: string, mean: number): RunResult =>
  ({
    run,
    accuracy: { mean, std: 0.0123, runs: [mean, mean] },
    storedFloats: 304_320,
    imagesPerClass: 9.90625,
    seconds: 61.4,
  }) as RunResult;

const rows = [
  { label: 'HaBa', result: result('runs/haba', 0.39649) },
  { label: 'images', result: result('runs/images', 0.5), expertSeconds: 120.4 },
];

test('accuracy in percent beside storage and time; folders and experts only where there are any', () => {
  const { table: made, runs } = accuracyTable('methods', rows, { folders: true });
  assert.deepEqual(runs, ['runs/haba', 'runs/images']);
  assert.deepEqual(made.objects(), [
    {
      'training set': 'HaBa',
      'test accuracy (%)': 39.6,
      'deviation (%)': 1.2,
      students: 2,
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
