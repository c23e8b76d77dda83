/** One's own images at the size that is asked for: networks, sets and runs follow. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { assembleDataset } from '../../lib/data/dataset';
import type { LibraryDatasetName } from '../../lib/data/formats';
import { datasetFrom, shapeOf } from '../../lib/data/dataset-names';
import { imageFolder } from '../../lib/data/own-datasets';
import { prepareDataset } from '../../lib/data/prepare';
import { configure } from '../../lib/distillation/configuration';
import { convNetDepth } from '../../lib/networks/conv-net';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import { notebookSettings } from '../../lib/reproduction/notebook-settings';
import { planReproduction } from '../../lib/reproduction/reproduction';
import { setName } from '../../lib/runs/identity';
import { run } from '../../lib/runs/run';
import { useBackend } from '../../lib/tensor/backend';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-size-'));
  for (const split of ['train', 'val']) {
    for (const [label, name] of ['left', 'right'].entries()) {
      mkdirSync(path.join(folder, split, name), { recursive: true });
      for (let image = 0; image < 3; image++) {
        const half = {
          create: { width: 75, height: 150, channels: 3 as const, background: { r: 200, g: 40 * image, b: 9 } },
        };
        await sharp({ create: { width: 150, height: 150, channels: 3, background: 'black' } })
          .composite([{ input: await sharp(half).png().toBuffer(), left: 75 * label, top: 0 }])
          .png()
          .toFile(path.join(folder, split, name, `${image}.png`));
      }
    }
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('depths of the ConvNet: 3, 4, 5 at 32, 64, 128, and what lies between', () => {
  const depths = [8, 28, 32, 48, 64, 96, 128, 256].map((side) => convNetDepth([side, side]));
  assert.deepEqual(depths, [3, 3, 3, 3, 4, 4, 5, 6]);
  assert.equal(convNetDepth([128, 64]), 4);
});

test("Tiny-ImageNet has MTT's four blocks, in a name of its own; datasets of 32x32 and less have three, and are named as before", () => {
  const depth = (dataset: LibraryDatasetName, network = {}) =>
    (configure({ dataset, network }).network as { depth?: number }).depth;
  assert.equal(depth('tiny-imagenet'), 4);
  assert.equal(depth('tiny-imagenet', { depth: 3 }), 3);
  assert.equal(depth('tiny-imagenet', { name: 'ResNet18' }), undefined);
  for (const dataset of ['cifar10', 'cifar100', 'svhn', 'mnist', 'fashion-mnist', 'shapes', 'folder'] as const) {
    assert.equal(depth(dataset), 3, dataset);
  }
  const name = (network = {}) =>
    setName({ kind: 'distillation', configuration: configure({ dataset: 'tiny-imagenet', network }) });
  assert.equal(name(), 'haba-dm-tiny-imagenet-9bases-quick-network-depth-4');
  // What runs of three blocks were called before.
  assert.equal(name({ depth: 3 }), 'haba-dm-tiny-imagenet-9bases-quick');
});

test('a side that no image has is refused', () => {
  for (const side of [0, 7, 32.5, 1000, Number.NaN, '64' as unknown as number]) {
    assert.throws(
      () => imageFolder(folder, { name: 'sized', side }),
      /imageFolder: 'side' is .*; allowed is a whole number of pixels from 8 to 512/,
    );
  }
});

test('images, network and hallucinators are of the side asked for, and a depth that is given stays', async () => {
  for (const [side, depth] of [
    [32, 3],
    [64, 4],
    [48, 3],
  ]) {
    const images = imageFolder(folder, { name: `sized-${side}`, side });
    const { imageShape, train } = await images.read();
    assert.deepEqual([...imageShape], [side, side, 3]);
    // Left is red, right is black, in the first image of the first class, at the ends of its first row.
    assert.ok(train.images[0] > 150 && train.images[(side - 1) * 3] < 50);
    const configuration = configure({ profile: 'smoke', dataset: images });
    assert.deepEqual(configuration.network, { ...configuration.network, name: 'ConvNet', depth });
    assert.equal((configure({ dataset: images, network: { depth: 2 } }).network as { depth?: number }).depth, 2);
    const { storedFloats } = await run(
      {
        profile: 'smoke',
        dataset: images,
        network: { width: 4 },
        set: { kind: 'haba', basesPerClass: 1, hallucinators: 2 },
        constraints: { cosine: 0 },
        matching: { method: 'dm' },
        iterations: 1,
        evaluation: { students: 1, updates: 1 },
      },
      { runs: path.join(folder, 'runs') },
    );
    // Two bases; two hallucinators of 3x3 kernels, 3 channels: 81 + 3, scale and shift, 81 + 3.
    assert.equal(storedFloats, 2 * side * side * 3 + 2 * (84 + 2 * (side - 2) ** 2 * 3 + 84));
  }
});

test('ZCA of images that are too large for the memory there is is refused before it is begun', (context) => {
  context.mock.method(process, 'constrainedMemory', () => 2 ** 30);
  const split = { images: new Uint8Array(2 * 64 * 64 * 3), labels: Uint8Array.from([0, 1]), count: 2 };
  const dataset = assembleDataset({
    name: 'large',
    imageShape: [64, 64, 3],
    classNames: ['a', 'b'],
    train: split,
    test: split,
  });
  assert.throws(
    () => prepareDataset(dataset, { whitening: 'zca', cacheFolder: path.join(folder, 'cache') }),
    // 7 matrices of 12288 x 12288 floats.
    /^Error: ZCA of images of 64x64 takes about 3\.9 GiB of memory, and there are 1\.0 GiB: take 'whitening' 'normalise'/,
  );
});

test("a command line, a variable and a reproduction mean one's own images by their folder; a dataset that has a size keeps it", () => {
  const before = { ...process.env };
  try {
    const own = path.join(folder, 'Fern & moss');
    cpSync(path.join(folder, 'train'), path.join(own, 'train'), { recursive: true });
    cpSync(path.join(folder, 'val'), path.join(own, 'test'), { recursive: true });
    const given = datasetFrom(`${own}/`, 64);
    assert.ok(typeof given === 'object');
    assert.deepEqual([String(given.name), given.shape], ['Fern-moss', { imageShape: [64, 64, 3], classCount: 2 }]);
    assert.equal(datasetFrom('cifar10'), 'cifar10');
    assert.throws(
      () => datasetFrom('cifar10', 64),
      /images of 'cifar10' have a size of their own; .*as \.\/my-images\.$/,
    );
    assert.throws(() => datasetFrom('./no-such-folder'), /no-such-folder lacks train, test/);

    process.env.HABA_DATASET = own;
    process.env.HABA_IMAGE_SIZE = '48';
    const settings = notebookSettings({ profile: 'quick', dataset: 'cifar10' });
    assert.equal(String(settings.dataset), 'Fern-moss');
    assert.deepEqual(shapeOf(settings.dataset), { imageShape: [48, 48, 3], classCount: 2 });
    // The four questions know their grids.
    assert.ok(storageEfficiency(settings).length > 0);

    const plan = planReproduction({ dataset: own, imageSize: 64, profile: 'smoke' });
    assert.equal(plan.results, path.join('results', 'smoke-Fern-moss'));
    assert.deepEqual([plan.environment.HABA_DATASET, plan.environment.HABA_IMAGE_SIZE], [own, '64']);
  } finally {
    for (const name of ['HABA_DATASET', 'HABA_IMAGE_SIZE']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});
