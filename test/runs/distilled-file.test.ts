import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { prepareDataset } from '../../lib/data/prepare';
import { drawShapes } from '../../lib/data/shapes';
import { configure } from '../../lib/distillation/configuration';
import { readDistilledSet, writeDistilledSet } from '../../lib/runs/distilled-file';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, floatCount } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../../lib/files/safetensors';
import { tf } from '../../lib/tensor/tensorflow';
import { smallDataset } from '../distillation/small-world';

let folder: string;
let file: string;
const data = prepareDataset(drawShapes({ trainCount: 40, testCount: 10 }), { whitening: 'normalise' });
const configuration = configure({
  profile: 'smoke',
  dataset: 'shapes',
  matching: { method: 'mtt' },
  set: { kind: 'haba', basesPerClass: 2, hallucinators: 3, channels: 'single' },
});

before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-distilled-'));
  file = path.join(folder, 'distilled.safetensors');
  const { imageShape } = data.train;
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount: 10 });
  const parameters = set.init(Random.stream(0, 'test'), data.train);
  const method = { stepSize: tf.scalar(0.02) };
  writeDistilledSet(file, { parameters, method, configuration, data, run: 'abc' });
  disposeAll(parameters, method);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a set comes back with all that training on it needs', () => {
  const tensors = tf.memory().numTensors;
  const read = readDistilledSet(file);
  assert.deepEqual(read.configuration, configuration);
  assert.deepEqual(read.classNames, data.classNames);
  assert.deepEqual(read.imageShape, [32, 32, 3]);
  assert.equal(read.run, 'abc');
  assert.deepEqual([read.set.itemCount, read.set.views], [20, 3]);
  assert.equal(read.dataChecksum, data.checksum);
  assert.ok(Math.abs(read.method.stepSize.dataSync()[0] - 0.02) < 1e-8);
  assert.deepEqual(Object.keys(read.method), ['stepSize']);
  assert.ok(!('stepSize' in read.parameters));
  assert.deepEqual(read.parameters.bases.shape, [20, 32, 32, 1]);
  assert.deepEqual(Object.keys(read.statistics), ['mean', 'deviation']);
  read.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});

test('a folder where it is to be written: a sentence, and neither a tensor nor a part of it is left', () => {
  const place = path.join(folder, 'a-folder.safetensors');
  mkdirSync(place);
  const read = readDistilledSet(file);
  const { parameters } = read;
  const tensors = tf.memory().numTensors;
  assert.throws(() => writeDistilledSet(place, { parameters, configuration, data, run: 'abc' }), {
    message: `${place} is a folder; a file is expected there. Move it away, or choose another folder.`,
  });
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.partial')),
    [],
  );
  read.dispose();
});

type Metadata = Record<string, string>;
type Tensors = Record<string, StoredTensor>;
const grown = { type: 'F32' as const, shape: [3, 32, 32, 3], values: new Float32Array(9216) };

const damages: [what: string, change: (metadata: Metadata, tensors: Tensors) => void, message: RegExp][] = [
  ['no format', (metadata) => delete metadata.format, /not a distilled set of haba: its metadata 'format'/],
  [
    'class names that break off',
    (metadata) => (metadata.classNames = metadata.classNames.slice(0, -3)),
    /its metadata 'classNames': not JSON/,
  ],
  [
    'a configuration of another version',
    (metadata) => (metadata.configuration = metadata.configuration.replace('"seed"', '"sed"')),
    /not a distilled set of this version: Configuration: 'sed' is not a key/,
  ],
  [
    'no bases',
    (_, tensors) => delete tensors.bases,
    /not a whole distilled set: tensor 'bases' is missing; by its configuration its shape is \[20, 32, 32, 1\]/,
  ],
  [
    'shifts of another shape',
    (_, tensors) => (tensors['hallucinators.shift'] = grown),
    /tensor 'hallucinators\.shift' has shape \[3, 32, 32, 3\]; by its configuration its shape is \[3, 30, 30, 3\]/,
  ],
  [
    'no learned step size, with which its students are to be trained',
    (_, tensors) => delete tensors.stepSize,
    /tensor 'stepSize' is missing; by its configuration its shape is \[\]/,
  ],
  [
    'hallucinators that no memory holds',
    (metadata) =>
      (metadata.configuration = metadata.configuration.replace(/"hallucinators":\d+/, '"hallucinators":1e12')),
    /tensor 'hallucinators\.enc\.weight' has shape \[3, .*by its configuration its shape is \[1000000000000, /,
  ],
  ['no way back to pixels', (_, tensors) => delete tensors['whitening.mean'], /tensor 'whitening\.mean' is missing/],
];

for (const [what, change, message] of damages) {
  test(`${what}: refused by name and reason, and nothing is left behind`, () => {
    const damaged = path.join(folder, 'damaged.safetensors');
    const { tensors, metadata } = readSafetensors(file);
    change(metadata, tensors);
    writeSafetensors(damaged, tensors, metadata);
    const count = tf.memory().numTensors;
    assert.throws(
      () => readDistilledSet(damaged),
      (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(damaged));
        return true;
      },
    );
    assert.equal(tf.memory().numTensors, count);
  });
}

test('a file of another run is refused where one is named', () => {
  assert.throws(() => readDistilledSet(file, { run: 'abd' }), /was made by the run abc, not by abd/);
});

test('a file holds the set and what inverts its whitening, and nothing that is larger than both', () => {
  const whitened = prepareDataset(smallDataset(), { whitening: 'zca', cacheFolder: path.join(folder, 'cache') });
  const { imageShape } = whitened.train;
  const zca = configure({ profile: 'smoke', dataset: 'shapes', whitening: 'zca', set: { kind: 'images', ipc: 2 } });
  const set = createDistilledSet({ ...zca.set, imageShape, classCount: 2 });
  const parameters = set.init(Random.stream(0, 'test'), whitened.train);
  const target = path.join(folder, 'whitened.safetensors');
  const tensors = tf.memory().numTensors;
  writeDistilledSet(target, { parameters, configuration: zca, data: whitened, run: 'abc' });
  assert.equal(tf.memory().numTensors, tensors);
  const pixels = imageShape[0] * imageShape[1] * imageShape[2];
  const floats = floatCount(parameters) + pixels ** 2 + pixels + 2 * imageShape[2];
  assert.ok(statSync(target).size < 4 * floats + 6000, `${statSync(target).size} bytes for ${floats} floats`);
  const read = readDistilledSet(target);
  assert.deepEqual(Object.keys(read.statistics).sort(), ['deviation', 'mean', 'zca.inverse', 'zca.mean']);
  read.dispose();
  disposeAll(parameters);
  whitened.dispose();
});
