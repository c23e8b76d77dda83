/** Pixels from network inputs, and what of them no picture can show, worked out by hand. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { pixelsOf, shareBeyondPixels } from '../../lib/data/pixels';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

test('normalised values: mean and deviation of each channel undone, clipped; those beyond by more than rounding are counted', () => {
  const statistics = { mean: tf.tensor1d([0.5, 0.25]), deviation: tf.tensor1d([0.25, 0.5]) };
  // Undone: -0.25 and 0.25; 0.5 and 1.25; 1.001 and 0; 1 and -0.001.
  const images = tf.tensor4d([-3, 0, 0, 2, 2.004, -0.5, 2, -0.502], [1, 2, 2, 2]);
  const held = tf.memory().numTensors;
  assert.deepEqual([...pixelsOf(images, statistics)], [0, 64, 128, 255, 255, 0, 255, 0]);
  assert.equal(shareBeyondPixels(images, statistics), 2 / 8);
  assert.equal(tf.memory().numTensors, held);
  tf.dispose([images, statistics]);
});

test('with ZCA: values of a whole image mixed back, then the mean of each', () => {
  const statistics = {
    mean: tf.tensor1d([9]),
    deviation: tf.tensor1d([9]),
    'zca.mean': tf.tensor1d([0.5, 0.25]),
    'zca.inverse': tf.tensor2d([
      [1, 0.5],
      [0, 1],
    ]),
  };
  // [1, 0.5] x inverse = [1, 1], more the mean: 1.5 and 1.25; [-0.25, 0.25]: 0.25 and 0.375.
  const images = tf.tensor4d([1, 0.5, -0.25, 0.25], [2, 1, 2, 1]);
  assert.equal(shareBeyondPixels(images, statistics), 0.5);
  assert.deepEqual([...pixelsOf(images, statistics)], [255, 255, 64, 96]);
  tf.dispose([images, statistics]);
});
