import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileNames } from '../../lib/settings/profile-names';
import { iterationDefaults, iterationsProblem } from '../../lib/distillation/iteration-settings';

test('iterations are those of the method in the profile; checkpoints are every 5, 20, 50 and 100 of them', () => {
  const ofMethod = { smoke: 1, quick: 2, study: 3, paper: 4 };
  assert.deepEqual(
    profileNames.map((profile) => iterationDefaults(profile, ofMethod)),
    [
      { iterations: 1, checkpointEvery: 5 },
      { iterations: 2, checkpointEvery: 20 },
      { iterations: 3, checkpointEvery: 50 },
      { iterations: 4, checkpointEvery: 100 },
    ],
  );
});

test('sets are kept of iterations that a run comes to, its start and its last among them', () => {
  const of = (...snapshots: number[]) => iterationsProblem({ iterations: 10, checkpointEvery: 5, snapshots });
  assert.equal(of(), undefined);
  assert.equal(of(0, 10), undefined);
  assert.equal(
    of(3, 11, 12),
    "'snapshots' has iteration 11 and 'iterations' is 10; a run keeps sets of iterations that it comes to, 0 to 10",
  );
});
