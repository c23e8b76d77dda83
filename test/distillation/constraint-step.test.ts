/** The two players of the constraint game: what they look at, their gradients, and what a weight of 0 costs. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation, type Augmentation } from '../../lib/data/dsa';
import {
  adversaryLearns,
  createConstraints,
  createPlayers,
  isConstrained,
} from '../../lib/distillation/constraint-step';
import { createDistillation, releaseState } from '../../lib/distillation/distillation';
import { fullAugmentation } from '../../lib/data/augmentation-settings';
import { allBases } from '../../lib/factorization/constraint-settings';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import type { MatchingStep } from '../../lib/matching/matching-loss';
import { matchingMethodOf } from '../../lib/matching/methods';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { zeroVelocity } from '../../lib/tensor/optimiser';
import { disposeAll, mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { withExecution } from '../../lib/tensor/execution';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallSource } from '../small-source';
import { smallConfiguration, smallData } from './small-world';

before(() => useBackend());

const source = smallSource();
const inputs = { imageShape: source.imageShape, classCount: source.classCount };
const basesPerClass = 3;
const itemCount = basesPerClass * source.classCount;

interface Setting {
  batchSize?: number;
  augmentation?: Augmentation;
  factor?: number;
  classification?: number;
  contrastive?: number;
  likelihood?: number;
}

function game({
  batchSize = allBases,
  augmentation = createAugmentation(fullAugmentation),
  factor = 1,
  ...weights
}: Setting = {}) {
  const set = createDistilledSet({
    kind: 'haba',
    basesPerClass,
    hallucinators: 3,
    hallucinatorInitialisation: 'pytorch',
    factor,
    ...inputs,
  });
  const options = {
    set,
    // Smooth, so that differences of values tell slopes.
    network: createNetwork({ name: 'ConvNet', width: 4, depth: 2, activation: 'sigmoid', ...inputs }),
    augmentation,
    cosine: 0.1,
    classification: 1,
    likelihood: 0.1,
    contrastive: 0.1,
    temperature: 0.5,
    batchSize,
    adversary: { learningRate: 1, momentum: 0 },
    ...weights,
  };
  return { set, options, constraints: createConstraints(options), players: createPlayers(options) };
}

type Game = ReturnType<typeof game>;

/** Parameters of a set and of an adversary; the caller's tidy scope frees them. */
const start = ({ set, constraints }: Game) => ({
  learnable: set.init(Random.stream(1, 'test'), source),
  adversary: constraints.init(Random.stream(2, 'test')),
});

/** Compares a slope with the difference of two values along a direction in which every element has a say. */
function assertSlope(valueAt: (parameters: Parameters) => number, at: Parameters, gradients: Parameters): void {
  const random = Random.stream(11, 'test');
  const direction = mapParameters(gradients, (gradient) => gradient.mul(random.uniform(gradient.shape, 0, 2)));
  const slope = Object.entries(gradients).reduce(
    (sum, [name, gradient]) => sum + gradient.mul(direction[name]).sum().dataSync<'float32'>()[0],
    0,
  );
  assert.ok(slope > 0, 'something depends on something');
  const step = (0.0003 * Math.abs(valueAt(at))) / slope;
  const moved = (length: number) => mapParameters(at, (tensor, name) => tensor.add(direction[name].mul(length)));
  const difference = (valueAt(moved(step)) - valueAt(moved(-step))) / (2 * step);
  assert.ok(Math.abs(difference - slope) <= 0.005 * slope, `gradient says ${slope}, values say ${difference}`);
}

for (const [name, setting] of Object.entries({
  'all bases': {},
  'a batch of 2': { batchSize: 2 },
  crops: { factor: 2 },
})) {
  test(`both players, ${name}: gradients agree with finite differences`, () => {
    tf.tidy(() => {
      const one = game(setting);
      const { learnable, adversary } = start(one);
      const batches = one.constraints.draw(Random.stream(5, 'test'), 0);
      const cosine = (parameters: Parameters) =>
        one.players.cosine({ learnable: parameters, adversary, batch: batches.cosine });
      assertSlope((parameters) => cosine(parameters).value.dataSync()[0], learnable, cosine(learnable).gradients);

      const velocity = zeroVelocity(adversary);
      const step = (parameters: Parameters) =>
        one.players.adversaryStep({ learnable, adversary: parameters, velocity, batch: batches.adversary });
      // With a rate of 1 and no momentum a step goes down by the gradient.
      const after = step(adversary).parameters;
      const gradients = mapParameters(adversary, (tensor, key) => tensor.sub(after[key]));
      assertSlope((parameters) => step(parameters).value.dataSync()[0], adversary, gradients);
    });
  });
}

