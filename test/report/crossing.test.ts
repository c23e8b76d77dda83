/** Where curves cross: made-up curves whose crossings are known in closed form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCurves, type SeededCurve } from '../../lib/report/crossing';

function assertClose(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual / expected - 1) < 1e-9, `${actual}, expected ${expected}`);
}

/** Points at powers of ten. */
const curve = (seed: number, points: [power: number, value: number][]): SeededCurve => ({
  seed,
  points: points.map(([power, value]) => ({ at: 10 ** power, value })),
});
/** From 1 to 100, half of one everywhere. */
const level = (seed: number, value = 0.5) =>
  curve(seed, [
    [0, value],
    [2, value],
  ]);

/** Quantiles of t at 97.5 %: of one degree of freedom tan(0.475 pi), of two 0.95 / sqrt(2 x 0.975 x 0.025). */
const [t1, t2] = [Math.tan(0.475 * Math.PI), 0.95 / Math.sqrt(2 * 0.975 * 0.025)];

test('from 0 at 1 to 1 at 100 a curve overtakes one half at 10, half way over the logarithm; one seed has no interval', () => {
  const compared = compareCurves(
    [
      curve(0, [
        [2, 1],
        [0, 0],
      ]),
    ],
    [level(0)],
  )!;
  assertClose(compared.crossings[0].at, 10);
  assert.deepEqual([compared.crossings.length, compared.crossings[0].ahead], [1, true]);
  assert.ok(!('interval' in compared.crossings[0]));
  assert.deepEqual([compared.begins, compared.ends, compared.seeds, compared.leftOut], [-1, 1, [0], []]);
  assertClose(compared.from, 1);
  assertClose(compared.to, 100);
  // The other way round it falls behind there.
  assert.equal(
    compareCurves(
      [level(0)],
      [
        curve(0, [
          [0, 0],
          [2, 1],
        ]),
      ],
    )!.crossings[0].ahead,
    false,
  );
});

test('seeds that lie apart by so much everywhere: the interval is where the paired t cannot tell, in closed form', () => {
  // d = p - 1 + e over the power p, with e of -0.1, 0 and 0.1: deviation 0.1, so that |p - 1| <= t(2) x 0.1 / sqrt 3.
  const first = [-0.1, 0, 0.1].map((apart, seed) =>
    curve(seed, [
      [0, apart],
      [2, 2 + apart],
    ]),
  );
  const { crossings } = compareCurves(
    first,
    [0, 1, 2].map((seed) => level(seed, 1)),
  )!;
  assertClose(crossings[0].at, 10);
  const half = (t2 * 0.1) / Math.sqrt(3);
  assertClose(crossings[0].interval?.low, 10 ** (1 - half));
  assertClose(crossings[0].interval?.high, 10 ** (1 + half));
});

test('two seeds of other slopes, too: roots of a quadratic', () => {
  // d1 = 20 (p - 1) + 0.1 and d2 = 40 (p - 1) - 0.1 over q = p - 1: mean 30 q, half width t(1) |d1 - d2| / 2 = t(1) |0.1 - 10 q|.
  const first = [
    curve(0, [
      [0, -19.9],
      [2, 20.1],
    ]),
    curve(1, [
      [0, -40.1],
      [2, 39.9],
    ]),
  ];
  const { crossings } = compareCurves(first, [level(0, 0), level(1, 0)], 0.5)!;
  // At 50 % t(1) is tan(0.25 pi) = 1: |30 q| <= |0.1 - 10 q| from -0.1 / 20 to 0.1 / 40.
  assertClose(crossings[0].at, 10);
  assertClose(crossings[0].interval?.low, 10 ** (1 - 0.005));
  assertClose(crossings[0].interval?.high, 10 ** (1 + 0.0025));
  // At 95 % t(1) is 12.7, and the half width grows faster than the mean to both sides: nothing that was measured tells them apart.
  const unsure = compareCurves(first, [level(0, 0), level(1, 0)])!.crossings[0];
  assert.ok(10 * t1 > 30 && unsure.interval && !('low' in unsure.interval) && !('high' in unsure.interval));
});

test('an interval that goes on to the end of what was measured has no end there', () => {
  // d = (p - 1.9) + e with e of -0.1 and 0.1: t(1) x 0.1 = 1.27 to both sides, of which 100 is 0.1 away and 1 is 1.9.
  const first = [-0.1, 0.1].map((apart, seed) =>
    curve(seed, [
      [0, -1.9 + apart],
      [2, 0.1 + apart],
    ]),
  );
  const [{ at, interval }] = compareCurves(first, [level(0, 0), level(1, 0)])!.crossings;
  assertClose(at, 10 ** 1.9);
  assertClose(interval?.low, 10 ** (1.9 - 0.1 * t1));
  assert.equal(interval?.high, undefined);
});

