/** Plug and play: every matching loss takes every set, and runs the same operation by operation and as a graph. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation, type Augmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { learnedOf, type DistilledSet } from '../../lib/factorization/distilled-set';
import { distributionMatching } from '../../lib/matching/distribution';
import { gradientMatching } from '../../lib/matching/gradient';
import type { MatchingLoss, MatchingStep } from '../../lib/matching/matching-loss';
import { trajectoryMatching } from '../../lib/matching/trajectory';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { lowRank } from '../factorization/low-rank';
import { smallSource } from '../small-source';
import { firstStep } from './finite-differences';

before(() => useBackend());

const source = smallSource({ perClass: 20 });
const inputs = { imageShape: source.imageShape, classCount: 2 };
const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, ...inputs });
const haba = { kind: 'haba', basesPerClass: 2, hallucinators: 2 } as const;

const sets: Record<string, object> = {
  images: { kind: 'images', ipc: 2 },
  'images, multi-formation 2': { kind: 'images', ipc: 2, factor: 2 },
  'images, multi-formation 3': { kind: 'images', ipc: 2, factor: 3 },
  'HaBa, colour bases': haba,
  'HaBa, single-channel bases': { ...haba, channels: 'single' },
  'HaBa, multi-formation 2': { ...haba, factor: 2 },
  'a kind from outside the library, with a tensor that is fixed': lowRank({ ipc: 2, rank: 3 }),
};

const methods: Record<string, (set: DistilledSet, augmentation: Augmentation, compile: boolean) => MatchingLoss> = {
  dm: (set, augmentation, compile) =>
    distributionMatching({ set, source, network, augmentation, realBatch: 4, compile }),
  dc: (set, _, compile) => gradient(set, createAugmentation('none'), compile),
  dsa: (set, augmentation, compile) => gradient(set, augmentation, compile),
  'mtt, full': (set, augmentation, compile) => trajectory('full', set, augmentation, compile),
  'mtt, stepwise': (set, augmentation, compile) => trajectory('stepwise', set, augmentation, compile),
};

function gradient(set: DistilledSet, augmentation: Augmentation, compile: boolean): MatchingLoss {
  return gradientMatching({
    set,
    source,
    network,
    augmentation,
    realBatch: 4,
    outerLoops: 2,
    innerLoops: 1,
    compile,
  });
}

function trajectory(unroll: 'full' | 'stepwise', set: DistilledSet, augmentation: Augmentation, compile: boolean) {
  const segment = (random: Random) => ({ start: network.init(random), target: network.init(random) });
  const student = { studentSteps: 2, studentBatch: 3 };
  return trajectoryMatching({ set, network, augmentation, segment, ...student, unroll, compile });
}

/** What a loss learns beside the set. */
const learnedBy = (method: string): Parameters => (method.startsWith('mtt') ? { stepSize: tf.scalar(0.05) } : {});

for (const [method, create] of Object.entries(methods)) {
  for (const [kind, options] of Object.entries(sets)) {
    test(`${method} on ${kind}: gradients for all it learns, the same eager and compiled`, async () => {
      const tensors = tf.memory().numTensors;
      const set = createDistilledSet({ ...options, ...inputs } as DistilledSetOptions);
      const augmentation = createAugmentation('color_crop_cutout_flip_scale_rotate');
      const [eager, compiled] = [create(set, augmentation, false), create(set, augmentation, true)];
      const parameters = { ...set.init(Random.stream(1, 'test'), source), ...learnedBy(method) };
      const one = await firstStep(eager, parameters);
      const other = await firstStep(compiled, parameters);
      assert.ok(Number.isFinite(one.loss) && one.loss > 0, `loss ${one.loss}`);
      assert.ok(Math.abs(one.loss - other.loss) < 1e-4 * one.loss, `${one.loss} eager, ${other.loss} compiled`);
      assert.deepEqual(Object.keys(one.gradients), Object.keys(learnedOf(set, parameters)));
      for (const [name, gradient] of Object.entries(one.gradients)) {
        assert.deepEqual(gradient.shape, parameters[name].shape, name);
        const [norm, difference] = tf.tidy(() =>
          [gradient.norm(), gradient.sub(other.gradients[name]).norm()].map((value) => value.dataSync()[0]),
        );
        assert.ok(Number.isFinite(norm) && norm > 0, `${name}: norm ${norm}`);
        assert.ok(difference < 2e-3 * norm, `${name}: eager and compiled differ by ${difference} of ${norm}`);
      }
      disposeAll(parameters, one.gradients, other.gradients);
      compiled.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });
  }
}

/** The augmentation until its n-th use, which fails. */
function failing(augmentation: Augmentation, use: number): Augmentation {
  let uses = 0;
  const count = () => {
    uses += 1;
    if (uses === use) throw new Error('that was one too many');
  };
  return {
    draw(...given) {
      count();
      return augmentation.draw(...given);
    },
    apply(...given) {
      count();
      return augmentation.apply(...given);
    },
  };
}

for (const [method, create] of Object.entries(methods)) {
  if (method === 'dc') continue; // It augments nothing; it is DSA otherwise.
  test(`${method}: wherever an iteration fails, no tensor is left behind`, async () => {
    const set = createDistilledSet({ ...haba, ...inputs } as DistilledSetOptions);
    for (const compile of [false, true]) {
      let failures = 0;
      for (let failed = true; failed; ) {
        failed = false;
        const loss = create(set, failing(createAugmentation('color_crop'), failures + 1), compile);
        const parameters = { ...set.init(Random.stream(1), source), ...learnedBy(method) };
        const tensors = tf.memory().numTensors;
        try {
          await loss.iteration(parameters, Random.stream(2), ({ gradients }) => {
            disposeAll(gradients);
            return parameters;
          });
        } catch (error) {
          assert.match((error as Error).message, /one too many/);
          failed = true;
          failures += 1;
        }
        assert.equal(tf.memory().numTensors, tensors, `compile: ${compile}, failure ${failures}`);
        disposeAll(parameters);
        loss.dispose();
      }
      assert.ok(failures >= 2, `${failures} failures`);
    }
  });
}

test('gradient matching, an update that fails: the network it drew is not left behind', async () => {
  const set = createDistilledSet({ ...haba, ...inputs } as DistilledSetOptions);
  const loss = gradient(set, createAugmentation('none'), true);
  const parameters = set.init(Random.stream(1), source);
  const tensors = tf.memory().numTensors;
  let updates = 0;
  const update = ({ gradients }: MatchingStep) => {
    disposeAll(gradients);
    updates += 1;
    if (updates === 2) throw new Error('no second update');
    return parameters;
  };
  await assert.rejects(async () => loss.iteration(parameters, Random.stream(2), update), /no second update/);
  assert.equal(tf.memory().numTensors, tensors);
  disposeAll(parameters);
  loss.dispose();
});
