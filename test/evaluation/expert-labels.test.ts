/** Labels by experts, against means of softmax by hand. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { expertLabels } from '../../lib/evaluation/expert-labels';
import { composeNetwork } from '../../lib/networks/network';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';

before(() => useBackend());

/** Logits (w x, 0) of an image of one pixel x. */
const network = composeNetwork({
  name: 'one weight',
  init: () => ({ weight: tf.scalar(1) }),
  features: (_, images) => images.reshape([images.shape[0], 1]),
  classify: (parameters, features) => {
    const logits = features.mul<tf.Tensor2D>(parameters.weight);
    return tf.concat([logits, tf.zerosLike(logits)], 1);
  },
});

/** Three decodings of two items: row r shows item r % 2. */
const pixels = [0, 1, 2, -1, -3, 4];
const images = {
  count: 6,
  items: 2,
  batch: (rows: Int32Array) =>
    tf.tensor4d(
      [...rows].map((row) => pixels[row]),
      [rows.length, 1, 1, 1],
    ),
};
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

for (const batchSize of [500, 4, 1]) {
  test(`the mean over two experts and three decodings of each item, ${batchSize} images at a time`, async () => {
    const before = tf.memory().numTensors;
    const weights = [1, -0.5];
    const done: number[] = [];
    const labels = await expertLabels(images, {
      ...{ network, batchSize, experts: 2 },
      read: (expert) => ({ weight: tf.scalar(weights[expert]) }),
      onExpert: (count) => done.push(count),
    });
    const first = [0, 1].map((item) => {
      const shown = pixels.filter((_, row) => row % 2 === item);
      const all = weights.flatMap((weight) => shown.map((pixel) => sigmoid(weight * pixel)));
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    });
    assertClose(labels, [first[0], 1 - first[0], first[1], 1 - first[1]], 1e-6);
    assert.deepEqual(done, [1, 2]);
    labels.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

test('stopped, or where an expert cannot be read, nothing is left behind', async () => {
  const before = tf.memory().numTensors;
  const stop = new AbortController();
  const read = () => ({ weight: tf.scalar(1) });
  const onExpert = () => stop.abort();
  await assert.rejects(expertLabels(images, { network, experts: 2, read, onExpert, signal: stop.signal }), {
    name: 'AbortError',
  });
  const damaged = (expert: number) => {
    if (expert === 1) throw new Error('damaged');
    return read();
  };
  await assert.rejects(expertLabels(images, { network, experts: 2, read: damaged }), /damaged/);
  assert.equal(tf.memory().numTensors, before);
});
