import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { featuresOf } from '../../lib/evaluation/features';
import { convNet } from '../../lib/networks/conv-net';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

test('batches, the last one smaller, give what all images at once give; no tensor is left', () => {
  const random = Random.stream(0, 'test');
  const network = convNet({ width: 4, depth: 2, imageShape: [8, 8, 3], classCount: 2 });
  const parameters = network.init(random);
  const images = random.normal([7, 8, 8, 3]) as tf.Tensor4D;
  const kept = tf.memory().numTensors;
  const batch = (first: number, size: number) => images.slice(first, size);
  const features = featuresOf(network, parameters, 7, batch, { batchSize: 3 });
  const difference = tf.tidy(() => features.sub(network.features(parameters, images)).abs().max().dataSync()[0]);
  assert.deepEqual(features.shape, [7, 16]);
  assert.ok(difference < 1e-5, `${difference}`);
  features.dispose();
  assert.equal(tf.memory().numTensors, kept);
  images.dispose();
  disposeAll(parameters);
});
