/** A variant of trajectory matching from outside the library, of its public exports alone: several updates from experts that are there. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import {
  compile,
  configure,
  crossEntropy,
  expertSegments,
  learnedGradients,
  mttMethod,
  readDistilledSet,
  readMetrics,
  registerMatching,
  run,
  tf,
  valueAndGradients,
  type ConfigurationInput,
  type MatchingMethod,
  type MatchingParameters,
  type RunOptions,
  type RunResult,
  type TrajectoryOptions,
} from '../../lib/index';

type Tensors = Record<string, tf.Tensor>;
interface Inputs extends tf.TensorContainerObject {
  learned: MatchingParameters;
  start: Tensors;
  target: Tensors;
  items: tf.Tensor1D;
  classes: tf.Tensor1D;
}

const distance = (one: Tensors, other: Tensors) =>
  tf.addN(Object.keys(one).map((name) => one[name].sub(other[name]).square().sum()));

/** As MTT, written anew: students train on the whole set at once, and every iteration is an update for each of several segments. */
const revisitingMethod: MatchingMethod<TrajectoryOptions & { segments: number }> = {
  ...mttMethod,
  name: 'revisiting',
  label: 'revisiting',
  options: { ...mttMethod.options, segments: z.number().int().min(1) },
  defaults: (choice) => ({ ...mttMethod.defaults(choice), segments: 2 }),
  create(options, context) {
    const { set, network } = context;
    const segment = expertSegments(options, context);
    const gradientsOf = compile(
      ({ learned, start, target, items, classes }: Inputs) =>
        learnedGradients(
          set,
          (current: MatchingParameters) => {
            const images = set.images(current.set, { items, hallucinators: tf.zerosLike(items) });
            let student = start;
            for (let step = 0; step < options.studentSteps; step++) {
              const { gradients } = valueAndGradients(
                (weights) => crossEntropy(network.apply(weights, images), classes),
                student,
              );
              student = Object.fromEntries(
                Object.entries(student).map(([name, weight]) => [
                  name,
                  weight.sub(gradients[name].mul(current.method.stepSize)),
                ]),
              );
            }
            return distance(student, target).div(distance(start, target)).asScalar();
          },
          learned,
        ),
      { name: 'revisiting' },
    );
    return {
      updatesPerIteration: options.segments,
      iteration(parameters, random, update) {
        const draws = random.stream('segment');
        let learned = parameters;
        for (let done = 0; done < options.segments; done++) {
          const { start, target } = segment(draws);
          const found = tf.tidy(() => {
            const all = Int32Array.from({ length: set.itemCount }, (_, item) => item);
            const items = tf.tensor1d(all, 'int32');
            const classes = tf.tensor1d(set.labels(all), 'int32');
            const { value, gradients } = gradientsOf({ learned, start, target, items, classes });
            return { loss: value.dataSync()[0], gradients };
          });
          tf.dispose([start, target]);
          learned = update(found);
        }
      },
      dispose: () => gradientsOf.dispose(),
    };
  },
};
const revisiting = registerMatching(revisitingMethod);

const trajectories = {
  studentSteps: 3,
  studentBatch: 0,
  latestStartEpoch: 2,
  experts: { count: 2, epochs: 2, seed: 3, batchSize: 100 },
};
const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'images', ipc: 1 },
  network: { width: 4, depth: 2 },
  augmentation: 'none',
  iterations: 3,
  evaluation: { students: 1, updates: 2 },
};
const own = (options: object = {}): ConfigurationInput => ({
  ...input,
  matching: revisiting({ ...trajectories, ...options } as object),
});

