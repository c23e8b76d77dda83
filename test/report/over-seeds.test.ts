/** Columns over seeds, against numbers reckoned by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupSeeds } from '../../lib/report/seed-groups';
import {
  accuracyColumns,
  accuracyDifferences,
  accuracyOverSeeds,
  differenceColumns,
  percentInterval,
  seedsSentence,
} from '../../lib/report/over-seeds';
import { madeUpRun } from './made-up-run';

// Means 0.40, 0.41, 0.42; variances over students 2e-4, 2e-4 and 8e-4: root of their mean 4e-4 is 0.02.
const three = [
  madeUpRun('a', { seed: 0, students: [0.39, 0.41] }),
  madeUpRun('b', { seed: 1, students: [0.4, 0.42] }),
  madeUpRun('c', { seed: 2, students: [0.4, 0.44] }),
];

test('mean and interval are over seeds, the deviation is between students of a seed', () => {
  const { mean, interval, studentDeviation } = accuracyOverSeeds(three);
  assert.ok(Math.abs(mean - 0.41) < 1e-12);
  // t(2) = 4.302653, deviation 0.01, over sqrt 3.
  assert.ok(Math.abs(interval!.high - (0.41 + (4.302653 * 0.01) / Math.sqrt(3))) < 1e-8);
  assert.ok(Math.abs(studentDeviation! - 0.02) < 1e-12);
});

test('six columns: what is over seeds and what is over students are told apart, with the numbers of both', () => {
  assert.deepEqual(accuracyColumns([three]), {
    'test accuracy (%)': [41],
    '95 % interval over seeds (%)': ['38.5 to 43.5'],
    'deviation over students (%)': ['2.0'],
    seeds: [3],
    'students a seed': ['2'],
    'length of a student': ['300 updates'],
  });
});

test('one seed has no interval, one student no deviation, and both are said; validation accuracy is called so', () => {
  const evaluation = { epochs: 30, split: 'validation' } as const;
  assert.deepEqual(accuracyColumns([[madeUpRun('a', { students: [0.5], evaluation })]]), {
    'validation accuracy (%)': [50],
    '95 % interval over seeds (%)': ['one seed'],
    'deviation over students (%)': ['one student'],
    seeds: [1],
    'students a seed': ['1'],
    'length of a student': ['30 epochs'],
  });
});

test('a chart draws percent: a tick a seed, an interval of no width with one', () => {
  const close = (actual: number[], expected: number[]) =>
    actual.forEach((value, place) => assert.ok(Math.abs(value - expected[place]) < 1e-9, `${value}`));
  const { mean, low, high, values } = percentInterval(three.slice(0, 1));
  close([mean, low, high, ...values], [40, 40, 40, 40]);
  close(percentInterval(three).values, [40, 41, 42]);
});

const run = (kind: string, seed: number, mean: number) => ({
  label: '',
  factors: { kind, seed },
  result: madeUpRun(`${kind}-${seed}`, { seed, students: [mean] }),
});

test('differences within seeds are in percent, signed, with interval and pairs; the baseline has empty cells', () => {
  // Differences 0.01, 0.02, 0.06: mean 0.03, deviation sqrt 7 / 100, half width 4.302653 x 0.02645751 / sqrt 3 = 0.06572.
  const images = [run('images', 0, 0.3), run('images', 1, 0.4), run('images', 2, 0.5)];
  const haba = [run('HaBa', 0, 0.31), run('HaBa', 1, 0.42), run('HaBa', 2, 0.56)];
  const groups = groupSeeds([...images, ...haba, run('grey', 1, 0.39), run('late', 7, 0.9)]);
  const differences = accuracyDifferences(groups, () => ({ kind: 'images' })).map(({ difference }) => difference);
  assert.deepEqual(differenceColumns(differences, { baseline: 'images' }), {
    'difference to images (%)': ['', '+3.0', '-1.0', 'no pair'],
    '95 % interval of the difference (%)': ['', '-3.6 to +9.6', 'one seed', 'no pair'],
    pairs: ['', '3', '1 (2 seeds left out)', '0 (4 seeds left out)'],
  });
});

test('what rounds to zero has no sign', () => {
  const groups = groupSeeds([run('images', 0, 0.5), run('HaBa', 0, 0.4999)]);
  const [, { difference }] = accuracyDifferences(groups, () => ({ kind: 'images' }));
  assert.deepEqual(differenceColumns([difference], { baseline: 'images' })['difference to images (%)'], ['0.0']);
});

test('captions say what points and lines are, and how many seeds', () => {
  assert.match(seedsSentence([3, 3]), /means over 3 seeds; lines: their 95 % confidence intervals over seeds \(t\);/);
  assert.match(seedsSentence([1, 3]), /means over 1 to 3 seeds; .* where there are several;/);
  assert.match(seedsSentence([1]), /^one seed: .* without interval/);
});
