import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PNG } from 'pngjs';
import { prepareDataset } from '../../lib/data/prepare';
import type { PreparedDataset, Whitening } from '../../lib/data/image-source';
import { assembleDataset } from '../../lib/data/dataset';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { readDistilledSet, writeDistilledSet } from '../../lib/runs/distilled-file';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { exportSet } from '../../lib/report/export-set';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { readSafetensors, writeSafetensors } from '../../lib/files/safetensors';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-export-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Two classes of random 11x12 images: sides that no layout may mix up, and that three crops do not divide. */
function smallData(whitening: Whitening): PreparedDataset {
  const random = Random.stream(4, 'test');
  const split = (count: number) => ({
    count,
    images: Uint8Array.from(random.integers(count * 11 * 12 * 3, 256)),
    labels: Uint8Array.from({ length: count }, (_, place) => place % 2),
  });
  const statistics = { mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.25, 0.3] };
  const dataset = assembleDataset({
    name: 'small',
    classNames: ['even', 'odd'],
    imageShape: [11, 12, 3],
    ...statistics,
    train: split(40),
    test: split(4),
  });
  return prepareDataset(dataset, { whitening, cacheFolder: path.join(folder, 'cache') });
}

/** A distilled file, as a run writes it, and the training images that the library makes of it. */
function writeSet(name: string, whitening: Whitening, set: ConfigurationInput['set']) {
  const data = smallData(whitening);
  const configuration = configure({ profile: 'smoke', dataset: 'shapes', whitening, set });
  const distilled = createDistilledSet({ ...configuration.set, imageShape: [11, 12, 3], classCount: 2 });
  const parameters = distilled.init(Random.stream(8, 'test'), data.train);
  const file = path.join(folder, `${name}.safetensors`);
  writeDistilledSet(file, { parameters, configuration, data, run: 'abc' });
  const images = tf.tidy(() => {
    const items = tf.range(0, distilled.itemCount, 1, 'int32');
    const through = Array.from({ length: distilled.views }, (_, hallucinator) =>
      distilled.images(parameters, { items, hallucinators: tf.fill([distilled.itemCount], hallucinator, 'int32') }),
    );
    return tf.concat(through);
  });
  const labels = distilled.labels(Int32Array.from({ length: distilled.itemCount }, (_, item) => item));
  disposeAll(parameters);
  return { file, images, labels, data };
}

const sets: [name: string, whitening: Whitening, set: ConfigurationInput['set']][] = [
  ['images', 'normalise', { kind: 'images', ipc: 3 }],
  ['colour', 'zca', { kind: 'haba', basesPerClass: 2, hallucinators: 3, hallucinatorInitialisation: 'pytorch' }],
  [
    'single',
    'normalise',
    { kind: 'haba', basesPerClass: 2, hallucinators: 2, channels: 'single', factor: 3, kernelSize: 5 },
  ],
];

/** A Python with torch and safetensors: HABA_PYTORCH, else python3, where it has both. */
const python = [process.env.HABA_PYTORCH, 'python3'].find(
  (program) => program && spawnSync(program, ['-c', 'import torch, safetensors.torch']).status === 0,
);

/** The lines that the README gives. */
function readmeLines(): string {
  const readme = readFileSync(path.join(__dirname, '..', '..', 'README.md'), 'utf8');
  const block = /## A distilled set in PyTorch[\s\S]*?```python\n([\s\S]*?)```/.exec(readme);
  assert.ok(block, 'the README has the lines');
  return block[1];
}

