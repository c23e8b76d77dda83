import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { atTwoBits, refinement } from '../../lib/distillation/refinement';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { decodePatches, encodePatches, type ImagesShape } from '../../lib/factorization/patch-quantiser';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallData } from './small-world';

before(() => useBackend());

test('each patch is at its own four levels, the same that are stored; what is not whole at the edge, too', () => {
  const shape: ImagesShape = [2, 13, 11, 2];
  const images = Random.stream(1, 'test').normal([...shape]);
  // As many groups as there are patches.
  const codes = encodePatches(images.dataSync<'float32'>(), shape, { groups: 1000, random: Random.stream(0, 'test') });
  const expected = decodePatches(codes, shape);
  const quantised = tf.tidy(() => atTwoBits(images as tf.Tensor4D).dataSync());
  for (const [place, value] of expected.entries()) assert.ok(Math.abs(quantised[place] - value) < 1e-5, `${place}`);
  images.dispose();
});

test('a patch of one value stays, and gradients pass as if nothing was rounded', () => {
  const flat = tf.fill([1, 5, 5, 1], 0.3) as tf.Tensor4D;
  const kept = tf.tidy(() => atTwoBits(flat).dataSync());
  for (const value of kept) assert.ok(Math.abs(value - 0.3) < 1e-6);
  const weights = Random.stream(2, 'test').normal([1, 5, 5, 1]);
  const { value, gradients } = valueAndGradients(
    ({ x }) =>
      atTwoBits(x as tf.Tensor4D)
        .mul(weights)
        .sum(),
    { x: flat },
  );
  assert.deepEqual([...gradients.x.dataSync()], [...weights.dataSync()]);
  tf.dispose([value, gradients.x, flat, weights]);
});

test('steps bring the features of the quantised set nearer to those of the set as it was', () => {
  const data = smallData();
  const { imageShape, classCount } = data.train;
  const set = createDistilledSet({ kind: 'haba', basesPerClass: 3, hallucinators: 2, imageShape, classCount });
  const distilled = set.init(Random.stream(0, 'test'), data.train);
  const network = createNetwork({ name: 'ConvNet', width: 8, depth: 2, imageShape, classCount } as never);
  const steps = 60;
  const counted = tf.memory().numTensors;
  const work = refinement({
    set,
    distilled,
    rounded: distilled,
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
        const [wanted, found] = [features(distilled.bases), features(atTwoBits(bases as tf.Tensor4D))];
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
  disposeAll(distilled);
});
