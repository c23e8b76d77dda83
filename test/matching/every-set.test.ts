/** Plug and play: every matching loss takes every set, and runs the same operation by operation and as a graph. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation, type Augmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { learnedOf, type DistilledSet } from '../../lib/factorization/distilled-set';
import { withLearnedLabels } from '../../lib/factorization/soft-labels';
import { parameterisationKinds } from '../../lib/factorization/parameterisations';
import type { MatchingLoss, MatchingParameters, MatchingStep } from '../../lib/matching/matching-loss';
import type { MatchingContext } from '../../lib/matching/method';
import { initLearned, matchingMethodOf, matchingNames, type MatchingOptions } from '../../lib/matching/methods';
import { trajectoryMatching } from '../../lib/matching/trajectory';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { withExecution } from '../../lib/tensor/execution';
import type { Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { lowRank } from '../factorization/low-rank';
import { smallSource } from '../small-source';
import { firstStep } from './finite-differences';
import { scaledMeansMethod } from './scaled-means';

before(() => useBackend());

const source = smallSource({ perClass: 20 });
const inputs = { imageShape: source.imageShape, classCount: 2 };
const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, ...inputs });
const haba = { kind: 'haba', basesPerClass: 2, hallucinators: 2 } as const;

const sets: Record<string, Readonly<Record<string, unknown>>> = {
  images: { kind: 'images', ipc: 2 },
  'images, multi-formation 2': { kind: 'images', ipc: 2, factor: 2 },
  'images, multi-formation 3': { kind: 'images', ipc: 2, factor: 3 },
  'HaBa, colour bases': haba,
  'HaBa, single-channel bases': { ...haba, channels: 'single' },
  'HaBa, multi-formation 2': { ...haba, factor: 2 },
  FreD: { kind: 'fred', ipc: 2, kept: 12 },
  LinBa: { kind: 'linba', ipc: 3, dictionary: 4 },
  DDiF: { kind: 'ddif', ipc: 2, hidden: 5 },
  'HaBa on LinBa': { kind: 'haba-linba', basesPerClass: 3, dictionary: 4, hallucinators: 2 },
  'a kind from outside the library, with a tensor that is fixed': lowRank({ ipc: 2, rank: 3 }),
};

/** A loss, by the name of its method and its options, on whatever set; small ones. */
interface Row {
  method: string;
  options: Readonly<Record<string, unknown>>;
  /** Default: as the method makes it. */
  create?: (set: DistilledSet, augmentation: Augmentation) => MatchingLoss;
}

const gradients = { realBatch: 4, outerLoops: 2, innerLoops: 1 };

const rows: Record<string, Row> = {
  dm: { method: 'dm', options: { realBatch: 4 } },
  dc: { method: 'dc', options: gradients },
  dsa: { method: 'dsa', options: gradients },
  'mtt, full': trajectory('full'),
  'mtt, stepwise': trajectory('stepwise'),
  'a loss from outside the library, which learns a scale and a vector': {
    method: scaledMeansMethod.name,
    options: { realBatch: 4, scale: 0.7 },
  },
};

/** Its experts lie in files, and here are networks as they are drawn. */
function trajectory(unroll: 'full' | 'stepwise'): Row {
  const segment = (random: Random) => ({ start: network.init(random), target: network.init(random) });
  const student = { studentSteps: 2, studentBatch: 3 };
  return {
    method: 'mtt',
    options: { stepSize: 0.05 },
    create: (set, augmentation) => trajectoryMatching({ set, network, augmentation, segment, ...student, unroll }),
  };
}

const completeOptions = ({ method, options }: Row) =>
  ({
    method,
    ...matchingMethodOf(method).defaults({ profile: 'smoke', given: options }),
    ...options,
  }) as MatchingOptions;

/** A method that says so augments nothing. */
const augments = ({ method }: Row) => matchingMethodOf(method).augmentation !== 'none';

function createLoss(row: Row, set: DistilledSet, given: Augmentation): MatchingLoss {
  const augmentation = augments(row) ? given : createAugmentation('none');
  if (row.create) return row.create(set, augmentation);
  const context = { set, source, network, augmentation } as MatchingContext;
  return matchingMethodOf(row.method).create(completeOptions(row), context);
}

test('every kind of set and every matching method that is registered has a row', () => {
  const kinds = Object.values(sets).map(({ kind }) => kind);
  assert.deepEqual([...new Set(kinds)].sort(), parameterisationKinds().sort());
  const methods = Object.values(rows).map(({ method }) => method);
  assert.deepEqual([...new Set(methods)].sort(), matchingNames().sort());
});

const together = ({ set, method }: MatchingParameters): Parameters => ({ ...set, ...method });

