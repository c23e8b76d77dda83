import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { fitZca } from '../../lib/data/zca';
import { useBackend } from '../../lib/tensor/backend';
import { imagesFromPyTorch } from '../../lib/tensor/layout';
import { readSafetensors } from '../../lib/files/safetensors';
import { toTensor } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';

before(async () => {
  await useBackend();
});

/** A source of given images. */
function sourceOf(images: tf.Tensor4D): ImageSource {
  const [count, height, width, channels] = images.shape;
  return {
    imageShape: [height, width, channels],
    classCount: 1,
    count,
    labels: new Uint8Array(count),
    indicesOfClass: [],
    batch: (indices) => tf.tidy(() => tf.gather(images, tf.tensor1d(Int32Array.from(indices), 'int32'))),
  };
}

const relativeError = (value: tf.Tensor, expected: tf.Tensor) =>
  tf.tidy(() => value.sub(expected).norm().div(expected.norm()).dataSync()[0]);

test('one grey pixel: W = 1 / sqrt(variance + 0.1), whichever the number of images', () => {
  const images = tf.tensor4d([0, 1, 0, 1, 1], [5, 1, 1, 1]);
  const zca = fitZca(sourceOf(images));
  const whitened = zca.whiten(images);
  // Variance over count - 1: 0.3; 1 / sqrt(0.4) = 1.5811.
  const expected = tf.tensor4d(
    [-0.6, 0.4, -0.6, 0.4, 0.4].map((value) => value / Math.sqrt(0.4)),
    [5, 1, 1, 1],
  );
  assert.ok(relativeError(whitened, expected) < 1e-6);
  const inverse = zca.invert(whitened);
  assert.ok(relativeError(inverse, images) < 1e-6);
  tf.dispose([images, whitened, expected, inverse]);
  zca.dispose();
});

test('more images than are summed at a time: the same as all at once, and no tensor left', () => {
  const start = tf.memory().numTensors;
  const images = tf.randomUniform<tf.Rank.R4>([2300, 2, 2, 1], 0, 1, 'float32', 5);
  const zca = fitZca(sourceOf(images));
  const { 'zca.matrix': matrix, ...rest } = zca.statistics();
  tf.tidy(() => {
    const centred = images.reshape<tf.Tensor2D>([2300, 4]).sub<tf.Tensor2D>(images.mean(0).reshape([4]));
    const covariance = tf.matMul(centred, centred, true).div(2299).add(tf.eye(4).mul(0.1));
    const product = tf.matMul(tf.matMul(matrix as tf.Tensor2D, covariance as tf.Tensor2D), matrix as tf.Tensor2D);
    assert.ok(relativeError(product, tf.eye(4)) < 1e-5);
  });
  tf.dispose([images, matrix, rest]);
  zca.dispose();
  assert.equal(tf.memory().numTensors, start);
});

const golden = path.join(__dirname, '../../../shared/fixtures/zca.safetensors');
test(
  "the authors' code (kornia's ZCAWhitening): values and inverse",
  { skip: existsSync(golden) ? false : 'no fixtures here' },
  () => {
    const { tensors } = readSafetensors(golden);
    const [fit, x, y, inverse] = ['fit', 'x', 'y', 'inverse'].map((name) =>
      imagesFromPyTorch(toTensor(tensors[name])),
    ) as tf.Tensor4D[];
    const zca = fitZca(sourceOf(fit));
    const whitened = zca.whiten(x);
    assert.ok(relativeError(whitened, y) < 1e-4);
    assert.ok(relativeError(zca.invert(y), inverse) < 1e-4);
  },
);
