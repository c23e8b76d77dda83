/** Paired differences against numbers from elsewhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pairedDifference, pairedDifferences, type Observation } from '../../lib/report/paired';

const seeded = (values: readonly number[], first = 0) => values.map((value, place) => ({ seed: first + place, value }));

function assertClose(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < tolerance, `${actual}, expected ${expected}`);
}

test("Student's own example (1908): hours of sleep that two drugs gained ten patients, as R's t.test(paired = TRUE) has it", () => {
  const first = seeded([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]);
  const second = seeded([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
  const { mean, interval, differences, leftOut } = pairedDifference(first, second);
  assertClose(mean, -1.58, 1e-12);
  assertClose(interval?.low, -2.4598858, 1e-6);
  assertClose(interval?.high, -0.7001142, 1e-6);
  assert.equal(differences.length, 10);
  assert.deepEqual(leftOut, []);
});

test('two pairs, in closed form: t(1) is the quantile of Cauchy, tan(0.475 pi), and the half width t |d1 - d2| / 2', () => {
  const { mean, interval } = pairedDifference(seeded([0.5, 0.7]), seeded([0.4, 0.3]));
  const half = (Math.tan(0.475 * Math.PI) * 0.3) / 2;
  assertClose(mean, 0.25, 1e-12);
  assertClose(interval?.low, 0.25 - half, 1e-9);
  assertClose(interval?.high, 0.25 + half, 1e-9);
});

test('three pairs, in closed form: t(2) at p is (2p - 1) / sqrt(2p(1 - p)); at 90 %, too', () => {
  // Differences 1, 2, 6: mean 3, sum of squares 4 + 1 + 9 = 14, deviation sqrt 7.
  const [values, baseline] = [seeded([11, 22, 36]), seeded([10, 20, 30])];
  for (const level of [0.95, 0.9]) {
    const p = (1 + level) / 2;
    const half = ((2 * p - 1) / Math.sqrt(2 * p * (1 - p))) * Math.sqrt(7 / 3);
    const { mean, interval } = pairedDifference(values, baseline, level);
    assertClose(mean, 3, 1e-12);
    assertClose(interval?.low, 3 - half, 1e-9);
    assertClose(interval?.high, 3 + half, 1e-9);
  }
});

test('what both sides share goes: seeds that move both alike leave no width', () => {
  const { mean, interval } = pairedDifference(seeded([0.25, 0.5, 0.75]), seeded([0.125, 0.375, 0.625]));
  assert.equal(mean, 0.125);
  assert.deepEqual(interval, { low: 0.125, high: 0.125 });
});

test('seeds are paired by their number, not by their place', () => {
  const { differences } = pairedDifference(
    [
      { seed: 7, value: 3 },
      { seed: 1, value: 5 },
    ],
    [
      { seed: 1, value: 1 },
      { seed: 7, value: 2 },
    ],
  );
  assert.deepEqual(differences, [
    { seed: 1, value: 4 },
    { seed: 7, value: 1 },
  ]);
});

test('one seed: a difference, no interval', () => {
  assert.deepEqual(pairedDifference(seeded([0.5]), seeded([0.25])), {
    differences: [{ seed: 0, value: 0.25 }],
    leftOut: [],
    mean: 0.25,
  });
});

test('a seed that one side lacks is not in the numbers, and named, whichever side it is; none in common gives no mean', () => {
  // Seeds 0, 1, 2 and 1, 2, 3: pairs are 1 and 2, with differences 1 and 1.
  const partly = pairedDifference(seeded([100, 2, 3]), seeded([1, 2, -100], 1));
  assert.deepEqual(partly.leftOut, [0, 3]);
  assert.equal(partly.mean, 1);
  assert.deepEqual(partly.interval, { low: 1, high: 1 });
  assert.deepEqual(pairedDifference(seeded([1]), seeded([1], 5)), { differences: [], leftOut: [0, 5] });
});

test('a seed twice on one side, or a value that is no number, is refused', () => {
  const twice = [...seeded([1, 2]), { seed: 1, value: 3 }];
  assert.throws(() => pairedDifference(twice, seeded([1, 2])), /seed 1 is there twice on one side/);
  assert.throws(() => pairedDifference(seeded([1]), seeded([NaN])), /the value of seed 0 is NaN; expected a finite/);
});

const observations: Observation<{ kind: string; budget: number }>[] = [0, 1].flatMap((seed) => [
  { setting: { kind: 'images', budget: 1 }, seed, value: 10 + seed },
  { setting: { kind: 'HaBa', budget: 1 }, seed, value: 13 + seed },
  { setting: { budget: 10, kind: 'HaBa' }, seed, value: 50 },
  { setting: { kind: 'images', budget: 10 }, seed, value: 48 },
  { setting: { kind: 'random', budget: 10 }, seed, value: 20 },
]);

test('every setting with the baseline that its factors name: its own budget, whichever order keys or settings stand in', () => {
  const compared = pairedDifferences(observations, ({ kind, budget }) =>
    kind === 'random' ? undefined : { kind: 'images', budget },
  );
  assert.deepEqual(
    compared.map(({ setting, difference }) => [setting.kind, setting.budget, difference?.mean]),
    [
      ['images', 1, undefined],
      ['HaBa', 1, 3],
      ['HaBa', 10, 2],
      ['images', 10, undefined],
      ['random', 10, undefined],
    ],
  );
});

test('a baseline that is not there is no difference; one that could be two is refused', () => {
  const without = observations.filter(({ setting }) => setting.kind !== 'images');
  const compared = pairedDifferences(without, ({ budget }) => ({ kind: 'images', budget }));
  assert.ok(compared.every(({ difference }) => difference === undefined));
  assert.throws(
    () => pairedDifferences(observations, () => ({ kind: 'images' })),
    /\{"kind":"images"\} are the factors of 2 settings/,
  );
});
