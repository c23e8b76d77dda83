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
import { createAugmentation } from '../../lib/data/dsa';
import { studentTrainer } from '../../lib/evaluation/student';
import { distilledTrainingSet } from '../../lib/evaluation/training-set';
import { createNetwork } from '../../lib/networks/create-network';
import { writeTensors } from '../../lib/tensor/stored-tensors';
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

/** The lines that the README gives: those that make training images, and those that go on to the accuracy. */
function readmeLines(block = 0): string {
  const readme = readFileSync(path.join(__dirname, '..', '..', 'README.md'), 'utf8');
  const [section] = /## A distilled set in PyTorch[\s\S]*?(?=\n## )/.exec(readme) ?? [''];
  const lines = [...section.matchAll(/```python\n([\s\S]*?)```/g)].map(([, text]) => text)[block];
  assert.ok(lines, 'the README has the lines');
  return lines;
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

for (const whitening of ['normalise', 'zca'] as const) {
  test(
    `${whitening}: the README's further lines whiten test images as here, and reach in PyTorch the accuracy that students reach here`,
    { skip: python ? false : 'no Python with torch and safetensors (HABA_PYTORCH names one)' },
    async () => {
      // Two classes that a stripe tells apart, in noise; statistics that are far from 0 and 1, so that unwhitened images tell nothing.
      const random = Random.stream(5, 'test');
      const side = 8;
      const split = (count: number) => {
        const images = Uint8Array.from(random.integers(count * side * side * 3, 120));
        for (let image = 0; image < count; image++) {
          for (let along = 0; along < side; along++) {
            const place = image % 2 ? 3 * side + along : along * side + 3;
            images.fill(230, (image * side * side + place) * 3, (image * side * side + place) * 3 + 3);
          }
        }
        return { images, labels: Uint8Array.from({ length: count }, (_, image) => image % 2), count };
      };
      const made = assembleDataset({
        name: 'stripes',
        classNames: ['upright', 'level'],
        imageShape: [side, side, 3],
        train: split(60),
        test: split(40),
      });
      const data = prepareDataset(made, { whitening, cacheFolder: path.join(folder, 'cache') });
      const configuration = configure({
        profile: 'smoke',
        dataset: 'shapes',
        whitening,
        set: { kind: 'images', ipc: 10 },
        matching: { method: 'dm' },
        network: { width: 8, depth: 2 },
        evaluation: { updates: 60, augmentation: 'none' },
      });
      const distilled = createDistilledSet({ ...configuration.set, imageShape: [side, side, 3], classCount: 2 });
      const parameters = distilled.init(Random.stream(8, 'test'), data.train);
      const file = path.join(folder, `stripes-${whitening}.safetensors`);
      writeDistilledSet(file, { parameters, configuration, data, run: 'abc' });
      const [exported] = await exportSet(file);
      const inputs = data.test.batch([...made.test.labels.keys()]);
      const given = path.join(folder, `stripes-${whitening}-test.safetensors`);
      const pixels = tf.tidy(() =>
        tf.tensor4d(Float32Array.from(made.test.images), inputs.shape).div<tf.Tensor4D>(255),
      );
      const first = (images: tf.Tensor4D) => tf.tidy(() => images.transpose([0, 3, 1, 2]).clone());
      const tensors = {
        pixels: first(pixels),
        whitened: first(inputs),
        classes: tf.tensor1d(Int32Array.from(made.test.labels), 'int32'),
      };
      writeTensors(given, tensors, {});
      const program = [
        readmeLines().replace('"distilled-pytorch.safetensors"', JSON.stringify(exported)),
        readmeLines(1),
        'from safetensors.torch import load_file',
        `given = load_file(${JSON.stringify(given)})`,
        'print((whiten(given["pixels"]) - given["whitened"]).abs().max().item())',
        'torch.manual_seed(0)',
        'print(accuracy(train_student(), given["pixels"], given["classes"].long()))',
      ].join('\n');
      const script = path.join(folder, `stripes-${whitening}.py`);
      writeFileSync(script, program);
      const { status, stdout, stderr } = spawnSync(python!, [script], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const [difference, accuracy] = stdout.trim().split('\n').map(Number);
      assert.ok(difference < 1e-3, `whitened test images differ by ${difference}`);
      const network = createNetwork({ ...configuration.network, imageShape: [side, side, 3], classCount: 2 });
      const train = studentTrainer(network, {
        ...configuration.evaluation,
        learningRate: 0.01,
        length: { updates: 60 },
        augmentation: createAugmentation('none'),
      });
      const set = distilledTrainingSet(distilled, parameters);
      const student = await train(set, Random.stream(1, 'student'));
      const ours = tf.tidy(() => {
        const answers = network.apply(student, inputs).argMax(1);
        return answers.equal(tensors.classes).mean().dataSync()[0];
      });
      assert.ok(Math.abs(accuracy - ours) <= 0.15, `PyTorch ${accuracy}, here ${ours}`);
      assert.ok(Math.min(accuracy, ours) > 0.8, `PyTorch ${accuracy}, here ${ours}`);
      set.dispose();
      train.dispose();
      data.dispose();
      disposeAll(parameters, student, tensors, { inputs, pixels });
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
