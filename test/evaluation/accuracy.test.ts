import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { accuracyMeter } from '../../lib/evaluation/accuracy';
import { summariseAccuracy } from '../../lib/evaluation/evaluation';
import { composeNetwork } from '../../lib/networks/network';
import { useBackend } from '../../lib/tensor/backend';
import { withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

/** One-pixel images 0, 1, 2, ... 6, whose classes are given. */
const source: ImageSource = {
  imageShape: [1, 1, 1],
  classCount: 3,
  count: 7,
  labels: Uint8Array.from([0, 1, 2, 0, 1, 0, 1]),
  indicesOfClass: [],
  batch: (indices) => tf.tensor4d(Array.from(indices), [indices.length, 1, 1, 1]),
};

/** Answers an image's number modulo 3, times a parameter: right for all but the last two images. */
const modulo = composeNetwork({
  name: 'modulo',
  init: () => ({ factor: tf.scalar(1) }),
  features: (_, images) => images.reshape([-1, 1]),
  classify: ({ factor }, features) =>
    tf
      .oneHot(features.flatten().toInt().mod(tf.scalar(3, 'int32')).toInt(), 3)
      .toFloat()
      .mul(factor),
});

for (const [batchSize, mode] of [
  [500, 'compiled'],
  [3, 'compiled'],
  [2, 'eager'],
] as const) {
  test(`batches of ${batchSize}, ${mode}: 5 of 7 are right, also where the last batch is small`, async () => {
    const measure = accuracyMeter(modulo, source, { batchSize });
    const parameters = modulo.init(undefined as never);
    const tensors = tf.memory().numTensors;
    assert.equal(await withExecution(mode, () => measure(parameters)), 5 / 7);
    assert.equal(tf.memory().numTensors, tensors);
    measure.dispose();
    tf.dispose(parameters);
  });
}

test('students are summed up by mean and sample deviation; one student has none', () => {
  assert.deepEqual(summariseAccuracy([0.4]), { mean: 0.4, std: 0, runs: [0.4] });
  const { mean, std } = summariseAccuracy([0.1, 0.2, 0.3]);
  assert.ok(Math.abs(mean - 0.2) < 1e-12 && Math.abs(std - 0.1) < 1e-12);
});
