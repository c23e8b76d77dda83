/** Cross-entropy by hand: against classes, and against soft labels. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { crossEntropy } from '../../lib/networks/loss';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

test('classes, the same as certain soft labels, and soft labels of a half', () => {
  tf.tidy(() => {
    // Probabilities of 1/4 and 3/4, then of 1/2 each.
    const logits = tf.tensor2d([0, Math.log(3), 5, 5], [2, 2]);
    const loss = (labels: tf.Tensor1D | tf.Tensor2D) => crossEntropy(logits, labels).dataSync()[0];
    const hard = (Math.log(4 / 3) + Math.log(2)) / 2;
    assert.ok(Math.abs(loss(tf.tensor1d([1, 0], 'int32')) - hard) < 1e-6);
    assert.equal(loss(tf.tensor2d([0, 1, 1, 0], [2, 2])), loss(tf.tensor1d([1, 0], 'int32')));
    const soft = ((Math.log(4) + Math.log(4 / 3)) / 2 + Math.log(2)) / 2;
    assert.ok(Math.abs(loss(tf.tensor2d([0.5, 0.5, 0.5, 0.5], [2, 2])) - soft) < 1e-6);
  });
});