test('the batch is the first hallucinator, then the second, augmented at once: one strategy, numbers of its own for each image', () => {
  tf.tidy(() => {
    for (const factor of [1, 2]) {
      const seen: { images: Float32Array; uniforms: tf.Tensor2D }[] = [];
      const full = createAugmentation(fullAugmentation);
      const one = game({
        batchSize: 4,
        factor,
        augmentation: {
          draw: (random, batch) => full.draw(random, batch),
          apply(images, draws) {
            seen.push({ images: images.dataSync<'float32'>(), uniforms: draws.uniforms! });
            return full.apply(images, draws);
          },
        },
      });
      const { learnable, adversary } = start(one);
      const batches = one.constraints.draw(Random.stream(5, 'test'), 0);
      const velocity = zeroVelocity(adversary);
      one.players.cosine({ learnable, adversary, batch: batches.cosine });
      one.players.adversaryStep({ learnable, adversary, velocity, batch: batches.adversary });
      assert.equal(seen.length, 2, 'each player augments once');
      for (const [place, { items, first, second, labels }] of [batches.cosine, batches.adversary].entries()) {
        const views = [first, second].map((hallucinators) => one.set.images(learnable, { items, hallucinators }));
        const { images, uniforms } = seen[place];
        assert.deepEqual(images, tf.concat(views).dataSync());
        assert.equal(labels.size, 4 * factor ** 2);
        assert.equal(uniforms.shape[1], 2 * labels.size);
        const ofImages = tf.unstack(uniforms, 1).map((numbers) => numbers.dataSync().join());
        assert.equal(new Set(ofImages).size, 2 * labels.size, 'no two images share their numbers');
        for (const hallucinators of [first, second]) {
          assert.equal(new Set(hallucinators.dataSync()).size, 1, 'one hallucinator for all bases');
        }
      }
    }
  });
});

test("players draw bases, pairs and augmentations of their own; every pair comes up; one seed's draws are the same in any order", () => {
  tf.tidy(() => {
    const { constraints } = game({ batchSize: 3 });
    const random = Random.stream(5, 'test');
    const read = (update: number) => {
      const { cosine, adversary } = constraints.draw(random, update);
      return [cosine, adversary].map(({ items, first, second, draws }) => ({
        items: [...items.dataSync()],
        pair: [first.dataSync()[0], second.dataSync()[0]],
        uniforms: [...draws.uniforms!.dataSync()],
        strategy: draws.strategy!.dataSync()[0],
      }));
    };
    const updates = Array.from({ length: 60 }, (_, update) => read(update));
    for (const [cosine, adversary] of updates) {
      assert.notDeepEqual(cosine.uniforms, adversary.uniforms);
      for (const { items, pair } of [cosine, adversary]) {
        assert.equal(new Set(items).size, 3, 'no basis twice');
        assert.notEqual(pair[0], pair[1]);
      }
    }
    const alike = (of: (player: (typeof updates)[0][0]) => unknown) =>
      updates.filter(([cosine, adversary]) => JSON.stringify(of(cosine)) === JSON.stringify(of(adversary))).length / 60;
    // By chance: 1 of 6 pairs in order, 1 of 6 strategies, 1 of 120 orders of 3 bases out of 6.
    assert.ok(alike(({ pair }) => pair) < 0.4);
    assert.ok(alike(({ strategy }) => strategy) < 0.4);
    assert.ok(alike(({ items }) => items) < 0.1);
    assert.equal(new Set(updates.flatMap((both) => both.map(({ pair }) => pair.join()))).size, 6);
    assert.deepEqual(read(7), updates[7]);
  });
});

test('all bases are in one batch where no number is given', () => {
  tf.tidy(() => {
    const { cosine, adversary } = game().constraints.draw(Random.stream(5, 'test'), 0);
    for (const { items, labels } of [cosine, adversary]) {
      assert.deepEqual([...items.dataSync()].sort(), [...Array(itemCount).keys()]);
      assert.deepEqual(
        [...labels.dataSync()],
        [...items.dataSync()].map((item) => Math.floor(item / basesPerClass)),
      );
    }
  });
});

test('compiled and eager players agree', () => {
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    const one = game();
    const { learnable, adversary } = start(one);
    const batches = one.constraints.draw(Random.stream(5, 'test'), 0);
    const play = () => {
      const constraints = createConstraints(one.options);
      const { value, gradients } = constraints.cosine({ learnable, adversary, batch: batches.cosine });
      const velocity = zeroVelocity(adversary);
      const step = constraints.adversaryStep!({ learnable, adversary, velocity, batch: batches.adversary });
      constraints.dispose();
      return { value, ...gradients, loss: step.value, ...step.parameters } as Parameters;
    };
    const both = [withExecution('compiled', play), withExecution('eager', play)];
    for (const [name, compiled] of Object.entries(both[0])) {
      const eager = both[1][name];
      const [distance, size] = [compiled.sub(eager).norm(), eager.norm()].map((norm) => norm.dataSync<'float32'>()[0]);
      assert.ok(distance <= 1e-4 * size + 1e-6, `${name}: ${distance} of ${size}`);
    }
  });
  assert.equal(tf.memory().numTensors, tensors);
});

test('who has a say: no player with one hallucinator or a weight of 0; no adversary that nothing moves', () => {
  assert.equal(isConstrained({ cosine: 0.1 }, 2), true);
  assert.equal(isConstrained({ cosine: 0.1 }, 1), false);
  assert.equal(isConstrained({ cosine: 0 }, 5), false);
  const none = { classification: 0, likelihood: 0, contrastive: 0 };
  assert.equal(adversaryLearns(none), false);
  for (const term of Object.keys(none)) assert.equal(adversaryLearns({ ...none, [term]: 0.1 }), true);
  assert.equal(game(none).constraints.adversaryStep, undefined);
});

