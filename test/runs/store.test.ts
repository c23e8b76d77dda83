/** A finished set in another precision is a set like any other, as large as its ledger says, and says what it was made from. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { realImagesAtBits } from '../../lib/factorization/ledger';
import { precisions } from '../../lib/factorization/stored-precision';
import { readSafetensors } from '../../lib/files/safetensors';
import { accuracyTable } from '../../lib/report/tables';
import { exportSet } from '../../lib/report/export-set';
import { RunStopped, type RunOptions } from '../../lib/runs/context';
import { prepareDataset } from '../../lib/data/prepare';
import { distilledLedger, readDistilledSet, writeDistilledSet } from '../../lib/runs/distilled-file';
import { evaluateFile } from '../../lib/runs/evaluate-file';
import { evaluateRun, run, runBaseline } from '../../lib/runs/run';
import { hashInName, readIdentity, setFiles } from '../../lib/runs/run-files';
import { listRuns } from '../../lib/runs/run-store';
import { storeFile, storeRun } from '../../lib/runs/store';
import type { RunResult } from '../../lib/runs/train-students';
import { disposeAll, type Parameters as Tensors } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';
import { smallDataset } from '../distillation/small-world';
import { lowRank } from '../factorization/low-rank';

const silent = createProgress({ form: 'silent' });
let folder: string;
let runs: string;
let options: RunOptions;
const made: Record<string, RunResult> = {};
const common: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  network: { width: 4, depth: 2 },
  constraints: { batchSize: 4, adversary: { width: 4, depth: 1 } },
  iterations: 2,
  evaluation: { students: 2, updates: 3 },
  compile: false,
};
const sets: Record<string, ConfigurationInput['set']> = {
  images: { kind: 'images', ipc: 2 },
  'multi-formation': { kind: 'images', ipc: 1, factor: 2 },
  haba: { kind: 'haba', basesPerClass: 1, hallucinators: 2 },
  'haba, single-channel': { kind: 'haba', basesPerClass: 1, hallucinators: 1, channels: 'single' },
  'low rank': lowRank({ ipc: 2 }),
};
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-store-'));
  runs = path.join(folder, 'runs');
  options = { runs, progress: silent };
  for (const name of ['images', 'haba', 'low rank']) made[name] = await run({ ...common, set: sets[name] }, options);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Bits of a set's file: all but its header and what inverts the whitening. */
function bitsOnDisk(file: string): number {
  const bytes = readFileSync(file);
  const header = Number(bytes.readBigUInt64LE());
  const { tensors } = readSafetensors(file);
  const whitening = Object.entries(tensors).filter(([name]) => name.startsWith('whitening.'));
  const ofWhitening = whitening.reduce((sum, [, { values }]) => sum + values.byteLength, 0);
  return 8 * (statSync(file).size - 8 - header - ofWhitening);
}

function valuesOf({ run: place }: RunResult) {
  const distilled = readDistilledSet(setFiles(place).distilled);
  const values = Object.entries(distilled.parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]] as const);
  distilled.dispose();
  return Object.fromEntries(values) as Record<string, number[]>;
}

const range = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), -Infinity) - values.reduce((least, value) => Math.min(least, value), Infinity); // prettier-ignore

test('a file is as large as the ledger says, whatever is in it and at whichever precision', () => {
  for (const { run: place, ledger } of Object.values(made))
    assert.equal(ledger.bits, bitsOnDisk(setFiles(place).distilled));
  const data = prepareDataset(smallDataset(), { whitening: 'zca' });
  const { imageShape, classCount } = data.train;
  const shape = { imageShape, classCount };
  const file = path.join(folder, 'size.safetensors');
  for (const method of ['dm', 'mtt'] as const) {
    for (const [name, set] of Object.entries(sets)) {
      // Its run is above; these images are too few for it.
      if (name === 'low rank') continue;
      const configuration = configure({ ...common, whitening: 'zca', matching: { method }, set });
      const parameters = createDistilledSet({ ...configuration.set, ...shape }).init(
        Random.stream(0, 'test'),
        data.train,
      );
      const learned: Tensors = method === 'mtt' ? { stepSize: tf.scalar(0.01) } : {};
      const before = tf.memory().numTensors;
      const sizes = precisions.map((precision) => {
        const stored = { of: '0123456789', precision };
        const ledger = writeDistilledSet(file, {
          parameters,
          method: learned,
          configuration,
          data,
          run: 'abc',
          stored,
        });
        assert.equal(ledger.bits, bitsOnDisk(file), `${name}, ${precision}`);
        const read = readDistilledSet(file);
        assert.deepEqual([read.ledger, read.stored], [ledger, stored]);
        assert.deepEqual(
            Object.entries({ ...read.parameters, ...read.method }).map(([one, tensor]) => [one, tensor.shape, tensor.dtype]).sort(),
            Object.entries({ ...parameters, ...learned }).map(([one, tensor]) => [one, tensor.shape, tensor.dtype]).sort(),
          ); // prettier-ignore
        read.dispose();
        return ledger.bits;
      });
      assert.equal(sizes[0], distilledLedger(configuration, shape).bits);
      for (const [place, size] of sizes.slice(1).entries()) assert.ok(size < sizes[place], `${name}: ${sizes.join()}`);
      assert.equal(tf.memory().numTensors, before);
      disposeAll(parameters, learned);
    }
  }
});

