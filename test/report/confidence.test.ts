import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidenceInterval } from '../../lib/report/confidence';

test("three values: Student's t with two degrees of freedom, 4.303, from a printed table", () => {
  const { mean, low, high } = confidenceInterval([1, 2, 3]);
  assert.equal(mean, 2);
  // s = 1, so the half width is 4.303 / sqrt 3.
  assert.ok(Math.abs(high - mean - 4.3027 / Math.sqrt(3)) < 1e-4);
  assert.ok(Math.abs(mean - low - (high - mean)) < 1e-12);
});

test('another level: 2.920 for 90 %', () => {
  const { mean, high } = confidenceInterval([1, 2, 3], 0.9);
  assert.ok(Math.abs(high - mean - 2.92 / Math.sqrt(3)) < 1e-3);
});

test('one value has no width, and none is refused', () => {
  assert.deepEqual(confidenceInterval([0.4]), { mean: 0.4, low: 0.4, high: 0.4 });
  assert.throws(() => confidenceInterval([]), /at least one value/);
});
