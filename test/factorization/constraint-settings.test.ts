import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileNames } from '../../lib/settings/profile-names';
import { constraintDefaults, constraintsSchema } from '../../lib/factorization/constraint-settings';

test("pinned defaults: the authors' in the paper profile, in others but for the adversary's width", () => {
  const paper = {
    cosine: 0.1,
    contrastive: 0.1,
    likelihood: 0.1,
    classification: 1,
    temperature: 0.07,
    batchSize: 1_000_000,
    adversary: { width: 128, depth: 3, learningRate: 0.001, momentum: 0.9 },
  };
  assert.deepEqual(constraintDefaults('paper'), paper);
  const widths = { smoke: 16, quick: 32, study: 32, paper: 128 };
  for (const profile of profileNames) {
    const settings = constraintDefaults(profile);
    assert.deepEqual(settings, { ...paper, adversary: { ...paper.adversary, width: widths[profile] } });
    assert.deepEqual(constraintsSchema.parse(settings), settings);
  }
});

test('a weight may be 0, which switches off what it weighs; a temperature and a batch may not', () => {
  const settings = constraintDefaults('smoke');
  const allows = (given: object) => constraintsSchema.safeParse({ ...settings, ...given }).success;
  for (const weight of ['cosine', 'contrastive', 'likelihood', 'classification']) {
    assert.ok(allows({ [weight]: 0 }));
    assert.ok(!allows({ [weight]: -0.1 }));
  }
  assert.ok(!allows({ temperature: 0 }));
  assert.ok(!allows({ batchSize: 0 }));
});