/** What a loss learns beside the set. */
const learnedBy = (row: Row): Parameters => initLearned(completeOptions(row), inputs);

/** Of these the labels are learned, too, by every loss that depends on them. */
const labelled = [
  'images, multi-formation 2',
  'HaBa, multi-formation 2',
  'FreD',
  'a kind from outside the library, with a tensor that is fixed',
];
const learnsLabels = ({ method }: Row) => matchingMethodOf(method).learnedLabels !== undefined;

for (const [method, row] of Object.entries(rows)) {
  const withLabels = labelled.filter(() => learnsLabels(row)).map((kind) => `${kind}, learned labels`);
  for (const kind of [...Object.keys(sets), ...withLabels]) {
    const isLearned = withLabels.includes(kind);
    const options = sets[kind.replace(/, learned labels$/, '')];
    test(`${method} on ${kind}: gradients for all it learns, the same eager and compiled`, async () => {
      const tensors = tf.memory().numTensors;
      const plain = createDistilledSet({ ...options, ...inputs } as DistilledSetOptions);
      const set = isLearned ? withLearnedLabels(plain) : plain;
      const augmentation = createAugmentation('color_crop_cutout_flip_scale_rotate');
      const loss = createLoss(row, set, augmentation);
      const parameters = { set: set.init(Random.stream(1, 'test'), source), method: learnedBy(row) };
      const one = await withExecution('eager', () => firstStep(loss, parameters));
      const other = await withExecution('compiled', () => firstStep(loss, parameters));
      assert.ok(Number.isFinite(one.loss) && one.loss > 0, `loss ${one.loss}`);
      assert.ok(Math.abs(one.loss - other.loss) < 1e-4 * one.loss, `${one.loss} eager, ${other.loss} compiled`);
      const [all, eager, compiled] = [parameters, one.gradients, other.gradients].map(together);
      assert.deepEqual(
        Object.keys(eager),
        Object.keys(together({ ...parameters, set: learnedOf(set, parameters.set) })),
      );
      for (const [name, gradient] of Object.entries(eager)) {
        assert.deepEqual(gradient.shape, all[name].shape, name);
        const [norm, difference] = tf.tidy(() =>
          [gradient.norm(), gradient.sub(compiled[name]).norm()].map((value) => value.dataSync()[0]),
        );
        assert.ok(Number.isFinite(norm) && norm > 0, `${name}: norm ${norm}`);
        assert.ok(difference < 2e-3 * norm, `${name}: eager and compiled differ by ${difference} of ${norm}`);
      }
      tf.dispose([parameters, one.gradients, other.gradients]);
      loss.dispose();
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

for (const [method, row] of Object.entries(rows)) {
  // What augments nothing does not fail here.
  if (!augments(row)) continue;
  test(`${method}: wherever an iteration fails, no tensor is left behind`, async () => {
    const set = createDistilledSet({ ...haba, ...inputs } as DistilledSetOptions);
    for (const mode of ['eager', 'compiled'] as const) {
      let failures = 0;
      for (let failed = true; failed; ) {
        failed = false;
        const loss = createLoss(row, set, failing(createAugmentation('color_crop'), failures + 1));
        const parameters = { set: set.init(Random.stream(1), source), method: learnedBy(row) };
        const tensors = tf.memory().numTensors;
        try {
          const update = ({ gradients }: MatchingStep) => {
            tf.dispose(gradients);
            return parameters;
          };
          await withExecution(mode, async () => loss.iteration(parameters, Random.stream(2), update));
        } catch (error) {
          assert.match((error as Error).message, /one too many/);
          failed = true;
          failures += 1;
        }
        assert.equal(tf.memory().numTensors, tensors, `${mode}, failure ${failures}`);
        tf.dispose(parameters);
        loss.dispose();
      }
      assert.ok(failures >= 2, `${failures} failures`);
    }
  });
}

test('gradient matching, an update that fails: the network it drew is not left behind', async () => {
  const set = createDistilledSet({ ...haba, ...inputs } as DistilledSetOptions);
  const loss = createLoss(rows.dc, set, createAugmentation('none'));
  const parameters = { set: set.init(Random.stream(1), source), method: {} };
  const tensors = tf.memory().numTensors;
  let updates = 0;
  const update = ({ gradients }: MatchingStep) => {
    tf.dispose(gradients);
    updates += 1;
    if (updates === 2) throw new Error('no second update');
    return parameters;
  };
  await assert.rejects(async () => loss.iteration(parameters, Random.stream(2), update), /no second update/);
  assert.equal(tf.memory().numTensors, tensors);
  tf.dispose(parameters);
  loss.dispose();
});
