/** Datasets from outside the library, of arrays and of a folder, go wherever CIFAR-10 goes: from a run to its export elsewhere. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import {
  accuracyTable,
  budget,
  configure,
  dataAtHand,
  dataForNotebook,
  dataset,
  evaluateFile,
  evaluateRun,
  exportSet,
  imageFolder,
  listRuns,
  makeExperts,
  readDistilledSet,
  readMetrics,
  run,
  runBaseline,
  shapeOf,
  storageEfficiency,
  type ConfigurationInput,
  type OwnDataset,
  type RunOptions,
  type RunResult,
} from '../../lib';
import { listDatasets, obtainDataset } from '../../lib/data/obtain-dataset';
import { estimateRun } from '../../lib/distillation/estimate';
import { ownToThisProcess } from '../../lib/experiments/task';
import { readSafetensors } from '../../lib/files/safetensors';
import { tableText } from '../../lib/report/table-text';
import { readIdentity, setFiles } from '../../lib/runs/run-files';
import { Random } from '../../lib/tensor/random';
import { createProgress } from '../../lib/terminal/progress';

/** Grey images of 12x8, light above in class 0 and light below in class 1. */
function halves(name: string, { seed = 0, train = 40 } = {}): OwnDataset {
  const random = Random.stream(seed, 'halves');
  const split = (count: number) => {
    const labels = Array.from({ length: count }, (_, image) => image % 2);
    const images = labels.map((label) =>
      Array.from({ length: 12 }, (_, row) =>
        Array.from({ length: 8 }, () => [(row < 6 === (label === 0) ? 150 : 20) + random.integer(60)]),
      ),
    );
    return { images, labels };
  };
  return dataset({ name, train: split(train), test: split(20), classNames: ['above', 'below'] });
}

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: halves('halves'),
  set: { kind: 'images', ipc: 2 },
  network: { width: 4, depth: 2 },
  augmentation: 'none',
  iterations: 4,
  checkpointEvery: 1,
  evaluation: { students: 1, updates: 40, batchSize: 4, augmentation: 'none' },
};

