/** Soft labels of a run, from its configuration to its tables: by experts and learned, stored, exported, taken back, and of real images. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { takeStored } from '../../lib/experiments/execute-task';
import { lookUp } from '../../lib/experiments/look-up';
import { readSafetensors } from '../../lib/files/safetensors';
import { createNetwork } from '../../lib/networks/create-network';
import { exportSet } from '../../lib/report/export-set';
import { runsTable } from '../../lib/report/runs-table';
import { accuracyTable } from '../../lib/report/tables';
import { RunStopped, type RunOptions } from '../../lib/runs/context';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { readDistilledSet } from '../../lib/runs/distilled-file';
import { evaluateFile } from '../../lib/runs/evaluate-file';
import { importSet } from '../../lib/runs/importing/import-set';
import { run, runBaseline, type BaselineInput } from '../../lib/runs/run';
import { readSelection, setFiles } from '../../lib/runs/run-files';
import { storeRun } from '../../lib/runs/store';
import type { RunResult } from '../../lib/runs/train-students';
import type { Parameters } from '../../lib/tensor/parameters';
import { toTensor } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';
import { assertClose } from '../formula';

const silent = createProgress({ form: 'silent' });
let folder: string;
let options: RunOptions & { runs: string; experts: string };
const made: Record<string, RunResult> = {};

const network = { name: 'ConvNet', width: 4, depth: 1 } as const;
const common = {
  profile: 'smoke',
  dataset: 'shapes',
  network,
  evaluation: { students: 1, updates: 3 },
  compile: false,
} satisfies ConfigurationInput;
/** Two experts of one epoch, of which labels take both. */
const matching = {
  method: 'mtt',
  ...{ studentSteps: 2, studentBatch: 4, latestStartEpoch: 1, expertEpochs: 1 },
  experts: { count: 2, epochs: 1, batchSize: 200 },
} as const;
const trajectories: ConfigurationInput = {
  ...common,
  ...{ matching, iterations: 3, checkpointEvery: 1 },
  set: { kind: 'images', ipc: 1 },
};

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-labels-'));
  options = { runs: path.join(folder, 'runs'), experts: path.join(folder, 'experts'), progress: silent };
  const making = { ...options, makeExperts: true };
  made.hard = await run(trajectories, making);
  made.experts = await run({ ...trajectories, labels: { kind: 'experts' } }, making);
  made.learned = await run({ ...trajectories, labels: { kind: 'learned' } }, options);
  made.dm = await run(
    {
      ...common,
      ...{ iterations: 1, matching: { method: 'dm', realBatch: 2 } },
      set: { kind: 'images', ipc: 1 },
      labels: { kind: 'experts', experts: { count: 2, epochs: 1, batchSize: 200 } },
    },
    options,
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Bits of a set's file: all but its header and what inverts the whitening. */
function bitsOnDisk({ run: place }: RunResult): number {
  const file = setFiles(place).distilled;
  const bytes = readFileSync(file);
  const { tensors } = readSafetensors(file);
  const whitening = Object.entries(tensors).filter(([name]) => name.startsWith('whitening.'));
  const ofWhitening = whitening.reduce((sum, [, { values }]) => sum + values.byteLength, 0);
  return 8 * (statSync(file).size - 8 - Number(bytes.readBigUInt64LE()) - ofWhitening);
}

function setOf<Result>({ run: place }: RunResult, look: (parameters: Parameters) => Result): Result {
  const distilled = readDistilledSet(setFiles(place).distilled);
  try {
    return look(distilled.parameters);
  } finally {
    distilled.dispose();
  }
}

const valuesOf = (result: RunResult, name: string) => setOf(result, (set) => [...set[name].dataSync<'float32'>()]);

const sums = (labels: readonly number[]) =>
  Array.from({ length: labels.length / 10 }, (_, item) =>
    labels.slice(10 * item, 10 * (item + 1)).reduce((sum, value) => sum + value, 0),
  );

/** Mean softmax of the two experts' first epoch, by their files. */
async function predicted(images: (source: Awaited<ReturnType<typeof dataAtHand>>['train']) => tf.Tensor4D) {
  const data = await dataAtHand('shapes', { whitening: 'normalise', holdOut: false });
  const net = createNetwork({ ...network, imageShape: data.train.imageShape, classCount: 10 });
  const [place] = readdirSync(options.experts).filter((name) => name.startsWith('shapes-'));
  return tf.tidy(() => {
    const each = [0, 1].map((expert) => {
      const file = path.join(options.experts, place, `expert-00${expert}`, 'epoch-001.safetensors');
      const { tensors } = readSafetensors(file);
      const parameters = Object.fromEntries(
        Object.entries(tensors).map(([name, one]): [string, tf.Tensor] => [name, toTensor(one)]),
      );
      return net.apply(parameters, images(data.train)).softmax();
    });
    return [...each[0].add(each[1]).div(2).dataSync<'float32'>()];
  });
}

test('labels by experts are their mean softmax of the finished images, and change nothing of these', async () => {
  for (const name of ['experts', 'dm']) {
    const { bases } = setOf(made[name], (set) => ({ bases: set.bases.arraySync() as number[][][][] }));
    const labels = valuesOf(made[name], 'softLabels');
    assertClose(labels, await predicted(() => tf.tensor4d(bases)), 1e-5);
    for (const sum of sums(labels)) assert.ok(Math.abs(sum - 1) < 1e-5);
  }
  assert.deepEqual(valuesOf(made.experts, 'bases'), valuesOf(made.hard, 'bases'));
  assert.ok(!setOf(made.hard, (set) => 'softLabels' in set));
});

test('learned labels begin at 0.9 of the class, and move with the images at a rate of their own', async () => {
  const [own, ...others] = valuesOf(made.learned, 'softLabels');
  assert.ok(own > 0.5 && own !== 0.9 && others.every((value) => value > 0));
  const still = { ...trajectories, labels: { kind: 'learned' }, optimisers: { labels: { learningRate: 0 } } } as const;
  const labels = valuesOf(await run(still, options), 'softLabels');
  assertClose(
    labels,
    labels.map((_, place) => (place % 11 === 0 ? 0.9 : 0.1 / 9)),
    1e-5,
  );
  const { optimisers, labels: kept } = made.learned.configuration;
  assert.deepEqual([kept.kind, kept.kind === 'learned' && kept.start], ['learned', 'hard']);
  assert.ok(optimisers.labels.learningRate > 0 && !('labels' in made.hard.configuration.optimisers));
});

test('they begin at what experts predict for the images as they begin', async () => {
  const still = {
    ...trajectories,
    labels: { kind: 'learned', start: 'experts' },
    optimisers: { labels: { learningRate: 0 }, bases: { learningRate: 0 } },
  } as const;
  const result = await run(still, options);
  const { bases } = setOf(result, (set) => ({ bases: set.bases.arraySync() as number[][][][] }));
  assertClose(valuesOf(result, 'softLabels'), await predicted(() => tf.tensor4d(bases)), 1e-4);
});

test('the ledger counts them, and is as large as the file, at every precision', async () => {
  for (const [name, precisions] of [
    ['experts', ['float16', 'int8', 'int2']],
    ['learned', ['int8']],
  ] as const) {
    const { ledger, storedFloats } = made[name];
    assert.deepEqual(ledger.parts.softLabels, { values: 100, bits: 3200 });
    assert.equal(storedFloats, made.hard.storedFloats + 100);
    assert.equal(ledger.bits, bitsOnDisk(made[name]));
    for (const precision of precisions) {
      const stored = await storeRun(
        made[name],
        { precision, refinement: precision === 'int2' ? 2 : undefined },
        options,
      );
      assert.equal(stored.ledger.bits, bitsOnDisk(stored), precision);
      // Ten channels take 64 bits of scales each at 8 bits a value.
      assert.deepEqual(stored.ledger.parts.softLabels, { values: 100, bits: precision === 'float16' ? 1600 : 800 });
      const [before, after] = [made[name], stored].map((result) => valuesOf(result, 'softLabels'));
      // Ten values, each within 1/510 of what it was, are divided by their sum.
      assert.ok(after.every((value, place) => value >= 0 && Math.abs(value - before[place]) < 12 / 510));
      for (const sum of sums(after)) assert.ok(Math.abs(sum - 1) < 1e-5);
    }
  }
});

for (const kind of ['experts', 'learned'] as const) {
  test(`${kind}: a run that is interrupted goes on, and ends byte for byte as one that was not`, async () => {
    const runs = path.join(folder, `interrupted ${kind}`);
    const stop = new AbortController();
    const stopping: ProgressReporter = {
      ...silent,
      update: (done) => {
        if (done === 2) stop.abort();
      },
    };
    const start = kind === 'learned' ? ({ kind, start: 'experts' } as const) : ({ kind } as const);
    const input = { ...trajectories, labels: start };
    const stopped = { ...options, runs, progress: stopping, signal: stop.signal };
    const tensors = tf.memory().numTensors;
    await assert.rejects(run(input, stopped), RunStopped);
    assert.equal(tf.memory().numTensors, tensors);
    const resumed = await run(input, { ...options, runs });
    const whole = await run(input, options);
    const [one, other] = [resumed, whole].map((result) => readFileSync(setFiles(result.run).distilled));
    assert.ok(one.equals(other));
    assert.deepEqual(resumed.accuracy, whole.accuracy);
  });
}

test('a snapshot has labels of its own: what experts predict for the images as they were, or what was learned by then', async () => {
  for (const kind of ['experts', 'learned'] as const) {
    const snapshots = { ...options, runs: path.join(folder, 'snapshots') };
    const result = await run({ ...trajectories, labels: { kind }, snapshots: [0, 2] }, snapshots);
    const of = { ...trajectories, labels: { kind }, iterations: 2 };
    const shorter = await run(of, snapshots);
    const [first, second] = [0, 2].map((iteration) => {
      const [place] = readdirSync(setFiles(result.run).snapshots).filter((name) =>
        name.startsWith(`iteration-${iteration}-`),
      );
      return valuesOf({ ...result, run: path.join(setFiles(result.run).snapshots, place) }, 'softLabels');
    });
    assert.deepEqual(second, valuesOf(shorter, 'softLabels'));
    assert.notDeepEqual(first, second);
    assert.deepEqual(valuesOf(result, 'softLabels'), valuesOf(made[kind], 'softLabels'));
  }
});

test('students learn them: as students of the file do, and otherwise than on classes', async () => {
  const evaluated = await evaluateFile(setFiles(made.experts.run).distilled, { progress: silent });
  assert.deepEqual(evaluated.accuracy.runs, made.experts.accuracy.runs);
  assert.ok(statSync(made.experts.students).isDirectory());
  assert.notEqual(made.experts.run, made.hard.run);
});

test('exported and taken back, a set has the same images, the same labels and the same students', async () => {
  const [file] = await exportSet(setFiles(made.dm.run).distilled, { to: path.join(folder, 'exported') });
  const { tensors } = readSafetensors(file);
  assert.deepEqual([tensors.labels.shape, tensors.soft_labels.shape], [[10], [10, 10]]);
  const { profile, dataset, evaluation, compile } = common;
  const taken = await importSet({ profile, dataset, network, evaluation, compile, files: [file] }, options);
  assert.deepEqual(valuesOf(taken, 'softLabels'), valuesOf(made.dm, 'softLabels'));
  assert.deepEqual(valuesOf(taken, 'bases'), valuesOf(made.dm, 'bases'));
  assert.deepEqual(taken.accuracy, made.dm.accuracy);
  const rows = accuracyTable(
    'labels',
    [made.hard, made.experts, made.learned, taken].map((result, place) => ({ label: String(place), result })),
  ).table.objects() as { labels: string }[];
  assert.deepEqual(
    rows.map(({ labels }) => labels),
    ['hard', 'soft, by experts', 'soft, learned', 'soft, imported'],
  );
});

test('of a kind that is exported as what it decodes to, every image has the label of its item', async () => {
  const result = await run(
    {
      ...common,
      ...{ iterations: 1, matching: { method: 'dm', realBatch: 2 } },
      set: { kind: 'linba', ipc: 2, dictionary: 4, factor: 2 },
      labels: { kind: 'experts', experts: { count: 1, epochs: 1, batchSize: 200 } },
    },
    options,
  );
  const [file] = await exportSet(setFiles(result.run).distilled, { to: path.join(folder, 'decoded') });
  const { images, labels, soft_labels: soft } = readSafetensors(file).tensors;
  assert.deepEqual([images.shape[0], labels.shape, soft.shape], [80, [80], [80, 10]]);
  const own = valuesOf(result, 'softLabels');
  assert.deepEqual([...soft.values], [...own, ...own, ...own, ...own]);
});

const baseline: BaselineInput = {
  ...common,
  ...{ baseline: 'random', ipc: 1 },
  labels: { kind: 'experts', experts: { count: 2, epochs: 1, batchSize: 200 } },
};

test('real images with labels by experts: the same images, counted and trained with what experts predict', async () => {
  const { labels, ...hardly } = baseline;
  const hard = await runBaseline(hardly, options);
  const soft = await runBaseline(baseline, options);
  assert.equal(labels?.kind, 'experts');
  assert.notEqual(soft.run, hard.run);
  assert.match(path.basename(soft.run), /^random-shapes-ipc1-smoke-labels-experts-/);
  const [one, other] = [hard, soft].map(({ run: place }) => readSelection({ folder: place, hash: place.slice(-10) }));
  assert.deepEqual(one, other);
  assert.deepEqual(soft.ledger.parts.softLabels, { values: 100, bits: 3200 });
  const kept = readSafetensors(setFiles(soft.run).labels).tensors.softLabels;
  assertClose(kept.values as Float32Array, await predicted((source) => source.batch(one)), 1e-5);
  assert.deepEqual(await takeStored({ kind: 'baseline', input: baseline }, options), soft);
  await assert.rejects(
    runBaseline({ ...baseline, labels: { kind: 'learned' } }, options),
    /nothing learns on real images; of a baseline allowed are 'hard' and 'experts'/,
  );
});

test('where experts are missing it is said how they are made, before anything is written, and a grid makes them first', async () => {
  const experts = path.join(folder, 'no experts');
  const runs = path.join(folder, 'no runs');
  const none = { ...options, experts, runs };
  for (const begin of [
    () => runBaseline(baseline, none),
    () => run({ ...common, labels: { kind: 'experts' }, set: { kind: 'images', ipc: 1 } }, none),
  ]) {
    await assert.rejects(
      begin,
      /There are no experts for this configuration .*--make-experts.* made by: npm run haba -- experts /,
    );
  }
  assert.throws(() => readdirSync(runs), /ENOENT/);
  const { left } = await lookUp({ kind: 'baseline', input: baseline }, { experts, runs });
  assert.deepEqual(left?.parts, [0, 1]);
  const { left: nothing } = await lookUp({ kind: 'baseline', input: baseline }, options);
  assert.equal(nothing, undefined);
});

test('the table of runs says what each is labelled with, and finds runs by it', () => {
  const cells = (where?: Record<string, string>) =>
    (runsTable({ runs: options.runs, kind: 'distillation', where }).table.objects() as { labels: string }[]).map(
      ({ labels }) => labels,
    );
  assert.deepEqual([...new Set(cells())].sort(), ['hard', 'soft, by experts', 'soft, learned']);
  assert.deepEqual(cells({ 'labels.kind': 'hard' }), ['hard']);
});
