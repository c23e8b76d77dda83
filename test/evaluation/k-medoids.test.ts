import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { kMedoidsSelection } from '../../lib/evaluation/k-medoids';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { coordinates, planeSource } from './plane';

before(() => useBackend());

// Class 0, on a slope: heaps of three and four, whose means 4 / 3 and 103 lie nearest to images 1 and 4, from wherever k-means starts.
// Class 1: heaps of two and of three, with centres (0, 0.5), to which images 7 and 8 lie alike near, and 7 comes first, and (20, 1).
const source = planeSource([
  [
    [0, 0],
    [1, 1],
    [3, 3],
    [100, 100],
    [103, 103],
    [104, 104],
    [105, 105],
  ],
  [
    [0, 0],
    [0, 1],
    [20, 0],
    [20, 1],
    [20, 2],
  ],
]);

const chosen = async (perClass: number, seed: number) =>
  [...(await kMedoidsSelection(source, perClass, Random.stream(seed, 'set'), { features: coordinates }))].sort(
    (first, second) => first - second,
  );

test('medoids are the images nearest to the means of the heaps, whatever k-means starts from', async () => {
  const tensors = tf.memory().numTensors;
  for (const seed of [0, 1, 2, 3]) assert.deepEqual(await chosen(2, seed), [1, 4, 7, 10]);
  assert.equal(tf.memory().numTensors, tensors);
});

test('one medoid is the image nearest to the class mean', async () => {
  // Means 416 / 7 = 59.4 on the slope, to which 100 is nearer than 3, and (12, 0.8), to which (20, 1) is.
  assert.deepEqual(await chosen(1, 0), [3, 10]);
});

test('as many as there are images are all of them, also where some are there twice: no image is taken by two centres', async () => {
  assert.equal(new Set(await chosen(5, 1)).size, 10);
  const twice = planeSource([
    [
      [1, 1],
      [1, 1],
      [1, 1],
      [5, 5],
    ],
  ]);
  const all = await kMedoidsSelection(twice, 4, Random.stream(0, 'set'), { features: coordinates });
  assert.deepEqual([...all].sort(), [0, 1, 2, 3]);
});

test('it stops between two iterations, and tells which class it is at', async () => {
  const classes: number[] = [];
  const onClass = (label: number) => void classes.push(label);
  await kMedoidsSelection(source, 1, Random.stream(0, 'set'), { features: coordinates, onClass });
  assert.deepEqual(classes, [0, 1]);
  const options = { features: coordinates, signal: AbortSignal.abort() };
  await assert.rejects(kMedoidsSelection(source, 1, Random.stream(0, 'set'), options), { name: 'AbortError' });
});
