import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupSeeds, settingKey } from '../../lib/report/seed-groups';

test('settings in the order in which they first come, seeds ascending, whichever order keys stand in', () => {
  const runs = [
    { label: 'first', factors: { kind: 'images', budget: 1, seed: 2 } },
    { label: 'second', factors: { kind: 'HaBa', budget: 1, seed: 0 } },
    { label: 'third', factors: { seed: 0, budget: 1, kind: 'images' } },
    { label: 'fourth', factors: { kind: 'images', budget: 10, seed: 0 } },
  ];
  assert.deepEqual(
    groupSeeds(runs).map(({ setting, runs: own }) => [setting, own.map(({ label }) => label)]),
    [
      [{ kind: 'images', budget: 1 }, ['third', 'first']],
      [{ kind: 'HaBa', budget: 1 }, ['second']],
      [{ kind: 'images', budget: 10 }, ['fourth']],
    ],
  );
  assert.deepEqual(
    runs.map(({ label }) => label),
    ['first', 'second', 'third', 'fourth'],
    'what was given is as it was',
  );
});

test('refused: a seed that a setting has twice, which would be one more seed of it', () => {
  const factors = { kind: 'HaBa', budget: 1, seed: 1 };
  assert.throws(
    () => groupSeeds([{ factors: { ...factors, seed: 0 } }, { factors }, { factors: { ...factors } }]),
    /Two runs have the seed 1 and the same factors \(kind HaBa, budget 1\).* give their cells another factor/,
  );
});

test('settings that differ in a value or in its type are not one', () => {
  const keys = [{ value: 1 }, { value: '1' }, { value: 2 }, { other: 1 }].map(settingKey);
  assert.equal(new Set(keys).size, 4);
});
