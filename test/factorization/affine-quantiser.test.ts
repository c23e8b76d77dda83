import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affineOf, levelOf, valueOf } from '../../lib/factorization/affine-quantiser';
import { Random } from '../../lib/tensor/random';

const decoded = (x: number, affine: ReturnType<typeof affineOf>, levels: number) =>
  valueOf(levelOf(x, affine, levels), affine);

test('a ramp of as many whole numbers as there are levels is kept exactly', () => {
  const ramp = affineOf(-100, 155, 256);
  assert.deepEqual(ramp, { step: 1, zero: 100 });
  for (let x = -100; x <= 155; x++) {
    assert.equal(levelOf(x, ramp, 256), x + 100);
    assert.equal(decoded(x, ramp, 256), x);
  }
});

test('four levels by hand', () => {
  // a = (2.5 - -0.5) / 3 = 1, z = round(0.5) = 1: levels stand for -1, 0, 1, 2.
  const affine = affineOf(-0.5, 2.5, 4);
  assert.deepEqual(affine, { step: 1, zero: 1 });
  const levels: [x: number, level: number][] = [
    [-0.5, 1],
    [-0.6, 0],
    [0.4, 1],
    [0.6, 2],
    [2.5, 3],
    [9, 3],
    [-9, 0],
  ];
  for (const [x, level] of levels) assert.equal(levelOf(x, affine, 4), level, `${x}`);
  assert.deepEqual(
    [0, 1, 2, 3].map((level) => valueOf(level, affine)),
    [-1, 0, 1, 2],
  );
});

test('no number is further than half a step from its level, wherever the range lies', () => {
  const random = Random.stream(3, 'test');
  for (let trial = 0; trial < 200; trial++) {
    const levels = trial % 2 === 0 ? 4 : 256;
    const minimum = random.number(-50, 50);
    const maximum = minimum + 10 ** random.number(-3, 3);
    const affine = affineOf(minimum, maximum, levels);
    for (const share of [0, 0.1, 0.5, random.number(), 1]) {
      const x = minimum + share * (maximum - minimum);
      // Beside it only what float32 cannot tell apart.
      const rounding = 1e-6 * Math.max(Math.abs(minimum), Math.abs(maximum));
      assert.ok(
        Math.abs(decoded(x, affine, levels) - x) <= affine.step / 2 + rounding,
        `${x} of ${minimum}, ${maximum}`,
      );
    }
  }
});

test('one value is a level by itself, whatever it is, and so is what float32 hardly tells apart', () => {
  for (const value of [0, 7, -3.5, 1e-30, -1e30]) {
    const kept = Math.fround(value);
    assert.equal(decoded(kept, affineOf(kept, kept, 4), 4), kept);
  }
  const [low, high] = [1 - 2 ** -24, 1];
  assert.ok(Math.abs(decoded(low, affineOf(low, high, 256), 256) - low) <= 2 ** -23);
});
