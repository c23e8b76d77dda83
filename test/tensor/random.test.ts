import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';

before(() => useBackend());

const seeds = Array.from({ length: 1000 }, (_, seed) => seed);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Largest distance between the empirical distribution of values and the uniform one. */
function kolmogorovSmirnov(values: number[]): number {
  const sorted = [...values].sort((first, second) => first - second);
  const count = sorted.length;
  return Math.max(...sorted.map((value, place) => Math.max((place + 1) / count - value, value - place / count)));
}

function correlation(first: number[], second: number[]): number {
  const [a, b] = [mean(first), mean(second)];
  const product = mean(first.map((value, index) => (value - a) * (second[index] - b)));
  const variance = (values: number[], centre: number) => mean(values.map((value) => (value - centre) ** 2));
  return product / Math.sqrt(variance(first, a) * variance(second, b));
}

for (const [draw, name] of ['first', 'second', 'third', 'fourth', 'fifth'].entries()) {
  test(`the ${name} draws of 1,000 neighbouring seeds are uniform and uncorrelated`, () => {
    const drawn = seeds.map((seed) => Random.stream(seed, 'test').uniformValues(draw + 1)[draw]);
    // Of 1,000 uniform values, 1.95 / sqrt(1000) is exceeded once in a thousand times.
    assert.ok(kolmogorovSmirnov(drawn) < 1.95 / Math.sqrt(1000), `distance ${kolmogorovSmirnov(drawn)}`);
    // Correlations of independent values have a deviation of 1 / sqrt(1000).
    const neighbours = correlation(drawn.slice(1), drawn.slice(0, -1));
    assert.ok(Math.abs(neighbours) < 3.3 / Math.sqrt(1000), `correlation ${neighbours}`);
  });
}

test('the first normal draws of 1,000 seeds have mean 0 and deviation 1, and none is beyond what there may be', () => {
  const drawn = seeds.map((seed) => Random.stream(seed, 'test').normalValues(1)[0]);
  const deviation = Math.sqrt(mean(drawn.map((value) => value ** 2)));
  assert.ok(Math.abs(mean(drawn)) < 3.3 / Math.sqrt(1000), `mean ${mean(drawn)}`);
  assert.ok(Math.abs(deviation - 1) < 3.3 / Math.sqrt(2000), `deviation ${deviation}`);
  assert.ok(Math.max(...drawn.map(Math.abs)) < 5);
});

test('purposes, indices and seeds that look alike have streams of their own; equal ones the same', () => {
  const paths: [number, ...(string | number)[]][] = [
    [0, 'student', 1],
    [0, 'student', 2],
    [1, 'student', 0],
    [0, 'expert', 1],
    [0, 'student', '1'],
    [0, 'student1'],
    [0, 'student', 1, 'network'],
    [10, 'student', 1],
    [2 ** 32, 'student', 1],
    [1e15, 'student', 1],
    [1e15 + 1, 'student', 1],
    [1_796_000_000_001, 'expert', 0],
    [1_796_000_000_001, 'expert', 1],
    [Number.MAX_SAFE_INTEGER, 'student', 1],
    [Number.MAX_SAFE_INTEGER - 1, 'student', 1],
    [-1, 'student', 1],
  ];
  const starts = paths.map(([seed, ...path]) =>
    Random.stream(seed, ...path)
      .uniformValues(4)
      .join(),
  );
  assert.equal(new Set(starts).size, paths.length);
  assert.deepEqual(
    paths.map(([seed, ...path]) =>
      Random.stream(seed, ...path)
        .uniformValues(4)
        .join(),
    ),
    starts,
  );
});

test('a part of a stream does not depend on what was drawn before it', () => {
  const [fresh, used] = [Random.stream(3, 'test'), Random.stream(3, 'test')];
  used.normalValues(100);
  assert.deepEqual(used.stream('part', 2).integers(8, 1000), fresh.stream('part', 2).integers(8, 1000));
  assert.deepEqual(fresh.stream('part', 2).integers(8, 1000), Random.stream(3, 'test', 'part', 2).integers(8, 1000));
  assert.notDeepEqual(fresh.stream('part', 2).integers(8, 1000), fresh.stream('part', 3).integers(8, 1000));
});

test('the same numbers on every machine', () => {
  assert.deepEqual([...Random.stream(7, 'student', 3).integers(6, 1000)], [979, 296, 641, 712, 785, 970]);
});

test('an integer from nothing and a seed that is none are refused', () => {
  const random = Random.stream(0, 'test');
  assert.throws(() => random.integer(0), /There is no integer from 0 to below 0/);
  assert.throws(() => random.integers(2, 0), /There is no integer/);
  assert.throws(() => random.integer(NaN), RangeError);
  assert.throws(() => random.choice([], 1), /Cannot choose 1 of 0 values/);
  for (const seed of [0.5, NaN, 2 ** 53 + 2]) assert.throws(() => Random.stream(seed, 'test'), /A seed is an integer/);
});

test('permutations and choices are without replacement, and every order comes up', () => {
  const orders = new Set(seeds.map((seed) => Random.stream(seed, 'order').permutation(3).join('')));
  assert.equal(orders.size, 6);
  const chosen = Random.stream(0, 'test').choice([5, 6, 7, 8], 4);
  assert.deepEqual([...chosen].sort(), [5, 6, 7, 8]);
});