test('what cannot be told in several stretches: all of them, but those of another crossing', () => {
  // Seeds apart by 2 at 1, as one from 10^0.5 on: a mean of 1 at 1 is within t(1) x 1, and crosses 0 at 10^1.5 for both alike.
  const seedsOf = (points: [number, number, number][]) =>
    [1, 2].map((place) =>
      curve(
        place,
        points.map((one): [number, number] => [one[0], one[place]]),
      ),
    );
  const level2 = [level(1, 0), level(2, 0)];
  const { crossings } = compareCurves(
    seedsOf([
      [0, 0, 2],
      [0.5, 1, 1],
      [1, 0.5, 0.5],
      [2, -0.5, -0.5],
    ]),
    level2,
  )!;
  assertClose(crossings[0].at, 10 ** 1.5);
  assert.equal(crossings[0].interval?.low, undefined);
  assertClose(crossings[0].interval?.high, 10 ** 1.5);
  // A crossing before it, at 10^0.25, has its own: both are points.
  const two = compareCurves(
    seedsOf([
      [0, -1, -1],
      [0.5, 1, 1],
      [1, 0.5, 0.5],
      [2, -0.5, -0.5],
    ]),
    level2,
  )!.crossings;
  assert.deepEqual(
    two.map(({ ahead }) => ahead),
    [true, false],
  );
  for (const [place, power] of [0.25, 1.5].entries()) {
    assertClose(two[place].interval?.low, 10 ** power);
    assertClose(two[place].interval?.high, 10 ** power);
  }
});

test('seeds that agree leave no width', () => {
  const first = [0, 1, 2].map((seed) =>
    curve(seed, [
      [0, 0.2],
      [2, 0.9],
    ]),
  );
  const [{ at, interval }] = compareCurves(
    first,
    [0, 1, 2].map((seed) => level(seed)),
  )!.crossings;
  assertClose(at, 10 ** (2 * (3 / 7)));
  assertClose(interval?.low, at);
  assertClose(interval?.high, at);
});

test('two crossings, each with its side; a touch is none; what is level for a while is crossed in its middle', () => {
  const there = compareCurves(
    [
      curve(0, [
        [0, 0],
        [1, 1],
        [2, 0],
      ]),
    ],
    [level(0)],
  )!;
  assert.deepEqual(
    there.crossings.map(({ ahead }) => ahead),
    [true, false],
  );
  assertClose(there.crossings[0].at, 10 ** 0.5);
  assertClose(there.crossings[1].at, 10 ** 1.5);
  assert.deepEqual(
    compareCurves(
      [
        curve(0, [
          [0, 1],
          [1, 0.5],
          [2, 1],
        ]),
      ],
      [level(0)],
    )!.crossings,
    [],
  );
  const waits = compareCurves(
    [
      curve(0, [
        [0, 0],
        [0.5, 0.5],
        [1.5, 0.5],
        [2, 1],
      ]),
    ],
    [level(0)],
  )!;
  assert.deepEqual(waits.crossings.length, 1);
  assertClose(waits.crossings[0].at, 10);
});

test('curves that were measured at other places are compared between them, on the stretch that all have', () => {
  // Over powers: p / 4 from 0 to 4, and one half from 1 to 3.
  const compared = compareCurves(
    [
      curve(0, [
        [0, 0],
        [4, 1],
      ]),
    ],
    [
      curve(0, [
        [1, 0.5],
        [2.5, 0.5],
        [3, 0.5],
      ]),
    ],
  )!;
  assertClose(compared.crossings[0].at, 100);
  assertClose(compared.from, 10);
  assertClose(compared.to, 1000);
  assert.equal(
    compareCurves(
      [
        curve(0, [
          [0, 0],
          [1, 1],
        ]),
      ],
      [
        curve(0, [
          [2, 0],
          [3, 1],
        ]),
      ],
    ),
    undefined,
  );
});

test('a seed that only one side has is left out and named; without a pair there is no comparison', () => {
  const rising = (seed: number) =>
    curve(seed, [
      [0, 0],
      [2, 1],
    ]);
  const compared = compareCurves([rising(0), rising(1)], [level(1), level(7)])!;
  assert.deepEqual([compared.seeds, compared.leftOut], [[1], [0, 7]]);
  assert.equal(compareCurves([rising(0)], [level(1)]), undefined);
});

test('what is no curve is refused with its seed', () => {
  assert.throws(() => compareCurves([level(3), level(3)], [level(3)]), /seed 3 is there twice/);
  assert.throws(
    () => compareCurves([{ seed: 2, points: [{ at: 0, value: 1 }] }], [level(2)]),
    /seed 2 has a point at 0/,
  );
  assert.throws(() => compareCurves([{ seed: 2, points: [] }], [level(2)]), /seed 2 has no point/);
  const broken = { seed: 2, points: [{ at: 3, value: NaN }] };
  assert.throws(() => compareCurves([broken], [level(2)]), /a point at 3 of NaN/);
});
