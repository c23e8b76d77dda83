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

test('operations of batched products, one factor for all or transposed, and a hundred for a sine', () => {
  const inputs = { one: tf.zeros([1, 7, 2]), all: tf.zeros([5, 2, 3]), turned: tf.zeros([5, 3, 2]) };
  const operations = (run: (given: typeof inputs) => tf.Tensor) => costOf(run, inputs)?.operations;
  const product = 2 * 5 * 7 * 2 * 3;
  assert.equal(
    operations(({ one, all }) => tf.matMul(one, all)),
    product,
  );
  assert.equal(
    operations(({ all }) => tf.matMul(all, all, true)),
    2 * 5 * 3 * 2 * 3,
  );
  assert.equal(
    operations(({ one, turned }) => tf.matMul(one, turned, false, true).sin()),
    product + 100 * 5 * 7 * 3,
  );
  tf.dispose(inputs);
});
