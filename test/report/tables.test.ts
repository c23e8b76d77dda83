import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunResult } from '../../lib/runs/train-students';
import { accuracyTable } from '../../lib/report/tables';
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
  assert.deepEqual(
    runs,
    ['haba', 'images'].flatMap((name) => [`results/runs/${name}`, `results/runs/${name}/students/made-up`]),
  );
  assert.deepEqual(made.objects(), [
    {
      'training set': 'HaBa',
      'test accuracy (%)': 39.6,
      'deviation (%)': 1.2,
      students: 2,
      'length of a student': '300 updates',
      labels: 'hard',
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
      labels: 'hard',
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
  assert.equal(runs.length, 2 * 7);
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
    labels: 'hard',
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