const data = smallData();
const set = { kind: 'haba', basesPerClass: 2, hallucinators: 3 } as const;
const configurationWith = (constraints: Record<string, number>) =>
  smallConfiguration({ matching: { method: 'dm' }, set, constraints, seed: 3 });

/** One iteration from the start: values of everything, metrics, and how many convolutions it took. */
async function firstIteration(constraints: Record<string, number>) {
  const distillation = createDistillation(configurationWith(constraints), data);
  const began = distillation.start();
  const adversaryBefore = mapParameters(began.adversary.parameters, (tensor) => tensor.clone());
  let next: Awaited<ReturnType<typeof distillation.iterate>> | undefined;
  const convolutions = await convolutionsOf(async () => {
    next = await withExecution('eager', () => distillation.iterate(began));
  });
  const { state, metrics } = next!;
  const values = (parameters: Parameters) =>
    Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.dataSync().slice()]));
  const result = {
    parameters: values(state.set.parameters),
    adversary: values(state.adversary.parameters),
    adversaryBefore: values(adversaryBefore),
    metrics,
    convolutions,
  };
  releaseState(state);
  disposeAll(adversaryBefore);
  distillation.dispose();
  return result;
}

async function convolutionsOf(run: () => Promise<void>): Promise<number> {
  const { kernels } = await tf.profile(async () => {
    await run();
    return [];
  });
  return kernels.filter(({ name }) => name === 'Conv2D').length;
}

test('L_cos with a weight of 0: no adversary, no pass, no metrics; L_con alone equals none', async () => {
  const tensors = tf.memory().numTensors;
  const none = await firstIteration({ cosine: 0, contrastive: 0 });
  assert.deepEqual(none.adversary, {});
  assert.deepEqual(Object.keys(none.metrics), ['iteration', 'loss', 'seconds']);
  assert.deepEqual((await firstIteration({ cosine: 0, contrastive: 0.1 })).parameters, none.parameters);

  const configuration = configurationWith({ cosine: 0 });
  const { imageShape, classCount } = data.train;
  const ownSet = createDistilledSet({ ...configuration.set, imageShape, classCount });
  const matching = matchingMethodOf('dm').create(configuration.matching, {
    set: ownSet,
    data,
    source: data.train,
    network: createNetwork({ ...configuration.network, imageShape, classCount }),
    augmentation: createAugmentation(configuration.augmentation),
    surroundings: configuration,
  });
  const parameters = { set: ownSet.init(Random.stream(3, 'set'), data.train), method: {} };
  const alone = await convolutionsOf(async () => {
    const update = ({ gradients }: MatchingStep) => {
      tf.dispose(gradients);
      return parameters;
    };
    await withExecution('eager', async () => matching.iteration(parameters, Random.stream(3, 'iteration', 0), update));
  });
  tf.dispose(parameters);
  assert.ok(alone > 0);
  assert.equal(none.convolutions, alone, 'only the matching loss computes');
  const both = await firstIteration({ cosine: 0.1, contrastive: 0.1 });
  assert.ok(both.convolutions > alone);
  assert.deepEqual(Object.keys(both.metrics), ['iteration', 'loss', 'seconds', 'cosine', 'adversaryLoss']);
  assert.notDeepEqual(both.parameters, none.parameters);
  assert.notDeepEqual(both.adversary, both.adversaryBefore);
  assert.equal(tf.memory().numTensors, tensors);
});

test('an adversary whose terms all weigh 0 takes no step, and L_cos goes on through it as it is', async () => {
  const idle = await firstIteration({ classification: 0, likelihood: 0, contrastive: 0 });
  assert.deepEqual(idle.adversary, idle.adversaryBefore);
  assert.deepEqual(Object.keys(idle.metrics), ['iteration', 'loss', 'seconds', 'cosine']);
  const learning = await firstIteration({});
  assert.ok(idle.convolutions < learning.convolutions);
  // The first update of the set hears the same adversary in both.
  assert.deepEqual(idle.parameters, learning.parameters);
});

test('an iteration that fails, in the game or before it, leaves no tensor behind', async () => {
  const tensors = tf.memory().numTensors;
  for (const mode of ['compiled', 'eager'] as const) {
    for (const part of ['adversary', 'set'] as const) {
      const configuration = smallConfiguration({ matching: { method: 'dm' }, set, seed: 3 });
      const distillation = createDistillation(configuration, data);
      const state = distillation.start();
      const name = part === 'adversary' ? 'features.0.weight' : 'hallucinators.scale';
      const { parameters, velocity } = state[part];
      const broken = { ...state, [part]: { parameters: { ...parameters, [name]: tf.zeros([7]) }, velocity } };
      await assert.rejects(withExecution(mode, () => distillation.iterate(broken)));
      parameters[name].dispose();
      distillation.dispose();
      assert.equal(tf.memory().numTensors, tensors, `${part}, ${mode}`);
    }
  }
});
