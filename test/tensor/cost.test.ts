import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { convNet } from '../../lib/networks/conv-net';
import { useBackend } from '../../lib/tensor/backend';
import { costOf } from '../../lib/tensor/cost';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

test('operations of ConvNet-3: counted by hand from its layers, and nothing is computed or kept', () => {
  const [width, batch] = [16, 5];
  const network = convNet({ width, imageShape: [32, 32, 3], classCount: 10 });
  const inputs = {
    parameters: network.init(Random.stream(0, 'test')),
    images: tf.zeros<tf.Rank.R4>([batch, 32, 32, 3]),
  };
  const tensors = tf.memory().numTensors;
  const cost = costOf((given: typeof inputs) => network.apply(given.parameters, given.images), inputs);
  const blocks = 2 * 9 * (3 * width * 32 ** 2 + width * width * 16 ** 2 + width * width * 8 ** 2);
  assert.equal(cost?.operations, batch * (blocks + 2 * 16 * width * 10));
  // At least the feature maps before and after each block.
  assert.ok(cost.bytes >= 4 * batch * width * (32 ** 2 + 2 * 16 ** 2 + 2 * 8 ** 2 + 4 ** 2));
  assert.equal(tf.memory().numTensors, tensors);
  tf.dispose(inputs);
});
