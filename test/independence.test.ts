/**
 * No two purposes begin with the same random numbers, else students could start where an expert did, and be judged on a set that
 * was fitted to it. Draws are watched where they are made, while the library's own functions run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, mock, test } from 'node:test';
import { createAugmentation } from '../lib/data/dsa';
import type { Configuration } from '../lib/distillation/configuration';
import { createDistillation, releaseState } from '../lib/distillation/distillation';
import { evaluateTrainingSet } from '../lib/evaluation/evaluation';
import { studentTrainer } from '../lib/evaluation/student';
import { realTrainingSet } from '../lib/evaluation/training-set';
import { trainExperts } from '../lib/matching/experts/train-experts';
import { createNetwork } from '../lib/networks/create-network';
import { parameterShapes } from '../lib/networks/parameter-shapes';
import { useBackend } from '../lib/tensor/backend';
import { withExecution } from '../lib/tensor/execution';
import { disposeAll } from '../lib/tensor/parameters';
import { Random } from '../lib/tensor/random';
import { settingsOfExperts, smallConfiguration, smallData } from './distillation/small-world';

const data = smallData();
const { imageShape, classCount } = data.train;

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-independence-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Numbers that tell one stream from another: 4 of 32 bits are alike by chance once in 10^38. */
const startLength = 4;

/** Runs an action, and returns what every stream that it drew from began with. */
async function startsOf(action: () => unknown): Promise<string[]> {
  const drawn = new Map<Random, number[]>();
  const original = Object.getOwnPropertyDescriptor(Random.prototype, 'number')?.value as Random['number'];
  const watched = mock.method(Random.prototype, 'number', function (this: Random, minimum = 0, maximum = 1) {
    const value = original.call(this, minimum, maximum);
    const numbers = drawn.get(this) ?? [];
    drawn.set(this, numbers);
    // As it was before it was scaled, so that layers of different widths can be compared.
    if (numbers.length < startLength) numbers.push(Math.round(((value - minimum) / (maximum - minimum)) * 2 ** 32));
    return value;
  });
  try {
    await action();
  } finally {
    watched.mock.restore();
  }
  return [...drawn.values()].filter(({ length }) => length === startLength).map((numbers) => numbers.join());
}

const noise = { kind: 'haba', basesPerClass: 1, hallucinators: 2, initialisation: 'noise' } as const;
const configured = (seed: number, method: 'dm' | 'dc' | 'mtt') => ({
  ...smallConfiguration({ matching: { method }, set: noise, augmentation: 'color_crop_cutout_flip_scale_rotate' }),
  seed,
});
const networkOf = (configuration: Configuration) => createNetwork({ ...configuration.network, imageShape, classCount });

/** A hundred experts before their first epoch. */
async function experts(seed: number): Promise<void> {
  const configuration = configured(seed, 'mtt');
  await trainExperts({
    settings: { ...settingsOfExperts(configuration, data), seed },
    data,
    network: networkOf(configuration),
    augmentation: createAugmentation(configuration.augmentation),
    count: 100,
    epochs: 0,
    experts: folder,
  });
}

/** A hundred students before their first epoch. */
async function students(seed: number): Promise<void> {
  const configuration = configured(seed, 'dm');
  const evaluation = { ...configuration.evaluation, students: 100, updates: 0 };
  await evaluateTrainingSet(realTrainingSet(data.train), { ...configuration, evaluation }, data);
}

/** The networks that coresets are chosen by: one for features, ten for EL2N. */
async function coresets(seed: number): Promise<void> {
  const configuration = configured(seed, 'dm');
  const recipe = { ...configuration.evaluation, learningRate: 0.01, length: { updates: 0 } };
  const train = studentTrainer(networkOf(configuration), { ...recipe, augmentation: createAugmentation('none') });
  const streams = [Random.stream(seed, 'herding')];
  for (let number = 0; number < 10; number++) streams.push(Random.stream(seed, 'EL2N', number));
  for (const stream of streams) disposeAll(await train(realTrainingSet(data.train), stream));
  train.dispose();
}

/** Bases from noise, hallucinators and the adversary. */
function start(seed: number): void {
  const distillation = createDistillation(configured(seed, 'dm'), data);
  releaseState(distillation.start());
  distillation.dispose();
}

/** Networks, augmentations and constraints of a few iterations. */
async function iterations(seed: number, method: 'dm' | 'dc'): Promise<string[]> {
  const distillation = createDistillation(configured(seed, method), data);
  let state = distillation.start();
  const starts = await startsOf(async () => {
    for (let iteration = 0; iteration < 3; iteration++) {
      ({ state } = await withExecution('eager', () => distillation.iterate(state)));
    }
  });
  releaseState(state);
  distillation.dispose();
  return starts;
}

const repeated = (starts: string[]) => starts.filter((one, place) => starts.indexOf(one) !== place);

test('experts, students, the set, the adversary, coresets and the networks of iterations all begin elsewhere, for any seed', async () => {
  const all = new Map<string, string[]>();
  // Drawn and thrown away, to know what parameters look like.
  const shapesAlone = await startsOf(() => parameterShapes(networkOf(configured(0, 'dm'))));
  const kept = (starts: string[]) => starts.filter((one) => !shapesAlone.includes(one));
  // Experts drew from 10,000 times the seed, and students from 1,000 times theirs: these met.
  for (const seed of [0, 1, 10]) {
    all.set(`100 experts of seed ${seed}`, kept(await startsOf(() => experts(seed))));
    all.set(`100 students of seed ${seed}`, await startsOf(() => students(seed)));
    all.set(`11 networks of coresets of seed ${seed}`, await startsOf(() => coresets(seed)));
    all.set(`set and adversary of seed ${seed}`, await startsOf(() => start(seed)));
    const [dm, dc] = [await iterations(seed, 'dm'), await iterations(seed, 'dc')];
    // Methods are compared in pairs: with one seed, they meet the same networks.
    assert.ok(dm.some((one) => dc.includes(one)));
    all.set(`iterations of seed ${seed}`, [...new Set([...dm, ...dc])]);
    assert.deepEqual([...repeated(dm), ...repeated(dc)], []);
  }
  for (const [purpose, starts] of all) {
    const expected = Number(/^\d+/.exec(purpose)?.[0] ?? 1);
    assert.ok(starts.length >= expected, `${purpose}: ${starts.length} streams were seen`);
    assert.deepEqual(repeated(starts), [], purpose);
    for (const [other, others] of all) {
      if (other === purpose) continue;
      const shared = starts.filter((one) => others.includes(one)).length;
      assert.equal(shared, 0, `${purpose} and ${other} share ${shared} starts`);
    }
  }
});

test('the watch sees what it should: the network of a student', async () => {
  const network = networkOf(configured(0, 'dm'));
  const [direct] = await startsOf(() => disposeAll(network.init(Random.stream(0, 'student', 3).stream('network'))));
  const watched = await startsOf(() => students(0));
  assert.equal(watched.indexOf(direct), 3);
});
