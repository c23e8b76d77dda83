import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optimiserSchema } from '../../lib/tensor/optimiser-settings';

test('a rate and a momentum suffice; a rule, a penalty and a largest norm may be said', () => {
  const plain = { learningRate: 0, momentum: 0 };
  assert.deepEqual(optimiserSchema.parse(plain), plain);
  const adam = { learningRate: 1, momentum: 0.9, rule: 'adam', weightDecay: 1e-4, clipNorm: 5 };
  assert.deepEqual(optimiserSchema.parse(adam), adam);
});

test('refused: a rate below 0, a momentum of 1, another rule, another key', () => {
  const plain = { learningRate: 1, momentum: 0.5 };
  for (const wrong of [
    { learningRate: -1 },
    { momentum: 1 },
    { rule: 'rmsprop' },
    { weightDecay: -1 },
    { clipNorm: 0 },
    { beta: 1 },
  ]) {
    assert.ok(!optimiserSchema.safeParse({ ...plain, ...wrong }).success, JSON.stringify(wrong));
  }
});