let folder: string;
let mtt: RunResult;
let places: RunOptions;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-trajectory-'));
  places = { runs: path.join(folder, 'runs'), experts: path.join(folder, 'experts') };
  mtt = await run({ ...input, matching: { method: 'mtt', ...trajectories } }, { ...places, makeExperts: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const lossesOf = (result: RunResult) => readMetrics(result.run).map(({ loss }) => loss);
/** All files of experts, and when each was written. */
const experts = () =>
  readdirSync(places.experts!, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((file) => [file, statSync(path.join(places.experts!, file)).mtimeMs]);

test("it learns from MTT's experts, which it neither makes nor touches, and with one update is MTT, number for number", async () => {
  const there = experts();
  assert.ok(there.length > 4);
  const one = await run(own({ segments: 1 }), places);
  assert.deepEqual(experts(), there);
  const [found, expected] = [lossesOf(one), lossesOf(mtt)];
  assert.equal(expected.length, 3);
  found.forEach((loss, iteration) =>
    assert.ok(Math.abs(loss / expected[iteration] - 1) < 1e-4, `${found.join(', ')}; MTT ${expected.join(', ')}`),
  );
  assert.equal(one.configuration.evaluation.learningRate, 'learned');
});

test('an iteration of several updates moves what is learned beside the set with each', async () => {
  const still = { bases: { learningRate: 0 }, stepSize: { learningRate: 0 } };
  const stepSizes = async (segments: number, optimisers = {}) => {
    const result = await run({ ...own({ segments }), iterations: 1, optimisers }, places);
    const distilled = readDistilledSet(path.join(result.run, 'distilled.safetensors'));
    const [stepSize] = distilled.method.stepSize.dataSync();
    distilled.dispose();
    return stepSize;
  };
  const start = await stepSizes(2, still);
  assert.ok(Math.abs(start - 0.01) < 1e-7);
  const quick = { stepSize: { learningRate: 1e-3, momentum: 0 } };
  const [once, twice] = [await stepSizes(1, quick), await stepSizes(2, quick)];
  assert.notEqual(once, start);
  assert.notEqual(twice, once);
});

test('labels by experts are by those that it has: configured alike, found where they are, refused where they differ', async () => {
  const { labels, matching } = configure({ ...own(), labels: { kind: 'experts' } });
  assert.deepEqual(labels, { kind: 'experts', experts: (matching as unknown as TrajectoryOptions).experts });
  assert.equal(labels.kind === 'experts' && labels.experts.seed, 3);
  assert.throws(
    () => configure({ ...own(), labels: { kind: 'experts', experts: { seed: 4 } } }),
    /'labels\.experts\.seed' is 4 and 'matching\.experts\.seed' is 3; a run has one kind of experts/,
  );
  const there = experts();
  const labelled = await run({ ...own(), iterations: 1, labels: { kind: 'experts' } }, places);
  assert.deepEqual(experts(), there);
  const distilled = readDistilledSet(path.join(labelled.run, 'distilled.safetensors'));
  assert.deepEqual(distilled.parameters.softLabels.shape, [10, 10]);
  distilled.dispose();
});

test('where there are no experts it says how they are made, and makes them where it is asked to', async () => {
  const elsewhere = { ...places, runs: path.join(folder, 'others'), experts: path.join(folder, 'none') };
  await assert.rejects(
    run(own(), elsewhere),
    /no experts for this configuration.* They are made by: .*haba -- experts/,
  );
  const short = { ...own({ latestStartEpoch: 1, experts: { count: 1, epochs: 1, batchSize: 100 } }), iterations: 1 };
  assert.equal(lossesOf(await run(short, { ...elsewhere, makeExperts: true })).length, 1);
});

test("default rates of sets follow what it matches, as MTT's, and a method that says nothing of it has those of distribution matching", () => {
  const rates = (profile: 'quick' | 'paper', kind: string, matching: ConfigurationInput['matching']) =>
    configure({ profile, set: { kind } as ConfigurationInput['set'], matching }).optimisers;
  const silent = registerMatching({ ...mttMethod, name: 'silent', label: 'silent', matches: undefined });
  for (const profile of ['quick', 'paper'] as const) {
    for (const kind of ['images', 'fred', 'linba', 'ddif']) {
      assert.deepEqual(rates(profile, kind, revisiting()), rates(profile, kind, { method: 'mtt' }), kind);
    }
  }
  const usual = { learningRate: 100, momentum: 0.95 };
  assert.deepEqual(rates('quick', 'images', { method: 'mtt' }).bases, { ...usual, learningRate: 300 });
  assert.deepEqual(rates('quick', 'images', silent()).bases, usual);
  const fields = { rule: 'adam', momentum: 0.9 };
  assert.deepEqual(rates('paper', 'ddif', silent()).fields, { ...fields, learningRate: 5e-5 });
  assert.deepEqual(rates('paper', 'ddif', { method: 'mtt' }).fields, { ...fields, learningRate: 1e-4 });
});

test('refused: a preparation of experts without the option that says which', () => {
  const options = { ...mttMethod.options };
  delete options.experts;
  assert.throws(
    () => registerMatching({ ...mttMethod, name: 'unsaid', label: 'unsaid', options }),
    /'unsaid' prepares experts, and has no option 'experts' that says which: give it `experts: expertOptions`/,
  );
});