let folder: string;
let made: RunResult;
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string): RunOptions => ({
  runs: path.join(folder, name),
  experts: path.join(folder, 'experts'),
  progress: silent,
});
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-dataset-'));
  made = await run(input, inFolder('runs'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const imagesOf = ({ run }: RunResult) => [
  ...(readSafetensors(setFiles(run).distilled).tensors.bases.values as Float32Array),
];

test('a configuration holds its name; what is no dataset is refused', () => {
  const configuration = configure(input);
  assert.equal(configuration.dataset as string, 'halves');
  assert.deepEqual(configure(JSON.parse(JSON.stringify(configuration)) as ConfigurationInput), configuration);
  const refused = (given: unknown, message: RegExp) =>
    assert.throws(() => configure({ ...input, dataset: given as OwnDataset }), message);
  refused(
    'halvse',
    /'dataset' is 'halvse'; allowed are cifar10, .*, halves\. Did you mean 'halves'\? One of your own is made first: imageFolder or dataset/,
  );
  refused({}, /'dataset' is an object that is no dataset; give a name, or what imageFolder or dataset makes/);
  refused(3, /'dataset' is 3; /);
  refused(null, /'dataset' is null; /);
});

test('its run is stored with its name and checksum, and learns it', async () => {
  assert.match(path.basename(made.run), /^images-dm-halves-ipc2-smoke-/);
  const { dataChecksum, configuration } = readIdentity(made.run);
  assert.deepEqual([configuration.dataset, dataChecksum], ['halves', (await dataAtHand('halves')).checksum]);
  assert.equal(made.storedFloats, 2 * 2 * 12 * 8);
  assert.ok(made.accuracy.mean > 0.9, String(made.accuracy.mean));
  const [listed] = listRuns(path.join(folder, 'runs'));
  assert.deepEqual([listed.folder, listed.state], [made.run, 'finished']);
});

test('stopped and run again it ends where an undisturbed run does', async () => {
  const stop = new AbortController();
  const progress = { ...silent, update: (done: number) => done === 2 && stop.abort() } as typeof silent;
  await assert.rejects(run(input, { ...inFolder('stopped'), progress, signal: stop.signal }), { name: 'RunStopped' });
  assert.equal(readMetrics(listRuns(path.join(folder, 'stopped'))[0].folder).length, 2);
  const resumed = await run(input, inFolder('stopped'));
  assert.deepEqual(imagesOf(resumed), imagesOf(made));
  assert.deepEqual(resumed.accuracy, made.accuracy);
});

test('hold-out, whitening and experts are of its own images, baselines too', async () => {
  const whitened = await dataAtHand(halves('halves'), { whitening: 'zca', holdOut: true });
  assert.deepEqual([whitened.train.count, whitened.validation.count, whitened.name], [36, 4, 'halves']);
  const cached = readdirSync('.cache').filter((file) =>
    file.startsWith(`zca-halves-${whitened.checksum.slice(0, 16)}-36-`),
  );
  assert.equal(cached.length, 1);
  for (const file of cached) rmSync(path.join('.cache', file));
  const validated = await run(
    { ...input, whitening: 'zca', evaluation: { ...input.evaluation, split: 'validation' } },
    inFolder('whitened'),
  );
  assert.equal(validated.configuration.holdOut, true);

  const mtt: ConfigurationInput = { ...input, matching: { method: 'mtt' }, iterations: 1 };
  await assert.rejects(run(mtt, inFolder('mtt')), /They are made by makeExperts, given the same configuration/);
  const { experts } = await makeExperts(mtt, inFolder('mtt'));
  assert.match(path.basename(experts), /^halves-normalise-ConvNet-/);
  await run(mtt, inFolder('mtt'));

  const { dataset: own, profile, network, evaluation } = input;
  const random = await runBaseline(
    { dataset: own, profile, network, evaluation, baseline: 'random', ipc: 1 },
    inFolder('runs'),
  );
  assert.match(path.basename(random.run), /^random-halves-ipc1-smoke-/);
});

test('evaluated from its run and its file, tabled, budgeted, estimated, asked questions of', async () => {
  const students = await evaluateRun(made, { network: { name: 'MLP' }, evaluation: { updates: 2 } }, inFolder('runs'));
  assert.equal(students.run, made.run);
  assert.deepEqual((await evaluateFile(setFiles(made.run).distilled, { progress: silent })).accuracy, made.accuracy);
  assert.match(tableText(accuracyTable('own', [{ label: 'halves', result: made }]), 'csv'), /halves,.*384/);
  const own = halves('halves');
  const fits = budget({ ...shapeOf(own), imagesPerClass: 3, hallucinators: [0] });
  assert.deepEqual([fits[0].perClass, fits[0].floats], [3, 576]);
  const estimate = estimateRun(configure(input), await dataAtHand(own));
  if (estimate !== undefined) assert.ok(estimate.seconds > 0);
  const cells = storageEfficiency({ profile: 'smoke', dataset: own }, { seeds: [0] });
  assert.ok(cells.some(({ label }) => label.includes('images')));
  // What another process could do is plain JSON; without the dataset it could not.
  const [{ task }] = cells;
  assert.deepEqual(JSON.parse(JSON.stringify(task)), task);
  assert.equal(ownToThisProcess(task), "the dataset 'halves'");
  assert.equal(ownToThisProcess({ kind: 'run', input: { dataset: own } }), "the dataset 'halves'");
  const { dataset: name, data } = await dataForNotebook(own);
  assert.deepEqual([name as string, data.test.count], ['halves', 20]);
});

test('exported with its classes, also by a process that does not have it, which says what it lacks to train students', async () => {
  const file = setFiles(made.run).distilled;
  const [, picture] = await exportSet(file, { to: path.join(folder, 'here') });
  assert.equal((await sharp(picture).metadata()).format, 'png');
  const cli = (...words: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', path.join('lib', 'cli.ts'), ...words]);
  await cli('export', file, '--to', path.join(folder, 'elsewhere'));
  const { tensors, metadata } = readSafetensors(path.join(folder, 'elsewhere', 'distilled-pytorch.safetensors'));
  assert.deepEqual([tensors.bases.shape, metadata.classNames], [[4, 1, 12, 8], '["above","below"]']);
  assert.match(metadata.accuracy, new RegExp(String(made.accuracy.mean)));
  await assert.rejects(cli('evaluate', file), ({ stderr }: { stderr: string }) => {
    assert.match(
      stderr,
      /'dataset' is 'halves'; allowed are cifar10, .*One of your own is made first: imageFolder or dataset, with that name\./,
    );
    return true;
  });
  const distilled = readDistilledSet(file);
  distilled.dispose();
  assert.equal(distilled.configuration.dataset as string, 'halves');
});

test('made again by a cell it is the one of its name: the same images are the same runs, others are others', async () => {
  const before = await dataAtHand('halves');
  assert.equal(await dataAtHand(halves('halves')), before, 'prepared once');
  const others = { ...input, dataset: halves('halves', { seed: 1 }) };
  const other = await run(others, inFolder('runs'));
  assert.notEqual(other.run, made.run);
  assert.notEqual((await dataAtHand('halves')).checksum, before.checksum);
  await assert.rejects(
    evaluateRun(made, {}, inFolder('runs')),
    /made from another version of halves than the one here/,
  );
  // The value that is given is the one that is used, whichever was made last.
  assert.equal((await run(input, inFolder('runs'))).run, made.run);
});

test('a folder of images is distilled as any dataset; changed images are another dataset', async () => {
  const at = path.join(folder, 'flowers');
  const paint = async (file: string, green: number) => {
    mkdirSync(path.dirname(path.join(at, file)), { recursive: true });
    const background = { r: 100, g: green, b: 30 };
    await sharp({ create: { width: 20, height: 10, channels: 3, background } }).toFile(path.join(at, file));
  };
  for (const image of [0, 1, 2]) {
    await paint(`train/light/${image}.png`, 200 + 5 * image);
    await paint(`train/dark/${image}.png`, 5 * image);
  }
  await paint('test/light/0.png', 215);
  await paint('test/dark/0.png', 15);
  const of = (flowers: OwnDataset): ConfigurationInput => ({ ...input, dataset: flowers, iterations: 1 });
  const first = await run(of(imageFolder(at)), inFolder('flowers'));
  assert.match(path.basename(first.run), /^images-dm-flowers-ipc2-smoke-/);
  assert.equal(first.storedFloats, 2 * 2 * 3072);
  assert.equal((await run(of(imageFolder(at)), inFolder('flowers'))).run, first.run);
  await paint('train/dark/2.png', 11);
  assert.notEqual((await run(of(imageFolder(at)), inFolder('flowers'))).run, first.run);

  rmSync(path.join(at, 'train', 'dark', '0.png'));
  rmSync(path.join(at, 'train', 'dark', '1.png'));
  rmSync(path.join(at, 'train', 'dark', '2.png'));
  await assert.rejects(run(of(imageFolder(at)), inFolder('flowers')), /train\/dark holds no images: it is empty/);
  assert.ok(existsSync(first.run));
});

test("it is not to be downloaded, and lists of what can be are the library's", async () => {
  await assert.rejects(obtainDataset('halves'), /The dataset 'halves' is your own; there is nothing to download/);
  assert.ok(!listDatasets(folder).some(({ name }) => (name as string) === 'halves'));
});

test('five images a class: the whole of them is a baseline in every profile, whatever sets there usually are', async () => {
  const few = halves('halves-few', { train: 10 });
  const shortest = { network: { width: 4, depth: 1 }, evaluation: { students: 1, epochs: 1 } } as const;
  for (const profile of ['quick', 'paper'] as const) {
    const { accuracy } = await runBaseline({ ...shortest, profile, dataset: few, baseline: 'full' }, inFolder('few'));
    assert.equal(accuracy.runs.length, 1);
  }
  await assert.rejects(
    runBaseline({ ...shortest, profile: 'quick', dataset: few, baseline: 'random', ipc: 6 }, inFolder('few')),
    /the smallest class of halves-few has 5/,
  );
});