for (const [name, whitening, set] of sets) {
  test(
    `${name}: the README's lines make in PyTorch the images that students see here`,
    { skip: python ? false : 'no Python with torch and safetensors (HABA_PYTORCH names one)' },
    async () => {
      const { file, images, labels, data } = writeSet(`pytorch-${name}`, whitening, set);
      const to = mkdtempSync(path.join(folder, 'to-'));
      const [exported] = await exportSet(file, { to });
      const seen = ['images', 'labels', 'pixels'].map((part) => path.join(to, part));
      const program = readmeLines()
        .replace('"distilled-pytorch.safetensors"', JSON.stringify(exported))
        .concat(
          'if "zca.inverse" in stored:\n',
          '    pixels = (images.flatten(1) @ stored["zca.inverse"] + stored["zca.mean"]).view_as(images)\n',
          'else:\n',
          '    pixels = images * stored["deviation"].view(1, -1, 1, 1) + stored["mean"].view(1, -1, 1, 1)\n',
          'from safetensors.torch import save_file\n',
          'last = lambda x: x.permute(0, 2, 3, 1).contiguous()\n',
          `save_file({"images": last(images), "labels": labels, "pixels": last(pixels)}, ${JSON.stringify(seen[0])})\n`,
        );
      const script = path.join(to, 'lines.py');
      writeFileSync(script, program);
      const { status, stderr } = spawnSync(python!, [script], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const { tensors } = readSafetensors(seen[0]);
      const theirs = tf.tensor(tensors.images.values as Float32Array, tensors.images.shape);
      assert.deepEqual(theirs.shape, images.shape);
      assert.ok(theirs.sub(images).abs().max().dataSync()[0] < 1e-4);
      const repeated = Array.from({ length: images.shape[0] }, (_, row) => labels[row % labels.length]);
      assert.deepEqual([...(tensors.labels.values as BigInt64Array)].map(Number), repeated);
      const pixels = data.toPixels(images);
      const theirPixels = Uint8ClampedArray.from(tensors.pixels.values as Float32Array, (value) => value * 255);
      const worst = pixels.reduce((most, pixel, place) => Math.max(most, Math.abs(pixel - theirPixels[place])), 0);
      assert.ok(worst <= 1, `a pixel differs by ${worst}`);
      tf.dispose([theirs, images]);
    },
  );
}

test('layouts, worked out by hand: channels first, OIHW and IOHW', async () => {
  const { file, images } = writeSet('by-hand', 'normalise', {
    kind: 'haba',
    basesPerClass: 2,
    hallucinators: 2,
    channels: 'single',
  });
  const { parameters, statistics } = readDistilledSet(file);
  const [exported] = await exportSet(file);
  const { tensors } = readSafetensors(exported);
  const at = (name: string, place: number[]) => {
    const { shape, values } = tensors[name];
    return Number(values[place.reduce((offset, index, axis) => offset * shape[axis] + index, 0)]);
  };
  const ours = (name: string) => parameters[name].arraySync() as never;
  const nested = (value: unknown, place: number[]): number =>
    place.reduce<unknown>((inner, index) => (inner as unknown[])[index], value) as number;
  assert.equal(at('bases', [3, 0, 5, 7]), nested(ours('bases'), [3, 5, 7, 0]));
  const encoder = nested(ours('hallucinators.enc.weight'), [1, 2, 0, 0, 2]);
  assert.equal(at('hallucinators.1.enc.weight', [2, 0, 2, 0]), encoder);
  const decoder = nested(ours('hallucinators.dec.weight'), [1, 2, 0, 1, 2]);
  assert.equal(at('hallucinators.1.dec.weight', [2, 1, 2, 0]), decoder);
  assert.equal(at('hallucinators.0.scale', [0, 1, 4, 6]), nested(ours('hallucinators.scale'), [0, 4, 6, 1]));
  assert.deepEqual([...(tensors.labels.values as Int32Array)], [0, 0, 1, 1]);
  disposeAll(parameters, statistics, { images });
});

test('pictures: one a hallucinator, and nothing is overwritten', async () => {
  const { file, images } = writeSet('pictures', 'zca', { kind: 'haba', basesPerClass: 2, hallucinators: 2 });
  const files = await exportSet(file);
  assert.deepEqual(
    files.map((name) => path.basename(name)),
    ['pictures-pytorch.safetensors', 'pictures-hallucinator-1.png', 'pictures-hallucinator-2.png'],
  );
  const { width, height } = PNG.sync.read(readFileSync(files[1]));
  assert.ok(width > 200 && height > 200);
  const before = files.map((name) => readFileSync(name));
  await assert.rejects(exportSet(file), /pictures-pytorch\.safetensors is there already; .*--to/);
  await assert.rejects(
    exportSet(file, { to: file }),
    /a file stands where .*, or choose another folder \(--to FOLDER\)\./,
  );
  assert.deepEqual(
    files.map((name) => readFileSync(name)),
    before,
  );
  images.dispose();
});

test('a file that is no distilled set is refused by name, and nothing is written', async () => {
  const file = path.join(folder, 'other.safetensors');
  writeSafetensors(file, {}, { format: 'something else' });
  await assert.rejects(exportSet(file), /other\.safetensors is not a distilled set of haba: its metadata 'format'/);
});
