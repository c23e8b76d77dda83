/** Datasets as users of the PyTorch codes have them beside the official files: parquet files of the hub, NumPy's archives. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { shapeOf } from '../../lib/data/dataset-names';
import { loadDataset } from '../../lib/data/load-dataset';
import { imageFolder } from '../../lib/data/own-datasets';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import { written } from './tables-by-python';
import { zipOf } from './zip-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-table-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(file: string, bytes: Buffer): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), bytes);
}

const first = (images: Uint8Array, image: number) => [...images.subarray(image * 3072, image * 3072 + 3)];

test('parquet files of the hub: images, labels, and the names of classes; several files, in folders of its own', async () => {
  for (const [train, tested] of [
    ['train-00000-of-00002.parquet', 'test-00000-of-00001.parquet'],
    ['data/train-00000-of-00002.parquet', 'data/validation-00000-of-00001.parquet'],
    ['default/train/0000.parquet', 'default/test/0000.parquet'],
  ]) {
    rmSync(folder, { recursive: true });
    put(train, written.hub);
    put(train.replace('0000.', '0001.').replace('00000-of', '00001-of'), written.hub);
    put(tested, written.hub);
    const { train: images, test: held, classNames, imageShape } = await loadDataset('folder', { folder });
    assert.deepEqual([...classNames, ...imageShape], ['bee', 'cat', 'dog', 32, 32, 3]);
    assert.deepEqual(
      [[...images.labels], [...held.labels]],
      [
        [2, 0, 2, 0],
        [2, 0],
      ],
    );
    assert.deepEqual(
      [first(images.images, 0), first(images.images, 3)],
      [
        [255, 0, 0],
        [0, 255, 0],
      ],
    );
  }
});

test('labels that are names become classes in the order of their names', async () => {
  for (const split of ['train', 'test']) put(`folder/${split}.parquet`, written.texts);
  const { train, classNames } = await loadDataset('folder', { folder });
  assert.deepEqual(
    [[...classNames], [...train.labels], first(train.images, 1)],
    [
      ['ant', 'zebra'],
      [1, 0],
      [0, 0, 255],
    ],
  );
});

test('a known dataset in parquet has its own classes and statistics, and refuses labels beyond them', async () => {
  for (const split of ['train', 'test']) put(`cifar10/plain_text/${split}-00000-of-00001.parquet`, written.hub);
  const { classNames, mean, train } = await loadDataset('cifar10', { folder });
  assert.deepEqual([classNames.length, mean[0], ...train.labels], [10, 0.4914, 2, 0]);
  for (const split of ['train', 'test']) put(`mnist/${split}.parquet`, written.hub);
  assert.deepEqual((await loadDataset('mnist', { folder })).imageShape, [32, 32, 1]);
  put('other/train.parquet', written.texts);
  put('other/test.parquet', written.hub);
  // 'zebra' was learnt, '2' was not.
  await assert.rejects(
    loadDataset('folder', { folder: path.join(folder, 'other') }),
    /other\/test\.parquet: record 0 has label '2', which no training image has\.$/,
  );
});

test("an .npz as MedMNIST has them: one's own, resized to RGB; as mnist.npz in its border, grey", async () => {
  put('organs.npz', written.medical);
  const own = await loadDataset('folder', { folder });
  assert.deepEqual([...own.imageShape, ...own.train.labels, ...own.test.labels], [32, 32, 3, 1, 0, 1]);
  assert.deepEqual(first(own.test.images, 0), [7, 7, 7]);
  rmSync(path.join(folder, 'organs.npz'));
  put('mnist.npz', written.medical);
  const { train } = await loadDataset('mnist', { folder });
  // Two rows and columns of zeros, then row 0 of image 1: 784 modulo 256, ...
  assert.deepEqual([...train.images.subarray(1024 + 2 * 32, 1024 + 2 * 32 + 5)], [0, 0, 16, 17, 18]);
});

/** An array by the letter of the format. */
function npy(type: string, shape: readonly number[], values: readonly number[]): Buffer {
  const numbers = { '|u1': Uint8Array, '<i4': Int32Array, '<f4': Float32Array, '<f8': Float64Array }[type]!;
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }\n`;
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(numbers.from(values).buffer)]);
}

function putNpz(file: string, arrays: Record<string, Buffer>): void {
  put(file, zipOf(Object.entries(arrays).map(([name, content]) => ({ name: `${name}.npy`, content }))));
}

/** Two images of 32x32 in channels first: reds rise by a row, greens are `green`, blues none; then the whole once more, dark. */
const planes = (green: number, unit: number) =>
  [1, 0].flatMap((light) =>
    [(row: number) => row, () => green, () => 0].flatMap((of) =>
      Array.from({ length: 1024 }, (_, pixel) => light * of(Math.floor(pixel / 32)) * unit),
    ),
  );

test('an .npz in the order of PyTorch, of whole numbers, or of floats to 1 or to 255, is the same dataset as of bytes', async () => {
  const checksums = new Set<string>();
  for (const [type, unit] of [
    ['|u1', 1],
    ['<i4', 1],
    ['<f4', 1],
    ['<f4', 1 / 255],
    ['<f8', 1 / 255],
  ] as const) {
    const images = npy(type, [2, 3, 32, 32], planes(255, unit));
    const labels = npy('<i4', [2], [1, 0]);
    putNpz('a.npz', { x_train: images, y_train: labels, x_test: images, y_test: labels });
    const { train, checksum } = await loadDataset('folder', { folder });
    // The first pixel of row 7, and the same of the dark image.
    assert.deepEqual([...train.images.subarray(7 * 96, 7 * 96 + 3)], [7, 255, 0], type);
    assert.deepEqual([...train.images.subarray(3072 + 7 * 96, 3072 + 7 * 96 + 3)], [0, 0, 0]);
    checksums.add(checksum);
  }
  assert.equal(checksums.size, 1);
});

test('an .npz a split, each with images and labels; images that were normalised are refused with what they are', async () => {
  const grey = npy('|u1', [2, 4, 4], Array<number>(32).fill(9));
  for (const file of ['own/train.npz', 'own/val.npz']) putNpz(file, { images: grey, labels: npy('<i4', [2], [0, 1]) });
  const own = imageFolder(path.join(folder, 'own'));
  assert.deepEqual(own.classSizes(), [1, 1]);
  assert.deepEqual(first((await own.read()).test.images, 1), [9, 9, 9]);
  const normalised = npy('<f4', [2, 4, 4], Array<number>(32).fill(-1.5));
  putNpz('own/train.npz', { images: normalised, labels: npy('<i4', [2], [0, 1]) });
  await assert.rejects(
    imageFolder(path.join(folder, 'own')).read(),
    /train\.npz \(images, labels\): images are numbers from -1\.5 to 0, expected 0 to 255, or 0 to 1: save them as they are before/,
  );
  putNpz('one/all.npz', { images: grey, labels: npy('<i4', [2], [0, 1]) });
  await assert.rejects(
    imageFolder(path.join(folder, 'one')).read(),
    /all\.npz has no images and labels to train on, as x_train and y_train: it has images, labels\. Images .* train\.npz and test\.npz/,
  );
});

test('what is damaged, of another kind, or has no images is named', async () => {
  putNpz('a.npz', { x_train: npy('|u1', [2, 4], [1, 2, 3, 4, 5, 6, 7, 8]), y_train: npy('<i4', [2], [0, 1]) });
  await assert.rejects(
    loadDataset('folder', { folder }),
    /a\.npz \(x_train, y_train\): images are \[2, 4\], expected \[count, height, width\], /,
  );
  put('a.npz', written.medical.subarray(0, 500));
  await assert.rejects(loadDataset('folder', { folder }), /a\.npz cannot be read: /);
  rmSync(path.join(folder, 'a.npz'));
  for (const split of ['train', 'test']) put(`${split}.parquet`, written.hub.subarray(0, 900));
  await assert.rejects(loadDataset('folder', { folder }), /train\.parquet cannot be read: /);
});

test("the classes of one's own table are known before it is read, and so the questions know their grids", () => {
  for (const split of ['train', 'test']) put(`hub/${split}.parquet`, written.hub);
  for (const split of ['train', 'test']) put(`words/${split}.parquet`, written.texts);
  put('organs/organs.npz', written.medical);
  for (const [name, sizes] of Object.entries({ hub: [1, 0, 1], words: [1, 1], organs: [1, 1] })) {
    const own = imageFolder(path.join(folder, name), { side: 48 });
    assert.deepEqual(own.classSizes(), sizes);
    assert.deepEqual(shapeOf(own), { imageShape: [48, 48, 3], classCount: sizes.length });
    assert.ok(storageEfficiency({ profile: 'smoke', dataset: own }).length > 0);
  }
  put('broken/train.parquet', written.hub.subarray(0, 900));
  put('broken/test.parquet', written.hub);
  assert.throws(() => shapeOf(imageFolder(path.join(folder, 'broken'))), /broken\/train\.parquet cannot be read: /);
});
