/** A matching loss from outside the library goes wherever DM goes: configured, run, killed and resumed, evaluated, tabled, exported. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  accuracyTable,
  configure,
  evaluateFile,
  evaluateRun,
  exportSet,
  listRuns,
  methodsGrid,
  readDistilledSet,
  readMetrics,
  registerMatching,
  registerParameterisation,
  run,
  type ConfigurationInput,
  type RunOptions,
  type RunResult,
} from '../../lib';
import { createDistillation, releaseState } from '../../lib/distillation/distillation';
import { estimateRun } from '../../lib/distillation/estimate';
import { ownToThisProcess } from '../../lib/experiments/task';
import { readSafetensors } from '../../lib/files/safetensors';
import { imagesSet } from '../../lib/factorization/images-set';
import type { OwnMatching } from '../../lib/matching/methods';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { setHash, setName } from '../../lib/runs/identity';
import { setFiles } from '../../lib/runs/run-files';
import { execution } from '../../lib/tensor/execution';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress } from '../../lib/terminal/progress';
import { createNetwork } from '../../lib/networks/create-network';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { scaledMeans, scaledMeansMethod } from './scaled-means';

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'haba', basesPerClass: 1, hallucinators: 2 },
  matching: scaledMeans({ scale: 0.75 }),
  network: { width: 4, depth: 2 },
  constraints: { adversary: { width: 4, depth: 2 } },
  iterations: 40,
  checkpointEvery: 1,
  evaluation: { students: 1, updates: 3 },
};
const commandLine = [
  ...'distill --profile smoke --dataset shapes --bases 1 --method scaled-means --iterations 40'.split(' '),
  ...[
    'set.hallucinators=2',
    'matching.scale=0.75',
    'network.width=4',
    'network.depth=2',
    'constraints.adversary.width=4',
    'constraints.adversary.depth=2',
    'checkpointEvery=1',
    'evaluation.students=1',
    'evaluation.updates=3',
  ].flatMap((one) => ['--set', one]),
];

let folder: string;
let made: RunResult;
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string): RunOptions => ({ runs: path.join(folder, name), progress: silent });
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-matching-'));
  made = await run(input, inFolder('runs'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = ({ run: place }: RunResult) => setFiles(place).distilled;
function learnedIn(file: string): Record<string, number[]> {
  const distilled = readDistilledSet(file);
  const values = Object.entries(distilled.method).map(([name, tensor]): [string, number[]] => [
    name,
    [...tensor.dataSync()],
  ]);
  distilled.dispose();
  return Object.fromEntries(values);
}

test('it is configured with its defaults and with optimisers of what it learns, and its mistakes are explained', () => {
  const { matching, optimisers, evaluation, iterations } = configure({ ...input, iterations: undefined });
  assert.deepEqual(matching, { method: 'scaled-means', realBatch: 4, scale: 0.75 });
  assert.deepEqual(Object.keys(optimisers), ['bases', 'hallucinators', 'scale', 'shift']);
  assert.deepEqual(optimisers.shift, { learningRate: 0.1, momentum: 0.5 });
  assert.equal(evaluation.learningRate, 'learned');
  assert.equal(iterations, configure({ profile: 'smoke', matching: { method: 'dm' } }).iterations);
  assert.deepEqual(configure(configure(input)), configure(input));
  const refused = (given: object, message: RegExp) =>
    assert.throws(() => configure({ ...input, matching: given as OwnMatching }), message);
  refused({ method: 'scaled-means', scael: 1 }, /'matching\.scael' is not a key; did you mean 'matching\.scale'\?/);
  refused({ method: 'scaled-means', scale: 0 }, /'matching\.scale' is 0; allowed is more than 0/);
  refused(
    { method: 'scaled-mean' },
    /'matching\.method' is 'scaled-mean'; allowed are dm, dc, dsa, mtt, scaled-means\. Did you mean 'scaled-means'\?/,
  );
});

test('its run is stored under its name, its metrics tell each scalar that it learns, its floats are those of the set', () => {
  assert.match(path.basename(made.run), /^haba-scaled-means-shapes-1bases-smoke-/);
  const dm = configure({ ...input, matching: { method: 'dm' } });
  const { tensors } = createDistilledSet({ ...dm.set, imageShape: [32, 32, 3], classCount: 10 });
  const floats = Object.values(tensors).reduce(
    (sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1),
    0,
  );
  assert.equal(made.storedFloats, floats);
  const metrics = readMetrics(made.run);
  assert.equal(metrics.length, 40);
  const { scale } = learnedIn(fileOf(made));
  assert.equal(metrics[39].scale, scale[0]);
  assert.notEqual(metrics[0].scale, 0.75);
  assert.ok(!('shift' in metrics[0]), 'a vector is no column of metrics');
  assert.equal(listRuns(path.join(folder, 'runs'))[0].state, 'finished');
});

test('what it learns descends at its own rate, and is cut off at its bound', async () => {
  const data = await dataAtHand('shapes');
  const { imageShape, classCount } = data.train;
  const oneStep = async (scale: number) => {
    const configuration = configure({ ...input, matching: scaledMeans({ scale }) });
    const loss = scaledMeansMethod.create(
      { realBatch: 4, scale },
      {
        set: createDistilledSet({ ...configuration.set, imageShape, classCount }),
        data,
        source: data.train,
        network: createNetwork({ ...configuration.network, imageShape, classCount }),
        augmentation: createAugmentation(configuration.augmentation),
        surroundings: configuration,
      },
    );
    const distillation = createDistillation(configuration, data);
    const begun = distillation.start();
    const parameters = { set: begun.set.parameters, method: begun.method.parameters };
    let gradients: Record<string, number[]> = {};
    await loss.iteration(parameters, Random.stream(0, 'iteration', 0), (step) => {
      const values = Object.entries(step.gradients.method).map(([name, tensor]) => [name, [...tensor.dataSync()]]);
      gradients = Object.fromEntries(values) as typeof gradients;
      tf.dispose(step.gradients);
      return parameters;
    });
    const { state } = await distillation.iterate(begun);
    const after = (name: string) => [...state.method.parameters[name].dataSync()];
    const result = { gradients, scale: after('scale')[0], shift: after('shift') };
    releaseState(state);
    distillation.dispose();
    loss.dispose();
    return result;
  };
  const one = await oneStep(2);
  assert.ok(Math.abs(one.scale - (2 - 0.05 * one.gradients.scale[0])) < 1e-6);
  one.shift.forEach((value, label) => assert.ok(Math.abs(value + 0.1 * one.gradients.shift[label]) < 1e-6));
  assert.ok(one.gradients.shift.some((value) => value !== 0));
  assert.equal((await oneStep(0.01)).scale, 0.5);
});

test('killed and begun again by the command line of a program that registers it, it ends in the same bytes', async () => {
  const runs = path.join(folder, 'killed');
  const program = ['--import', 'tsx', path.join(__dirname, 'scaled-means-cli.ts'), ...commandLine, '--runs', runs];
  const child = spawn(process.execPath, program, { stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  const place = path.join(runs, path.basename(made.run));
  const lines = () =>
    existsSync(setFiles(place).metrics) ? readFileSync(setFiles(place).metrics, 'utf8').split('\n').length - 1 : 0;
  while (lines() < 4 && child.exitCode === null) await sleep(5);
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  assert.ok(!existsSync(setFiles(place).result), 'it was killed in its midst');
  const { stdout } = await promisify(execFile)(process.execPath, program);
  const again = JSON.parse(stdout.trim()) as RunResult;
  assert.deepEqual(readdirSync(runs), [path.basename(made.run)]);
  assert.deepEqual(readFileSync(setFiles(again.run).distilled), readFileSync(fileOf(made)));
  const told = (folderOfRun: string) => readMetrics(folderOfRun).map((one) => ({ ...one, seconds: 0 }));
  assert.deepEqual(told(again.run), told(made.run));
  assert.deepEqual(again.accuracy, made.accuracy);
});

test('students train at the rate that was learned; others are trained on the set, from its run and from its file', async () => {
  const [rate] = learnedIn(fileOf(made)).scale;
  const given = await evaluateRun(made, { evaluation: { learningRate: rate } }, inFolder('runs'));
  assert.deepEqual(given.accuracy, made.accuracy);
  assert.notEqual(given.students, made.students);
  assert.deepEqual((await evaluateFile(fileOf(made), { progress: silent })).accuracy, made.accuracy);
  const other = await evaluateRun(made, { network: { name: 'MLP' }, evaluation: { updates: 2 } }, inFolder('runs'));
  assert.equal(other.updates, 2);
  assert.throws(
    () => configure({ ...input, matching: { method: 'dm' }, evaluation: { learningRate: 'learned' } }),
    /only 'mtt', 'scaled-means' learns a rate/,
  );
});

test("it has rows in tables beside the library's own, and its runs go nowhere that lacks it", () => {
  const { table } = accuracyTable('own', [{ label: scaledMeansMethod.label, result: made }]);
  assert.deepEqual(table.array('training set'), ['scaled means']);
  const cells = methodsGrid({ profile: 'smoke', dataset: 'shapes' }, { methods: ['dm', scaledMeans()], seeds: [0] });
  assert.deepEqual(
    cells.map(({ factors }) => factors.method),
    ['none', 'DM', 'DM', 'scaled means', 'scaled means'],
  );
  const variants = methodsGrid(
    { profile: 'smoke', dataset: 'shapes' },
    { methods: ['dm', scaledMeans(), scaledMeans({ scale: 2 })], seeds: [0] },
  );
  assert.deepEqual(
    variants.filter(({ factors }) => factors.kind === 'images').map(({ factors }) => factors.method),
    ['DM', 'scaled means', 'scaled means, scale 2'],
  );
  assert.equal(ownToThisProcess(cells[4].task), "the matching method 'scaled-means'");
  assert.equal(ownToThisProcess(cells[2].task), undefined);
});

test('exported, what it learned stands beside the set, and no time is told that it does not tell', async () => {
  const files = await exportSet(fileOf(made), { to: path.join(folder, 'export') });
  const { tensors } = readSafetensors(files[0]);
  assert.deepEqual([...(tensors.scale.values as Float32Array)], learnedIn(fileOf(made)).scale);
  // The rate that students take has the name that the README's Python reads, and import.
  assert.deepEqual(tensors.step_size.values, tensors.scale.values);
  assert.deepEqual(tensors.shift.shape, [10]);
  assert.equal(estimateRun(configure(input), await dataAtHand('shapes')), undefined);
});

test('what its author calls another version are other runs', () => {
  const source = { kind: 'distillation', configuration: configure(input), dataChecksum: 'ab' } as const;
  const [hash, name] = [setHash(source), setName(source)];
  registerMatching({ ...scaledMeansMethod, version: 2 });
  try {
    assert.notEqual(setHash(source), hash);
    assert.equal(setName(source), name);
  } finally {
    registerMatching(scaledMeansMethod);
  }
  assert.equal(setHash(source), hash);
});

test('compile: false runs it operation by operation, under the same name', async () => {
  const modes: string[] = [];
  const watched = registerMatching({
    ...scaledMeansMethod,
    name: 'watched',
    label: 'watched',
    create(options, context) {
      const loss = scaledMeansMethod.create(options, context);
      return {
        ...loss,
        iteration(...given) {
          modes.push(execution());
          return loss.iteration(...given);
        },
      };
    },
  });
  const short = { ...input, matching: watched(), iterations: 1 };
  const one = await run({ ...short, compile: false }, inFolder('eager'));
  assert.deepEqual(modes, ['eager']);
  assert.equal((await run(short, inFolder('eager'))).run, one.run);
  await run(short, inFolder('compiled'));
  assert.deepEqual(modes, ['eager', 'compiled']);
});

test('refused: a set that has a tensor of the name of what it learns', async () => {
  const clashing = registerParameterisation<{ ipc: number }>({
    kind: 'clashing',
    label: 'clashing',
    options: { ipc: imagesSet.options.ipc },
    itemsPerClass: 'ipc',
    defaults: () => ({ ipc: 1 }),
    tensors: (_, { imageShape, classCount }) => ({ scale: { shape: [classCount, ...imageShape], part: 'bases' } }),
    create: (_, { imageShape, classCount }) => ({
      init: () => ({ scale: tf.zeros([classCount, ...imageShape]) }),
      images: ({ scale }, { items }) => tf.gather(scale, items) as tf.Tensor4D,
    }),
  });
  await assert.rejects(
    run({ ...input, set: clashing() }, inFolder('clashing')),
    /learns 'scale', and the set of the kind 'clashing' has that, too; rename one/,
  );
  assert.ok(!existsSync(path.join(folder, 'clashing')));
});
