import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { cosineConstraint, likelihoodLoss } from '../../lib/factorization/cosine-constraint';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';

before(() => useBackend());

const features = (first: tf.Tensor, second: tf.Tensor) =>
  [first, second] as unknown as [first: tf.Tensor2D, second: tf.Tensor2D];

// PyTorch 2.5: ((1 + cosine_similarity(first, second)) / 2).mean().
test('[3, 4]: value and gradients are those of PyTorch; the likelihood loss is the rest to 1', () => {
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(
      ({ first, second }) => cosineConstraint(...features(first, second)),
      { first: wave([3, 4], 0.1), second: wave([3, 4], 1.3) },
    );
    assertClose(value, [0.725402]);
    const first = [
      0.073415, 0.047105, -0.001359, -0.049184, -0.074539, -0.06247, -0.021021, 0.030315, 0.06831, 0.074623, 0.04584,
      -0.004502,
    ];
    const second = [
      -0.029225, 0.022197, 0.063179, 0.074447, 0.048376, 0.000318, -0.04789, -0.073575, -0.063084, -0.020754, 0.031336,
      0.068689,
    ];
    assertClose(gradients.first, first, 2e-5);
    assertClose(gradients.second, second, 2e-5);
    assertClose(likelihoodLoss(...features(wave([3, 4], 0.1), wave([3, 4], 1.3))), [1 - 0.725402]);
  });
});

test('identical features cost 1, opposite ones 0, at any length', () => {
  tf.tidy(() => {
    const some = wave([2, 5], 0.4);
    assertClose(cosineConstraint(...features(some, some.mul(30))), [1]);
    assertClose(cosineConstraint(...features(some, some.mul(-0.01))).add(1), [1]);
  });
});

test('zero features, which dead ReLUs give, have a finite gradient', () => {
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(
      ({ first, second }) => cosineConstraint(...features(first, second)),
      { first: tf.zeros([1, 3]), second: wave([1, 3], 0) },
    );
    assertClose(value, [0.5]);
    assert.ok(Object.values(gradients).every((gradient) => gradient.isFinite().all().dataSync()[0] === 1));
  });
});

test('features of other shapes are refused with both shapes', () => {
  assert.throws(
    () => tf.tidy(() => cosineConstraint(...features(tf.zeros([2, 3]), tf.zeros([3, 3])))),
    /\[2,3\] and \[3,3\]; pass the same bases through both hallucinators/,
  );
});
