import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { fitZca, type ZcaOptions } from '../../lib/data/zca';
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
  const { 'zca.matrix': matrix, ...rest } = zca.parameters();
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

test('its statistics are what inverts it: mean and inverse', () => {
  const images = tf.randomUniform<tf.Rank.R4>([9, 2, 2, 1], 0, 1, 'float32', 5);
  const zca = fitZca(sourceOf(images));
  const statistics = zca.statistics();
  assert.deepEqual(Object.keys(statistics), ['zca.mean', 'zca.inverse']);
  const whitened = zca.whiten(images);
  tf.tidy(() => {
    const { 'zca.mean': mean, 'zca.inverse': inverse } = statistics;
    const inverted = tf.matMul(whitened.reshape<tf.Tensor2D>([9, 4]), inverse as tf.Tensor2D).add(mean);
    assert.ok(relativeError(inverted, images.reshape([9, 4])) < 1e-5);
  });
  tf.dispose([images, statistics, whitened]);
  zca.dispose();
});

/** What the refusal says, and that it leaves no tensor behind. */
function assertRefused(source: ImageSource, options: ZcaOptions, message: RegExp): void {
  const start = tf.memory().numTensors;
  assert.throws(() => fitZca(source, options), message);
  assert.equal(tf.memory().numTensors, start);
}

test('a pixel that is no number: nothing is fitted, and the pixels are named as the reason', () => {
  const values = Float32Array.from({ length: 36 }, (_, index) => (index * 7) % 5);
  values[17] = NaN;
  const images = tf.tensor4d(values, [9, 2, 2, 1]);
  assertRefused(
    sourceOf(images),
    {},
    /^Error: ZCA was not fitted: the covariance of the images, \[4, 4\], has entries that are no finite numbers; every pixel must be one\. Read the dataset anew/,
  );
  images.dispose();
});

test('an iteration that does not converge says what was measured, what is allowed and what to do', () => {
  // Pixels that are always equal have a singular covariance, which has no inverse root unless epsilon is added.
  const images = tf.tidy(() => tf.tensor4d([0, 1, 2, 4, 7], [5, 1, 1, 1]).tile<tf.Tensor4D>([1, 4, 4, 1]));
  assertRefused(
    sourceOf(images),
    { epsilon: 0 },
    /^Error: ZCA was not fitted: of the inverse square root W of the images' covariance C, \[16, 16\], its last correction has norm \S+, and at most 0\.001 is allowed: .* NVIDIA_TF32_OVERRIDE .* epsilon, or take the whitening 'normalise'\.$/,
  );
  fitZca(sourceOf(images)).dispose();
  images.dispose();
});

/** Images whose neighbouring pixels are alike, as in photographs, so that their covariance is nearly singular. */
function smoothImages(side: number): tf.Tensor4D {
  return tf.tidy(() => {
    const corners = tf.randomUniform<tf.Rank.R4>([400, 2, 2, 3], 0, 1, 'float32', 5);
    return tf.image.resizeBilinear(corners, [side, side]);
  });
}

test('an iteration that converges to something else is refused by its residual', () => {
  const images = smoothImages(8);
  assertRefused(
    sourceOf(images),
    { epsilon: 1e-6 },
    /, \[192, 192\], \|\|W \(C \+ epsilon I\) W - I\|\| \/ \|\|I\|\| is 0\.\d+, and at most 0\.001 is allowed: .* raise fitZca's epsilon/,
  );
  fitZca(sourceOf(images), { epsilon: 0.001 }).dispose();
  images.dispose();
});

/** Runs with matrix products as TF32 makes them: factors keep 10 of their 23 bits. */
function withCoarseProducts(run: () => void): void {
  const backendName = tf.getBackend();
  const product = tf.getKernel('BatchMatMul', backendName);
  const coarse = (tensor: tf.TensorInfo) => {
    const bits = new Int32Array((tf.engine().readSync(tensor.dataId) as Float32Array).slice().buffer);
    return tf.tensor(new Float32Array(bits.map((value) => (value + 0x1000) & ~0x1fff).buffer), tensor.shape);
  };
  tf.unregisterKernel('BatchMatMul', backendName);
  tf.registerKernel({
    ...product,
    kernelFunc: ({ inputs, ...rest }) =>
      product.kernelFunc({ inputs: { a: coarse(inputs.a!), b: coarse(inputs.b!) }, ...rest }),
  });
  try {
    run();
  } finally {
    tf.unregisterKernel('BatchMatMul', backendName);
    tf.registerKernel(product);
  }
}

test('products in TF32, as GPUs make them that are let: refused', () => {
  const images = smoothImages(6);
  fitZca(sourceOf(images)).dispose();
  withCoarseProducts(() => {
    assertRefused(
      sourceOf(images),
      {},
      /, \[108, 108\], its last correction has norm 0\.00\d+, and at most 0\.001 is allowed/,
    );
  });
  images.dispose();
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
