import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  combineBases,
  initLinearBases,
  linearBasesShapes,
  type LinearBasesOptions,
} from '../../lib/factorization/linba';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';
import { assertSlopes } from './slopes';

before(() => useBackend());

const cifar: LinearBasesOptions = { imageShape: [32, 32, 3], items: 12, bases: 8 };

test('bases [2, 1, 2, 1]: an image is their combination, enlarged with half-pixel centres', () => {
  tf.tidy(() => {
    const bases = tf.tensor4d([0, 4, 8, 8], [2, 1, 2, 1]);
    const images = combineBases(
      tf.tensor2d([
        [1, 0],
        [0, 1],
        [3, -0.5],
      ]),
      bases,
    );
    assert.deepEqual(images.shape, [3, 2, 4, 1]);
    const rows = [
      [0, 1, 3, 4],
      [8, 8, 8, 8],
      [-4, -1, 5, 8],
    ];
    assertClose(
      images,
      rows.flatMap((row) => [...row, ...row]),
    );
  });
});

test('rank K: images that are enlarged combinations of K others come back exactly, whatever their number', () => {
  tf.tidy(() => {
    // A small image's weights times an invertible matrix, on bases times its inverse: the same images.
    const small = wave([2, 3, 5, 2], 0.1) as tf.Tensor4D;
    const mixing = tf.tensor2d([2, 1, 1, 1], [2, 2]);
    const unmixing = tf.tensor2d([1, -1, -1, 2], [2, 2]);
    const bases = unmixing.matMul(small.reshape([2, -1])).reshape<tf.Tensor4D>(small.shape);
    const weights = wave([7, 2], 0.9) as tf.Tensor2D;
    const images = combineBases(weights.matMul(mixing) as tf.Tensor2D, bases);
    const expected = tf.image.resizeBilinear(
      weights.matMul(small.reshape([2, -1])).reshape<tf.Tensor4D>([7, 3, 5, 2]),
      [6, 10],
      false,
      true,
    );
    assertClose(images, expected.dataSync());
  });
});

test('gradients of coefficients and bases are the slopes of the images, and the same compiled', () => {
  const inputs = { coefficients: wave([5, 3], 0.2), bases: wave([3, 2, 4, 2], 0.5) };
  const decode = ({ coefficients, bases }: typeof inputs) =>
    combineBases(coefficients as tf.Tensor2D, bases as tf.Tensor4D);
  assertSlopes((given) => decode(given as typeof inputs), inputs, 0.1);
  const compiled = compile(decode, { name: 'LinBa' });
  tf.tidy(() => assertClose(compiled(inputs), decode(inputs).dataSync()));
  compiled.dispose();
  tf.dispose(inputs);
});

test('the start is uniform after Xavier, follows from the stream, and leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  const options = { ...cifar, items: 500, bases: 20 };
  const [first, again] = [1, 1].map((seed) => initLinearBases(Random.stream(seed, 'test'), options));
  assert.equal(tf.memory().numTensors, before + 4);
  for (const [name, sum] of [
    ['coefficients', 500 + 20],
    ['bases', 20 + 768],
  ] as const) {
    const values = first[name].dataSync<'float32'>();
    assert.deepEqual(again[name].dataSync(), values);
    const bound = Math.sqrt(6 / sum);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest <= bound && largest > 0.99 * bound, `${name}: ${largest} of ${bound}`);
    const variance = values.reduce((total, value) => total + value ** 2, 0) / values.length;
    // Of 10,000 uniform values: 5 standard errors are 0.045.
    assert.ok(Math.abs(variance / (2 / sum) - 1) < 0.045, `${name}: variance ${variance}`);
  }
  assert.deepEqual(first.bases.shape, [20, 16, 16, 3]);
  tf.dispose([first, again]);
});

test('an odd side is refused', () => {
  assert.throws(() => linearBasesShapes({ ...cifar, imageShape: [28, 27, 1] }), {
    name: 'RangeError',
    message:
      /half as high and wide as the images; images of 28x27 have an odd side: choose data with even sides, or another kind of set/,
  });
});
