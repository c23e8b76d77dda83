/** With one seed, all sets of a comparison meet the same real images, networks, augmentations and students. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation, type Augmentation } from '../lib/data/dsa';
import type { ImageSource } from '../lib/data/image-source';
import { randomSelection } from '../lib/evaluation/baselines';
import { studentTrainer } from '../lib/evaluation/student';
import { realTrainingSet } from '../lib/evaluation/training-set';
import { createDistilledSet, type DistilledSetOptions } from '../lib/factorization/create-distilled-set';
import { distributionMatching } from '../lib/matching/distribution';
import { createNetwork } from '../lib/networks/create-network';
import type { Network } from '../lib/networks/network';
import { useBackend } from '../lib/tensor/backend';
import type { MatchingStep } from '../lib/matching/matching-loss';
import { withExecution } from '../lib/tensor/execution';
import { disposeAll } from '../lib/tensor/parameters';
import { tf } from '../lib/tensor/tensorflow';
import { Random } from '../lib/tensor/random';
import { smallSource } from './small-source';

before(() => useBackend());

const source = smallSource({ perClass: 30 });
const shape = { imageShape: source.imageShape, classCount: 2 };
const network = createNetwork({ name: 'ConvNet', width: 4, depth: 1, ...shape });
const sets: Record<string, DistilledSetOptions> = {
  images: { kind: 'images', ipc: 3, ...shape },
  'multi-formation': { kind: 'images', ipc: 3, factor: 2, ...shape },
  HaBa: { kind: 'haba', basesPerClass: 2, hallucinators: 3, ...shape },
};

/** The source, and in which order real images were asked for. */
function watched() {
  const asked: number[][] = [];
  const batch: ImageSource['batch'] = (indices) => {
    asked.push(Array.from(indices));
    return source.batch(indices);
  };
  return { asked, source: { ...source, batch } };
}

/** A network that says what it was started with. */
function watchedNetwork() {
  const starts: string[] = [];
  const watching: Network = {
    ...network,
    init(random) {
      const parameters = network.init(random);
      starts.push(parameters['features.0.weight'].dataSync().join());
      return parameters;
    },
  };
  return { starts, network: watching };
}

/** An augmentation that says which strategies it drew. */
function watchedAugmentation() {
  const drawn: number[] = [];
  const augmentation = createAugmentation('color_crop_cutout_flip_scale_rotate');
  const watching: Augmentation = {
    ...augmentation,
    draw(random, batch) {
      const draws = augmentation.draw(random, batch);
      drawn.push(draws.strategy!.dataSync()[0]);
      return draws;
    },
  };
  return { drawn, augmentation: watching };
}

test('sets start from the same real images as far as they store as many, and so do random real images', () => {
  const ofClass = (kind: string, label: number) => {
    const { asked, source: real } = watched();
    disposeAll(createDistilledSet(sets[kind]).init(Random.stream(7, 'set'), real));
    return asked[0].filter((image) => source.labels[image] === label);
  };
  for (const label of [0, 1]) {
    const images = ofClass('images', label);
    assert.equal(images.length, 3);
    assert.deepEqual(ofClass('HaBa', label), images.slice(0, 2));
    assert.deepEqual(ofClass('multi-formation', label).slice(0, 3), images);
    const random = randomSelection(source, 3, Random.stream(7, 'set'));
    assert.deepEqual(
      [...random].filter((image) => source.labels[image] === label),
      images,
    );
  }
});

test('under DM sets meet the same networks, real batches and augmentations in every iteration', async () => {
  const met = async (kind: string) => {
    const { asked, source: real } = watched();
    const { starts, network: watching } = watchedNetwork();
    const { drawn, augmentation } = watchedAugmentation();
    const set = createDistilledSet(sets[kind]);
    const loss = distributionMatching({
      set,
      source: real,
      network: watching,
      augmentation,
      realBatch: 5,
    });
    const parameters = { set: set.init(Random.stream(7, 'set'), source), method: {} };
    for (const iteration of [0, 1, 2]) {
      const update = ({ gradients }: MatchingStep) => {
        tf.dispose(gradients);
        return parameters;
      };
      await withExecution('eager', async () =>
        loss.iteration(parameters, Random.stream(7, 'iteration', iteration), update),
      );
    }
    tf.dispose(parameters);
    loss.dispose();
    return { asked, starts, drawn };
  };
  const [images, multi, haba] = [await met('images'), await met('multi-formation'), await met('HaBa')];
  assert.equal(new Set(images.starts).size, 3);
  assert.equal(images.asked.length, 3);
  assert.deepEqual(multi, images);
  assert.deepEqual(haba, images);
});

test('students begin alike, and meet the same augmentations at every step, whatever the size of their set', async () => {
  const met = async (count: number) => {
    const { starts, network: watching } = watchedNetwork();
    const { drawn, augmentation } = watchedAugmentation();
    const recipe = { batchSize: 8, learningRate: 0.01, momentum: 0.9, weightDecay: 0 };
    const train = studentTrainer(watching, { ...recipe, length: { updates: 9 }, augmentation });
    const chosen = Int32Array.from({ length: count }, (_, image) => image);
    const student = Random.stream(7, 'student', 0);
    disposeAll(await withExecution('eager', () => train(realTrainingSet(source, chosen), student)));
    train.dispose();
    return { starts, drawn };
  };
  // One batch an epoch, and three.
  const [few, many] = [await met(6), await met(20)];
  assert.equal(few.drawn.length, 9);
  assert.ok(new Set(few.drawn).size > 1);
  assert.deepEqual(many, few);
});