test('bits by hand: HaBa of 10 bases and two hallucinators, at float16 and at 8 bits', async () => {
  // Of each hallucinator: 3x3x3x3 + 3 of the encoder, two times 30x30x3, 3x3x3x3 + 3 of the decoder.
  const float16 = await storeRun(made.haba, { precision: 'float16' }, options);
  assert.deepEqual(float16.ledger.parts, {
    bases: { values: 30_720, bits: 16 * 30_720 },
    hallucinators: { values: 11_136, bits: 16 * 11_136 },
  });
  // Two biases of 2 x 3 values stay at 16 bits; five tensors have three channels with 64 bits of scales.
  const int8 = await storeRun(made.haba, { precision: 'int8' }, options);
  assert.deepEqual(int8.ledger.parts, {
    bases: { values: 30_720, bits: 8 * 30_720 },
    scales: { values: 2 * 15, bits: 64 * 15 },
    hallucinators: { values: 11_136, bits: 8 * (11_136 - 12) + 16 * 12 },
  });
});

test('8 bits are within half a step of what was distilled, 2 bits within half a step of four in all', async () => {
  const distilled = valuesOf(made.haba);
  const int8 = valuesOf(await storeRun(made.haba, { precision: 'int8' }, options));
  const int2 = valuesOf(await storeRun(made.haba, { precision: 'int2', refinement: 0 }, options));
  for (const [name, values] of Object.entries(distilled)) {
    const channels = name === 'bases' ? 3 : 1;
    for (let channel = 0; channel < channels; channel++) {
      const of = (all: number[]) => all.filter((_, place) => place % channels === channel);
      const [own, rounded] = [of(values), of(int8[name])];
      // Of a channel's range there are 255 steps; hallucinators' channels are no wider than the whole.
      const half = range(own) / 255 / 2;
      for (const [place, value] of own.entries()) assert.ok(Math.abs(value - rounded[place]) <= half + 1e-3, name);
    }
    if (name !== 'bases') assert.deepEqual(int2[name], int8[name], 'what decodes images keeps 8 bits');
  }
  // No group of patches has levels further apart than a third of the range of all.
  const half = range(distilled.bases) / 3 / 2;
  const errors = distilled.bases.map((value, place) => Math.abs(value - int2.bases[place]));
  assert.ok(errors.every((error) => error <= half + 1e-5) && errors.some((error) => error > half / 8));
});

test('it is beside its run, says what it was made from, and goes where any set goes', async () => {
  const result = await storeRun(made.images, { precision: 'int8' }, { progress: silent });
  assert.match(path.basename(result.run), /^images-dm-shapes-ipc2-smoke-.*-int8-[0-9a-f]{10}$/);
  assert.equal(path.dirname(result.run), runs);
  const of = hashInName(made.images.run);
  assert.deepEqual([result.kind, result.stored], ['stored', { of, precision: 'int8' }]);
  assert.deepEqual(readIdentity(result.run).stored, { of, precision: 'int8' });
  assert.deepEqual([result.accuracy.runs.length, result.updates], [2, 3]);

  const listed = listRuns(runs).find(({ folder: one }) => one === result.run);
  assert.deepEqual([listed?.state, listed?.result?.ledger?.bits], ['finished', result.ledger.bits]);
  const other = await evaluateRun(result, { evaluation: { updates: 2, students: 1 } }, options);
  assert.deepEqual([other.run, other.stored, other.updates], [result.run, result.stored, 2]);
  const file = setFiles(result.run).distilled;
  const evaluated = await evaluateFile(file, { progress: silent });
  assert.deepEqual(evaluated.accuracy.runs, result.accuracy.runs);
  assert.deepEqual(evaluated.recorded, result.accuracy);
  assert.equal((await exportSet(file, { to: path.join(folder, 'exported') })).length, 2);

  const rows = accuracyTable('bits', [
    { label: 'images', result: made.images },
    { label: 'images, 8 bits', result },
  ]).table.objects() as Record<string, number>[];
  // 20 images of 3,072 values in 10 classes; 3 channels with 64 bits of scales.
  assert.deepEqual(
    rows.map((row) => [row['stored floats'], row['bits per class'], row['8-bit images per class']]),
    [
      [61_440, 196_608, 8],
      [61_440, 49_171, 2],
    ],
  );
  // Asked for again, it is returned.
  const again = await storeFile(setFiles(made.images.run).distilled, { precision: 'int8' }, { progress: silent });
  assert.deepEqual(again, result);
});

