/** Sets made elsewhere as runs: what was exported and saved by PyTorch comes back as it was, to the last bit of its students. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigurationInput } from '../../../lib/distillation/configuration';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../../lib/files/safetensors';
import { exportSet } from '../../../lib/report/export-set';
import { accuracyTable } from '../../../lib/report/tables';
import type { RunOptions } from '../../../lib/runs/context';
import { readDistilledSet } from '../../../lib/runs/distilled-file';
import { evaluateFile } from '../../../lib/runs/evaluate-file';
import { importSet, type ImportInput } from '../../../lib/runs/importing/import-set';
import { evaluateRun, run } from '../../../lib/runs/run';
import { readIdentity, readSessions } from '../../../lib/runs/run-files';
import { listRuns } from '../../../lib/runs/run-store';
import type { RunResult } from '../../../lib/runs/train-students';
import { createProgress } from '../../../lib/terminal/progress';
import { toFloat16 } from '../../../lib/tensor/stored-tensors';
import { tf } from '../../../lib/tensor/tensorflow';
import { writeTorchFile } from './torch-writer';

const small = {
  profile: 'smoke',
  dataset: 'shapes',
  seed: 3,
  network: { width: 4, depth: 1 },
  evaluation: { students: 2, updates: 6 },
} as const;

let folder: string;
let options: RunOptions & { runs: string };
let images: RunResult;
let exported: Record<string, StoredTensor>;
/** Of `images`, as torch.save writes what was exported. */
let saved: string;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-import-'));
  options = { runs: path.join(folder, 'runs'), progress: createProgress({ form: 'silent' }) };
  images = await run({ ...small, iterations: 1, set: { kind: 'images', ipc: 2 } }, options);
  ({ exported, saved } = await throughPyTorch(images, 'exported-images.pkl'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function throughPyTorch(made: RunResult, pickle: string) {
  const to = path.join(folder, `export-of-${pickle}`);
  const [file] = await exportSet(path.join(made.run, 'distilled.safetensors'), { to });
  const { tensors } = readSafetensors(file);
  const saved = path.join(folder, `${pickle}.pt`);
  writeTorchFile(saved, pickle, tensors);
  return { exported: tensors, saved };
}

const imported = (input: Partial<ImportInput> & { files: string[] }) => importSet({ ...small, ...input }, options);

test('images: exported, saved by torch.save and imported, they train the same students; told what they are by the file', async () => {
  const tensors = tf.memory().numTensors;
  const back = await imported({ files: [saved] });
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(back.accuracy, images.accuracy);
  assert.deepEqual([back.kind, back.storedFloats, back.imagesPerClass], ['imported', images.storedFloats, 2]);
  assert.match(path.basename(back.run), /^imported-images-shapes-ipc2-smoke-[0-9a-f]{10}$/);
  const [first, second] = [images, back].map(({ run }) => readDistilledSet(path.join(run, 'distilled.safetensors')));
  assert.deepEqual(second.parameters.bases.dataSync(), first.parameters.bases.dataSync());
  first.dispose();
  second.dispose();
});

test('HaBa: bases and hallucinators likewise', async () => {
  const set: ConfigurationInput['set'] = { kind: 'haba', basesPerClass: 1, hallucinators: 2 };
  const haba = await run({ ...small, iterations: 0, set }, options);
  const { saved } = await throughPyTorch(haba, 'exported-haba.pkl');
  await assert.rejects(
    imported({ files: [saved], mean: [0.5], deviation: [0.5] }),
    /take bases in the numbers that they were made with/,
  );
  const back = await imported({ files: [saved] });
  assert.deepEqual(back.accuracy, haba.accuracy);
  assert.equal(back.storedFloats, haba.storedFloats);
  assert.match(path.basename(back.run), /^imported-haba-shapes-1bases-smoke-/);
});

test('a run like any other: not done again, listed with its source, in tables, with other students, evaluated and exported', async () => {
  const again = await imported({ files: [saved] });
  assert.equal(readSessions({ folder: again.run, hash: again.run.split('-').at(-1)! }).length, 1);
  const listed = listRuns(options.runs).find(({ name }) => name === path.basename(again.run))!;
  assert.deepEqual([listed.state, listed.students[0].accuracy], ['finished', again.accuracy]);
  const { kind, imported: source } = readIdentity(again.run);
  assert.deepEqual(
    [kind, source?.files, source?.said],
    ['imported', ['exported-images.pkl.pt'], { values: 'normalised', layout: 'NCHW', labels: 'given', factor: 1 }],
  );
  const rows = [images, again].map((result) => ({ label: result.kind, result }));
  assert.deepEqual(accuracyTable('both', rows).table.get('images per class', 1), 2);
  const others = { evaluation: { students: 1 } };
  assert.deepEqual((await evaluateRun(again, others, options)).accuracy.runs, again.accuracy.runs.slice(0, 1));
  const file = path.join(again.run, 'distilled.safetensors');
  const evaluated = await evaluateFile(file, { progress: options.progress });
  assert.deepEqual([evaluated.accuracy, evaluated.recorded], [again.accuracy, again.accuracy]);
  const [written] = await exportSet(file, { to: path.join(folder, 'again') });
  assert.deepEqual(readSafetensors(written).tensors, exported);
});

/** The images alone under other names, as others save them. */
function written(name: string, tensors: Record<string, StoredTensor>): string {
  const file = path.join(folder, `${name}.safetensors`);
  writeSafetensors(file, tensors);
  return file;
}

const scalar = (value: number): StoredTensor => ({ type: 'F32', shape: [], values: Float32Array.of(value) });

test('a step size in a file of its own is what students learn with, unless another rate is asked for', async () => {
  const { bases, labels } = exported;
  const files = [
    written('images_best', { images: bases }),
    written('labels_best', { labels }),
    written('lr', { syn_lr: scalar(0.03) }),
  ];
  const withIt = await imported({ files, values: 'normalised', name: 'mtt' });
  assert.equal(withIt.configuration.evaluation.learningRate, Math.fround(0.03));
  assert.match(path.basename(withIt.run), /^imported-mtt-shapes-ipc2-/);
  const learned = { ...small.evaluation, learningRate: 'learned' } as const;
  const asSaid = await imported({ files, values: 'normalised', name: 'mtt', evaluation: learned });
  assert.equal(asSaid.students, withIt.students);
  const evaluation = { ...small.evaluation, learningRate: 0.01 };
  const without = await imported({ files, values: 'normalised', name: 'mtt', evaluation });
  assert.equal(without.run, withIt.run);
  assert.deepEqual(without.accuracy, images.accuracy);
  assert.notDeepEqual(withIt.accuracy, images.accuracy);
});

test('images of half precision are read as numbers', async () => {
  const { bases, labels } = exported;
  const half: StoredTensor = { ...bases, type: 'F16', values: toFloat16(bases.values as Float32Array) };
  const { run } = await imported({ files: [written('half', { images: half, labels })], values: 'normalised' });
  const [exact, rounded] = [images.run, run].map((folder) =>
    readDistilledSet(path.join(folder, 'distilled.safetensors')),
  );
  const [first, second] = [exact, rounded].map(({ parameters }) => parameters.bases.dataSync());
  assert.ok(first.every((value, place) => Math.abs(second[place] - value) <= 2 ** -11 * Math.abs(value) + 1e-7));
  exact.dispose();
  rounded.dispose();
});

test('soft labels: of one class each they are classes; of several, students learn them, and they are counted and exported', async () => {
  const rows = (share: number) =>
    Float32Array.from({ length: 200 }, (_, place) => {
      const [row, label] = [Math.floor(place / 10), place % 10];
      return label === Math.floor(row / 2) ? share : (1 - share) / 9;
    });
  const soft = (share: number): StoredTensor => ({ type: 'F32', shape: [20, 10], values: rows(share) });
  const file = (share: number) => written(`soft-${share}`, { images: exported.bases, labels: soft(share) });
  const sure = await imported({ files: [file(1)], values: 'normalised' });
  assert.deepEqual([sure.accuracy, sure.storedFloats], [images.accuracy, images.storedFloats]);
  const unsure = await imported({ files: [file(0.5)], values: 'normalised' });
  assert.notDeepEqual(unsure.accuracy, images.accuracy);
  assert.equal(unsure.storedFloats, images.storedFloats + 200);
  const [again] = await exportSet(path.join(unsure.run, 'distilled.safetensors'), { to: path.join(folder, 'soft') });
  const { soft_labels: labels } = readSafetensors(again).tensors;
  assert.deepEqual([labels.shape, [...labels.values]], [[20, 10], [...rows(0.5)]]);
});

const refused: [what: string, input: Partial<ImportInput>, message: RegExp][] = [
  ['no file', { files: [] }, /Import: 'files': /],
  ['an unknown ending', { files: ['set.pkl'] }, /set\.pkl ends in '\.pkl'; what is read ends in \.safetensors, \.npy/],
  ['unknown values', { values: 'whitened' as 'zca' }, /'values': .*'normalised' \| 'zca' \| 'unit' \| 'pixels'/],
  ['a setting that is none', { valeus: 'zca' } as object, /'valeus' is not a key/],
  [
    'a matching loss',
    { matching: { method: 'mtt' } } as object,
    /leave 'matching' out; .*how it was made is not known/,
  ],
  [
    'ZCA without it',
    { values: 'zca', whitening: 'normalise' },
    /values are 'zca' and 'whitening' is 'normalise', which contradict/,
  ],
  [
    'a wrong number of images a class',
    { ipc: 3 },
    /3 images per class were said, and there are 2: 20 images of 10 classes/,
  ],
  ['a rate that none learned', { evaluation: { learningRate: 'learned' } }, /learned/],
  ['one deviation, and no mean', { deviation: [0.5] }, /'--mean' has no numbers; give one, or 3/],
];

for (const [what, input, message] of refused) {
  test(`${what}: refused, and no tensor and no run is left behind`, async () => {
    const [tensors, runs] = [tf.memory().numTensors, listRuns(options.runs).length];
    await assert.rejects(imported({ files: [saved], ...input }), message);
    assert.deepEqual([tf.memory().numTensors, listRuns(options.runs).length], [tensors, runs]);
  });
}

test('a set of here is sent to where it belongs', async () => {
  const file = path.join(images.run, 'distilled.safetensors');
  await assert.rejects(imported({ files: [file] }), /is a set of haba already: npm run haba -- evaluate/);
});
