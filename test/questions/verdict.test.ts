/** Verdicts against cases worked out by hand, and numbers of seeds against R's power.t.test. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairedDifference } from '../../lib/report/paired';
import { tableMacros, tableText } from '../../lib/report/table-text';
import { findingOf, seedsToTell, verdictOn, verdictTable, type Claim } from '../../lib/questions/verdict';
import { madeUpRun } from '../report/made-up-run';

const claim: Claim = { claim: 'HaBa is ahead', states: 'direction', effect: 2, source: 'a paper', unit: 'points' };
const seeded = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
const zero = (count: number) => seeded(new Array<number>(count).fill(0));
const of = (values: readonly number[]) => findingOf(pairedDifference(seeded(values), zero(values.length)), []);
const outcome = (values: readonly number[], change: Partial<Claim> = {}) =>
  verdictOn({ ...claim, ...change }, of(values)).outcome;

const [holds, not, unknown] = ['holds', 'does not hold', 'cannot be told at this scale'] as const;

test('a direction: wholly above 0, with nothing above 0, and anything else', () => {
  // t(2) s / sqrt 3 with s = 1: 2.48. 5 +- 2.48, -5 +- 2.48, 1 +- 2.48.
  assert.equal(outcome([4, 5, 6]), holds);
  assert.equal(outcome([-4, -5, -6]), not);
  assert.equal(outcome([0, 1, 2]), unknown);
  // Ahead by less than the published size is ahead.
  assert.equal(outcome([0.9, 1, 1.1]), holds);
});

test('a size: as far as it, or farther; not where the interval ends below it, though above 0', () => {
  const size = { states: 'size', effect: 10 } as const;
  assert.equal(outcome([8, 9, 10], size), holds, '6.5 to 11.5');
  assert.equal(outcome([14, 15, 16], size), holds, '12.5 to 17.5');
  assert.equal(outcome([4, 5, 6], size), not, '2.5 to 7.5');
  assert.equal(outcome([-4, -5, -6], size), not);
  assert.equal(outcome([0, 1, 2], size), not, '-1.5 to 3.5');
  assert.equal(outcome([-3, 5, 13], size), unknown, '-14.9 to 24.9');
});

test('two seeds: t(1) is wide, and 12.7 half widths from 0 is what it takes', () => {
  // Mean 1, half width tan(0.475 pi) x 0.1 = 1.27; then 0.05: 0.64.
  assert.equal(outcome([0.9, 1.1]), unknown);
  assert.equal(outcome([0.95, 1.05]), holds);
});

test('no spread: told at once; a difference of nothing is not ahead', () => {
  assert.equal(outcome([0.5, 0.5]), holds);
  assert.equal(outcome([0, 0, 0]), not);
  assert.equal(outcome([0.5, 0.5], { states: 'size' }), not);
});

test('no runs, no pair and one pair cannot tell, and say what is missing', () => {
  const [, one] = [verdictOn(claim, findingOf(undefined, [])), verdictOn(claim, of([7]))];
  const { table } = verdictTable(
    'verdict',
    [verdictOn(claim, findingOf(undefined, [])), { ...one, claim: 'one pair' }],
    [],
  );
  const rows = table.objects() as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => row.verdict),
    [unknown, unknown],
  );
  assert.deepEqual(
    rows.map((row) => row.found),
    ['no pair', '+7.0'],
  );
  assert.deepEqual(
    rows.map((row) => [row.pairs, row['95 % interval over seeds']]),
    [
      [0, ''],
      [1, ''],
    ],
  );
  for (const row of rows) assert.equal(row['seeds to tell it'], 'not known: two seeds show a spread');
});

test('seeds to tell an effect: as many as power.t.test(power = 0.8, type = "paired") of R says, rounded up', () => {
  // R: n = 9.93785 for an effect of one deviation, 33.36713 of a half, 198.1513 of a fifth.
  assert.deepEqual([seedsToTell(1, 1), seedsToTell(1, 0.5), seedsToTell(3, 0.6)], [10, 34, 199]);
  assert.equal(seedsToTell(0, 1), 2);
  assert.equal(seedsToTell(0.01, 5), 2);
  assert.throws(() => seedsToTell(1, 0), /the effect is 0; expected more than 0/);
});

test('hours are those of the seeds that lack, each as long as all runs of one seed were', () => {
  // -2, 0 and 5 points: mean 1, deviation sqrt 13 = 3.606; an effect of 2 points is 0.5547 of it, for which R says 27.5.
  const results = [0, 1, 2].flatMap((seed) =>
    [1000, 800].map((seconds) => madeUpRun('run', { students: [0.5], seed, seconds })),
  );
  const found = findingOf(pairedDifference(seeded([-0.02, 0, 0.05]), zero(3)), results, 100);
  assert.equal(found.secondsOfSeed, 1800);
  const verdict = verdictOn(claim, found);
  assert.deepEqual([verdict.outcome, verdict.toTell], [unknown, { effect: 2, seeds: 28 }]);
  const { table } = verdictTable('verdict', [verdict], []);
  const [row] = table.objects() as Record<string, unknown>[];
  // 25 seeds lack, half an hour each.
  assert.deepEqual([row['seeds to tell it'], row['hours for the seeds that lack']], ['28', '13']);
  assert.deepEqual([row.found, row.published, row['read in']], ['+1.0', '+2.0', 'a paper']);
  // t(2) x 3.606 / sqrt 3 = 8.957.
  assert.equal(row['95 % interval over seeds'], '-8.0 to +10.0');
});

test('where what was found excludes the published effect, it is the effect that was found that takes seeds to tell', () => {
  // 0, 1 and 2: mean 1, deviation 1, up to 3.48: R says 9.94 for an effect of one deviation.
  const { toTell } = verdictOn({ ...claim, effect: 12 }, of([0, 1, 2]));
  assert.deepEqual(toTell, { effect: 1, seeds: 10 });
});

test('where what would matter is excluded to both sides, no seeds need to be told', () => {
  // -0.1, 0 and 0.1: 0 +- 0.25 points, of which two would matter; a published two points are another matter.
  const { source, ...own } = claim;
  const verdicts = [verdictOn(own, of([-0.1, 0, 0.1])), verdictOn({ ...claim, claim: source! }, of([-0.1, 0, 0.1]))];
  const { table } = verdictTable('verdict', verdicts, []);
  assert.deepEqual(
    [...table.array('seeds to tell it')],
    // R says 2.3 for an effect of twenty deviations: at least two.
    ['none: what would matter is excluded', '2'],
  );
  assert.equal(verdicts[0].outcome, unknown);
});

test('an end outside of what was measured is told as such; what no paper says is said to be chosen', () => {
  const open = { mean: 40, interval: { low: -Infinity, high: 60 }, seeds: 3, secondsOfSeed: 1 };
  const { source, ...own } = { ...claim, digits: 0 };
  assert.equal(source, 'a paper');
  const { table } = verdictTable('verdict', [verdictOn(own, open)], []);
  const [row] = table.objects() as Record<string, unknown>[];
  assert.equal(row['95 % interval over seeds'], 'outside of what was measured to +60');
  assert.deepEqual([row.published, row['read in']], ['', 'not at hand; +2 would matter']);
  assert.equal(row['seeds to tell it'], 'not known: not all seeds lie in what was measured');
});

test('as text for papers, like other tables', () => {
  const table = verdictTable('made-up-verdict', [verdictOn(claim, of([4, 5, 6]))], ['results/runs/one']);
  assert.deepEqual(table.runs, ['results/runs/one']);
  assert.match(tableText(table, 'csv'), /^claim,unit,published,/);
  assert.match(
    tableText(table, 'latex'),
    /HaBa is ahead & points & \+2\.0 & a paper & \+5\.0 & \+2\.5 to \+7\.5 & 3 & holds & {2}& told/,
  );
  assert.match(tableMacros(table), /haba@made-up-verdict@haba-is-ahead@verdict\\endcsname\{holds\}/);
});
