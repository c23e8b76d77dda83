import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { herdingSelection, randomSelection } from '../../lib/evaluation/baselines';
import { kCentreSelection } from '../../lib/evaluation/k-centre';
import { kMedoidsSelection } from '../../lib/evaluation/k-medoids';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

/** One-pixel images whose value is given; two classes, even and odd places. */
function sourceOf(values: number[]): ImageSource {
  const places = Int32Array.from(values.keys());
  return {
    imageShape: [1, 1, 1],
    classCount: 2,
    count: values.length,
    labels: Uint8Array.from(places, (place) => place % 2),
    indicesOfClass: [places.filter((place) => place % 2 === 0), places.filter((place) => place % 2 === 1)],
    batch: (indices) =>
      tf.tensor4d(
        Array.from(indices, (place) => values[place]),
        [indices.length, 1, 1, 1],
      ),
  };
}

const flatten = (images: tf.Tensor4D) => images.reshape<tf.Tensor2D>([images.shape[0], -1]);

test('a random selection takes distinct images of each class, class by class, and follows the seed', () => {
  const source = sourceOf(Array.from({ length: 40 }, (_, place) => place));
  const chosen = randomSelection(source, 5, Random.stream(1, 'test'));
  assert.equal(chosen.length, 10);
  assert.equal(new Set(chosen).size, 10);
  assert.deepEqual(
    [...chosen].map((place) => source.labels[place]),
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
  );
  assert.deepEqual(randomSelection(source, 5, Random.stream(1, 'test')), chosen);
  assert.notDeepEqual(randomSelection(source, 5, Random.stream(2, 'test')), chosen);
});

test('herding takes first the image nearest to the class mean, then the one that mends the mean best', () => {
  // Class 0 (even places): 0, 1, 2, 9 with mean 3: first 2 (distance 1); then of (2 + x) / 2 the nearest to 3 is x = 1 (1.5).
  // 9 would give 5.5. Class 1 (odd places): 10, 20, 30, 60 with mean 30: first 30, then 20 (25; 60 would give 45).
  const source = sourceOf([0, 10, 1, 20, 2, 30, 9, 60]);
  const tensors = tf.memory().numTensors;
  assert.deepEqual([...herdingSelection(source, 2, { features: flatten })], [4, 2, 5, 3]);
  assert.deepEqual([...herdingSelection(source, 2, { features: flatten, batchSize: 3 })], [4, 2, 5, 3]);
  assert.equal(tf.memory().numTensors, tensors);
});

test('asking for more images than a class has is refused with both numbers', async () => {
  const source = sourceOf([1, 2, 3, 4]);
  const message = /3 images per class were asked for; class 0 has 2, so allowed are 1 to 2/;
  assert.throws(() => randomSelection(source, 3, Random.stream(0, 'test')), message);
  assert.throws(() => herdingSelection(source, 3, { features: flatten }), message);
  assert.throws(() => kCentreSelection(source, 3, { features: flatten }), message);
  const medoids = kMedoidsSelection(source, 3, Random.stream(0, 'test'), { features: flatten });
  await assert.rejects(medoids, message);
});
