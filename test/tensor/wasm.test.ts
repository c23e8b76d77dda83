/** WebAssembly, where the native addon cannot be had: the same numbers, gradients of filters and second order included. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';
import { parity } from '../../lib/tools/parity/parity';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend({ backend: 'wasm' }));

test('filter gradients: a convolution, strided or padded, against finite differences of its sum', () => {
  for (const [stride, padding] of [
    [1, 'same'],
    [1, 'valid'],
    [2, 'same'],
    [2, 'valid'],
    [3, 'valid'],
  ] as const) {
    tf.tidy(() => {
      const random = Random.stream(stride, 'test');
      const images = random.normal([2, 8, 7, 3]) as tf.Tensor4D;
      const filter = random.normal([3, 3, 3, 4]) as tf.Tensor4D;
      const weights = tf.conv2d(images, filter, stride, padding).shape;
      const upstream = random.normal(weights);
      // The loss is linear in the filter: differences are exact but for rounding.
      const loss = (value: tf.Tensor) =>
        tf
          .conv2d(images, value as tf.Tensor4D, stride, padding)
          .mul(upstream)
          .sum();
      const gradient = tf.grad(loss)(filter).dataSync();
      const rest = loss(filter).dataSync()[0];
      for (const place of [0, 17, 53, 107]) {
        const moved = filter.add(tf.oneHot(tf.scalar(place, 'int32'), filter.size).reshape(filter.shape));
        const difference = loss(moved).dataSync()[0] - rest;
        assert.ok(
          Math.abs(gradient[place] - difference) < 1e-3,
          `${stride} ${padding}: ${gradient[place]} ${difference}`,
        );
      }
    });
  }
});

test("PyTorch's golden numbers", async () => {
  for await (const { name, passed, reason } of parity(path.join(__dirname, '..', 'golden'))) {
    assert.ok(passed, `${name}: ${reason}`);
  }
});

test('compile() runs eagerly, with the same result', () => {
  const double = compile(({ x }: { x: tf.Tensor }) => ({ y: x.mul(2) }), { name: 'double' });
  tf.tidy(() => assert.deepEqual([...double({ x: tf.tensor1d([1, 2]) }).y.dataSync()], [2, 4]));
  assert.deepEqual(double.report(), []);
});
