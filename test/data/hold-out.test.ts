import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdOut } from '../../lib/data/hold-out';

const labels = Uint8Array.from({ length: 1000 }, (_, index) =>
  index < 700 ? 0 : index < 995 ? 1 : index < 999 ? 2 : 3,
);
const countOf = (indices: Int32Array, label: number) => indices.filter((index) => labels[index] === label).length;

test('a tenth of each class is set aside, at least one image where there are two; nothing is lost or counted twice', () => {
  const { train, validation } = holdOut(labels, 4);
  assert.deepEqual(
    [0, 1, 2, 3].map((label) => countOf(validation, label)),
    // 29.5 is rounded up; of four images one, of one none.
    [70, 30, 1, 0],
  );
  assert.deepEqual(
    [...train, ...validation].sort((first, second) => first - second),
    [...labels.keys()],
  );
  for (const part of [train, validation])
    assert.deepEqual(
      [...part],
      [...part].sort((first, second) => first - second),
    );
});

test('the same images every time, others with another seed, and not the first or the last of a class', () => {
  const { validation } = holdOut(labels, 4);
  assert.deepEqual(holdOut(labels, 4).validation, validation);
  const other = new Set(holdOut(labels, 4, { seed: 1 }).validation);
  const shared = validation.filter((index) => other.has(index)).length;
  assert.ok(shared > 0 && shared < 30, `${shared} of ${validation.length} are in both`);
  const middle = validation.filter((index) => index < 700).reduce((sum, index) => sum + index, 0) / 70;
  // The mean of 70 places from 0 to 699 has a deviation of 24.
  assert.ok(Math.abs(middle - 349.5) < 80, `${middle}`);
});

test('another share', () => {
  assert.equal(holdOut(labels, 4, { share: 0.5 }).validation.length, 350 + 148 + 2);
});
