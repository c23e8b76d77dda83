import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { errorNorms, selectByScore } from '../../lib/evaluation/el2n';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { planeSource } from './plane';

before(() => useBackend());

test('the error norm of probabilities (1/2, 1/4, 1/4) is sqrt 0.375 in the first class and sqrt 0.875 in the second', () => {
  const logits = tf.tensor2d([
    [Math.log(2), 0, 0],
    [Math.log(2), 0, 0],
    [50, 0, 0],
    [50, 0, 0],
  ]);
  const labels = tf.tensor1d([0, 1, 0, 2], 'int32');
  const norms = errorNorms(logits, labels);
  // (1/2)^2 + 2 (1/4)^2; (1/2)^2 + (3/4)^2 + (1/4)^2; nothing wrong; all wrong.
  const expected = [Math.sqrt(0.375), Math.sqrt(0.875), 0, Math.SQRT2];
  for (const [place, norm] of norms.dataSync().entries()) assert.ok(Math.abs(norm - expected[place]) < 1e-6, `${norm}`);
  tf.dispose([logits, labels, norms]);
});

const source = planeSource([
  [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ],
  [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
]);
const scores = [0.4, 0.1, 0.9, 0.1, 1.2, 0.3, 0.7];

test('of each class the easiest or the hardest are kept, of equal ones the first', () => {
  assert.deepEqual([...selectByScore(source, 3, scores, 'easiest')], [1, 3, 0, 5, 6, 4]);
  assert.deepEqual([...selectByScore(source, 2, scores, 'hardest')], [2, 0, 4, 6]);
  assert.throws(() => selectByScore(source, 4, scores, 'easiest'), /class 1 has 3, so allowed are 1 to 3/);
});
