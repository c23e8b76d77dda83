import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, nonNegative, positive, share, wholeNumber } from '../../lib/settings/numbers';

const numbers = [-1, -1e-9, 0, 1e-9, 0.5, 1, 1.5, 2, 2 ** 53, 1e300, Infinity, NaN];
const allowed = {
  count: [count, [1, 2]],
  wholeNumber: [wholeNumber, [0, 1, 2]],
  positive: [positive, [1e-9, 0.5, 1, 1.5, 2, 2 ** 53, 1e300]],
  nonNegative: [nonNegative, [0, 1e-9, 0.5, 1, 1.5, 2, 2 ** 53, 1e300]],
  share: [share, [0, 1e-9, 0.5]],
} as const;
for (const [name, [schema, those]] of Object.entries(allowed)) {
  test(`${name}: of ${numbers.join(', ')} allowed are ${those.join(', ')}`, () => {
    assert.deepEqual(
      numbers.filter((number) => schema.safeParse(number).success),
      those,
    );
    assert.ok(!schema.safeParse('1').success);
  });
}