test('real images at equal bits stand beside it', async () => {
  const ipc = realImagesAtBits(made.images.ledger);
  assert.equal(ipc, 8);
  const random = await runBaseline({ ...baseline(), ipc }, options);
  assert.deepEqual(random.ledger.parts, { images: { values: 80 * 3072, bits: 8 * 80 * 3072 } });
  assert.equal(random.ledger.bits, made.images.ledger.bits);
});

const baseline = () => {
  const { profile, dataset, network, evaluation, compile } = common;
  return { baseline: 'random' as const, profile, dataset, network, evaluation, compile };
};

test('a file from elsewhere is stored among the runs that are named', async () => {
  const place = path.join(folder, 'elsewhere.safetensors');
  cpSync(setFiles(made.images.run).distilled, place);
  const others = path.join(folder, 'others');
  const result = await storeFile(place, { precision: 'float16' }, { runs: others, progress: silent }, { evaluation: { students: 1 } }); // prettier-ignore
  assert.equal(path.dirname(result.run), others);
  assert.equal(result.accuracy.runs.length, 1);
});

test('a refinement that is interrupted goes on, and ends as one that was not', async () => {
  const input = { precision: 'int2', refinement: 6, groups: 8 } as const;
  const whole = await storeRun(made.images, input, { runs: path.join(folder, 'whole'), progress: silent });
  const interrupted = path.join(folder, 'interrupted');
  const stop = new AbortController();
  const stopping: ProgressReporter = {
    ...silent,
    update: (done) => {
      if (done === 3) stop.abort();
    },
  };
  await assert.rejects(
    storeRun(made.images, input, { runs: interrupted, progress: stopping, signal: stop.signal }),
    RunStopped,
  );
  const steps: number[] = [];
  const watching: ProgressReporter = { ...silent, stage: ({ name, done = 0 }) => void (name === 'refining' && steps.push(done)) }; // prettier-ignore
  const result = await storeRun(made.images, input, { runs: interrupted, progress: watching });
  assert.deepEqual(steps, [3]);
  assert.deepEqual(valuesOf(result), valuesOf(whole));
  assert.deepEqual(result.ledger, whole.ledger);
  const plain = await storeRun(made.images, { ...input, refinement: 0 }, { runs: interrupted, progress: silent });
  assert.notDeepEqual(valuesOf(plain), valuesOf(whole));
});

test('what cannot be stored is refused, and nothing is written', async () => {
  const stored = await storeRun(made.images, { precision: 'int8' }, options);
  const random = await runBaseline({ ...baseline(), ipc: 1 }, options);
  const others = { ...options, runs: path.join(folder, 'refused') };
  const refused = (result: RunResult, input: object, message: RegExp) =>
    assert.rejects(storeRun(result, input as Parameters<typeof storeRun>[1], others), message);
  await refused(
    stored,
    { precision: 'float16' },
    /stored at int8 already, made from that of the run [0-9a-f]{10}; store that/,
  );
  await refused(random, { precision: 'int8' }, /holds real images \(random\)/);
  await refused(made.images, { precision: 'int4' }, /'precision'.*'float32' \| 'float16' \| 'int8' \| 'int2'/);
  await refused(made.images, { precision: 'int8', groups: 3 }, /'groups' and 'refinement' are for precision 'int2'/);
  await refused(
    made.images,
    { precision: 'int2', groups: 0 },
    /^RangeError: store: 'groups': Number must be greater than or equal to 1$/,
  );
  assert.ok(!existsSync(others.runs));
  await refused(made['low rank'], { precision: 'int2' }, /'int2' is for images.*float32, float16, int8/);
});

test('a damaged file is refused by its name', async () => {
  const result = await storeRun(made.images, { precision: 'int2', refinement: 0 }, options);
  const whole = readFileSync(setFiles(result.run).distilled);
  const place = path.join(folder, 'damaged.safetensors');
  for (const damage of [whole.subarray(0, whole.length - 40), Buffer.from(whole).fill(7, whole.length - 500)]) {
    writeFileSync(place, damage);
    assert.throws(() => readDistilledSet(place), new RegExp(`${place}.*(truncated|checksum)`));
  }
});
