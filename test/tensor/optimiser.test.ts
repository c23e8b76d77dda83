import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { adamCorrections, adamStep, clipToNorm } from '../../lib/tensor/optimiser';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';

before(() => useBackend());

test("Adam's first two steps by hand: as large as the rate, then by the corrected means", () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const record = (value: number[]) => ({ weight: tf.tensor1d(value) });
    const first = adamStep(
      record([1, -2]),
      record([0.5, -4]),
      { mean: record([0, 0]), square: record([0, 0]) },
      { learningRate: 0.1, corrections: adamCorrections(1) },
    );
    // Corrected, the means are the gradient and its square.
    assertClose(first.parameters.weight, [0.9, -1.9], 1e-6);
    assertClose(first.mean.weight, [0.05, -0.4]);
    assertClose(first.square.weight, [0.00025, 0.016]);
    const second = adamStep(first.parameters, record([-1, 2]), first, {
      learningRate: 0.1,
      corrections: adamCorrections(2),
    });
    // m = 0.9 * 0.05 - 0.1 = -0.055, of 0.19; s = 0.999 * 0.00025 + 0.001 = 0.00124975, of 0.001999.
    const [left, right] = [
      -0.055 / 0.19 / Math.sqrt(0.00124975 / 0.001999),
      (0.9 * -0.4 + 0.2) / 0.19 / Math.sqrt((0.999 * 0.016 + 0.004) / 0.001999),
    ];
    assertClose(second.parameters.weight, [0.9 - 0.1 * left, -1.9 - 0.1 * right], 1e-5);
  });
  assert.equal(tf.memory().numTensors, before);
});

test('clipped, a gradient keeps its direction and has the norm, over all its tensors; a shorter one is the same to the bit', () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    // 3-4-12 has the norm 13.
    const gradients = { weight: tf.tensor1d([3, 4]), bias: tf.scalar(-12) };
    const clipped = clipToNorm(gradients, 6.5);
    assertClose(clipped.weight, [1.5, 2]);
    assertClose(clipped.bias, [-6]);
    const whole = clipToNorm(gradients, 13.1);
    assert.deepEqual([...whole.weight.dataSync(), ...whole.bias.dataSync()], [3, 4, -12]);
    const none = clipToNorm({ weight: tf.zeros([2]) }, 1);
    assert.deepEqual([...none.weight.dataSync()], [0, 0]);
  });
  assert.equal(tf.memory().numTensors, before);
});
