import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { atFourLevels, refinement, type Levels } from '../../lib/distillation/refinement';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { decodeTensors, encodeTensors, imageLevels } from '../../lib/factorization/stored-precision';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallData } from './small-world';

before(() => useBackend());

const bases = { shape: [6, 12, 12, 3], part: 'bases', images: true };
const options = (groups: number) => ({ groups, random: Random.stream(0, 'test') });

test('levels are those that are stored: what moves at them is what is decoded', () => {
  const images = Random.stream(1, 'test').normal([...bases.shape]);
  for (const groups of [1, 5, 1000]) {
    const stored = encodeTensors({ bases }, { bases: images }, { precision: 'int2', ...options(groups) });
    const decoded = decodeTensors({ bases }, stored);
    const levels = imageLevels({ bases }, { bases: images }, options(groups));
    const expected = decoded.bases.dataSync();
    const quantised = tf.tidy(() => atFourLevels(images as tf.Tensor4D, levels.bases).dataSync());
    for (const [place, value] of expected.entries()) assert.ok(Math.abs(quantised[place] - value) < 1e-5, `${place}`);
    disposeAll(decoded, { ...levels.bases });
  }
  images.dispose();
});

test('four levels by hand, and gradients that pass as if nothing was rounded', () => {
  const x = tf.tensor4d([-9, -0.6, 0.4, 0.6, 2.4, 9], [1, 1, 6, 1]);
  const levels = { steps: tf.fill([1, 1, 6, 1], 1), zeros: tf.fill([1, 1, 6, 1], 1) } as Levels;
  const kept = tf.tidy(() => [...atFourLevels(x, levels).dataSync()]);
  assert.deepEqual(kept, [-1, -1, 0, 1, 2, 2]);
  const weights = Random.stream(2, 'test').normal([1, 1, 6, 1]);
  const { value, gradients } = valueAndGradients(
    ({ x: moved }) =>
      atFourLevels(moved as tf.Tensor4D, levels)
        .mul(weights)
        .sum(),
    { x },
  );
  assert.deepEqual([...gradients.x.dataSync()], [...weights.dataSync()]);
  tf.dispose([value, gradients.x, x, weights, levels.steps, levels.zeros]);
});

test('steps bring the features of the quantised set nearer to those of the set as it was', () => {
  const data = smallData();
  const { imageShape, classCount } = data.train;
  const set = createDistilledSet({ kind: 'haba', basesPerClass: 3, hallucinators: 2, imageShape, classCount });
  const distilled = set.init(Random.stream(0, 'test'), data.train);
  const network = createNetwork({ name: 'ConvNet', width: 8, depth: 2, imageShape, classCount } as never);
  const steps = 60;
  const levels = imageLevels(set.tensors, distilled, options(8));
  const counted = tf.memory().numTensors;
  const work = refinement({
    set,
    distilled,
    rounded: distilled,
    levels,
    network,
    steps,
    random: Random.stream(0, 'test'),
  });
  // By a network that no step drew, on all items through both hallucinators.
  const judge = network.init(Random.stream(9, 'test'));
  const distance = (bases: tf.Tensor) =>
    tf.tidy(() => {
      const items = tf.range(0, 6, 1, 'int32');
      return [0, 1].reduce((sum, view) => {
        const choice = { items, hallucinators: tf.fill<tf.Rank.R1>([6], view, 'int32') };
        const features = (one: tf.Tensor) => network.features(judge, set.images({ ...distilled, bases: one }, choice));
        const [wanted, found] = [features(distilled.bases), features(atFourLevels(bases as tf.Tensor4D, levels.bases))];
        return sum + found.sub(wanted).square().mean().dataSync()[0];
      }, 0);
    });
  let images = work.start();
  assert.deepEqual(Object.keys(images), ['bases']);
  const before = distance(images.bases);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const next = work.step(images, step);
    disposeAll(images);
    ({ images } = next);
    losses.push(next.loss);
  }
  assert.ok(distance(images.bases) < 0.8 * before, `${before} to ${distance(images.bases)}`);
  assert.ok(losses.every(Number.isFinite));
  disposeAll(images, judge);
  work.dispose();
  assert.equal(tf.memory().numTensors, counted);
  disposeAll(distilled, { ...levels.bases });
});
