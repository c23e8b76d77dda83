import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { kCentreSelection } from '../../lib/evaluation/k-centre';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { coordinates, planeSource } from './plane';

before(() => useBackend());

// Class 0 has its mean at (3.2, 1): nearest is image 1, at (3, 0). Farthest from it is image 4, (9, 3), at sqrt 45; then, of the least of
// both distances, image 0, (0, 0), at 3, and image 3, (2, 2), at sqrt 5; then that; image 2, (2, 0), is left.
// Class 1, in a row at 0, 1, 4 with its mean at 5 / 3: image 6, then image 7 at 3, then image 5.
const source = planeSource([
  [
    [0, 0],
    [3, 0],
    [2, 0],
    [2, 2],
    [9, 3],
  ],
  [
    [0, 0],
    [1, 0],
    [4, 0],
  ],
]);

test('k-centre: the nearest to the mean, then always the farthest from all that are chosen', () => {
  const tensors = tf.memory().numTensors;
  assert.deepEqual([...kCentreSelection(source, 1, { features: coordinates })], [1, 6]);
  assert.deepEqual([...kCentreSelection(source, 3, { features: coordinates })], [1, 4, 0, 6, 7, 5]);
  assert.deepEqual([...kCentreSelection(source, 3, { features: coordinates, batchSize: 2 })], [1, 4, 0, 6, 7, 5]);
  assert.equal(tf.memory().numTensors, tensors);
});

test('images that are there twice are each chosen once', () => {
  const twice = planeSource([
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  ]);
  assert.deepEqual([...kCentreSelection(twice, 3, { features: coordinates })].sort(), [0, 1, 2]);
});
