import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Dataset } from '../../lib/data/dataset';
import { readIdxFile } from '../../lib/data/idx-file';
import { fashionMnist, mnist } from '../../lib/data/mnist';
import { idx } from './idx-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-mnist-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Value of pixel p of image i: (i + 3 p) modulo 256. */
const pixels = (count: number) =>
  Uint8Array.from({ length: count * 784 }, (_, index) => Math.floor(index / 784) + 3 * (index % 784));

function writeMnist(at: string, pack: (bytes: Buffer) => Buffer = (bytes) => bytes, suffix = ''): void {
  mkdirSync(at, { recursive: true });
  const write = (name: string, bytes: Buffer) => writeFileSync(path.join(at, name + suffix), pack(bytes));
  write('train-images-idx3-ubyte', idx([4, 28, 28], pixels(4)));
  write('train-labels-idx1-ubyte', idx([4], [3, 9, 0, 3]));
  write('t10k-images-idx3-ubyte', idx([2, 28, 28], pixels(2)));
  write('t10k-labels-idx1-ubyte', idx([2], [7, 1]));
}

for (const [name, pack, suffix] of [
  ['plain', (bytes: Buffer) => bytes, ''],
  ['gzip', gzipSync, '.gz'],
  [
    'gzip of several members',
    (bytes: Buffer) => Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))]),
    '.gz',
  ],
] as const) {
  test(`${name}: images in a border of two zeros, labels in order`, () => {
    writeMnist(path.join(folder, 'mnist'), pack, suffix);
    const { train, test: tested, imageShape, classNames, mean } = mnist.read(folder) as Dataset;
    assert.deepEqual([...train.labels, ...tested.labels], [3, 9, 0, 3, 7, 1]);
    assert.deepEqual([...imageShape, train.count, train.images.length], [32, 32, 1, 4, 4 * 1024]);
    assert.deepEqual([classNames.length, mean], [10, [0.1307]]);
    for (const [image, row, column] of [
      [0, 2, 2],
      [1, 2, 29],
      [3, 29, 29],
      [2, 15, 16],
    ]) {
      const expected = (image + 3 * ((row - 2) * 28 + column - 2)) & 255;
      assert.equal(train.images[image * 1024 + row * 32 + column], expected, `image ${image} at ${row}, ${column}`);
    }
    for (const [row, column] of [
      [1, 15],
      [30, 15],
      [15, 1],
      [15, 30],
      [0, 0],
      [31, 31],
    ]) {
      assert.equal(train.images[1024 + row * 32 + column], 0);
    }
  });
}

test('Fashion-MNIST has the same format in a folder of its own', () => {
  writeMnist(path.join(folder, 'FashionMNIST/raw'), gzipSync, '.gz');
  const { name, classNames } = fashionMnist.read(folder) as Dataset;
  assert.deepEqual([name, classNames[9]], ['fashion-mnist', 'Ankle boot']);
  assert.throws(() => mnist.read(folder), /The dataset 'mnist' is not there/);
});

test('malformed IDX files: file and reason', () => {
  const file = path.join(folder, 'file');
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(3), /it has 3 bytes, fewer than a header\.$/],
    [Buffer.from([1, 0, 8, 3]), /it begins with bytes 1, 0, expected 0, 0\.$/],
    [idx([2, 2, 2], [], 13), /its values have type 13, expected 8 \(unsigned bytes\)\.$/],
    [idx([2, 2], [1, 2, 3, 4]), /file is not an IDX file of rank 3: its rank is 2\.$/],
    [idx([2, 2, 2, 2], new Uint8Array(16)), /its rank is 4\.$/],
    [Buffer.from([0, 0, 8, 3, 0, 0]), /its header ends after 6 of 16 bytes\.$/],
    [idx([2, 2, 2], [1, 2, 3]), /its sizes \[2, 2, 2\] need 8 values, it has 3\.$/],
    [idx([1, 2, 2], new Uint8Array(5)), /its sizes \[1, 2, 2\] need 4 values, it has 5\.$/],
    [idx([0xffffffff, 0xffffffff, 0xffffffff], []), /need 7\.\d+e\+28 values, it has 0\.$/],
    [gzipSync(idx([1, 1, 1], [1])).subarray(0, 20), /cannot be uncompressed: unexpected end of file\.$/],
  ];
  for (const [bytes, message] of cases) {
    writeFileSync(file, bytes);
    assert.throws(
      () => readIdxFile(file, 3),
      (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(file));
        return true;
      },
    );
  }
});

test('labels that do not fit their images: both files, or file and record', () => {
  const at = path.join(folder, 'mnist');
  writeMnist(at);
  const labels = path.join(at, 'train-labels-idx1-ubyte');
  writeFileSync(labels, idx([3], [1, 2, 3]));
  assert.throws(() => mnist.read(folder), {
    message: `${labels} holds 3 labels for the 4 images of ${path.join(at, 'train-images-idx3-ubyte')}.`,
  });
  writeFileSync(labels, idx([4], [1, 2, 3, 10]));
  assert.throws(() => mnist.read(folder), { message: `${labels}: record 3 has label 10, expected 0 to 9.` });
  writeFileSync(path.join(at, 'train-images-idx3-ubyte'), idx([1, 33, 20], new Uint8Array(660)));
  assert.throws(() => mnist.read(folder), /holds 1 images of 33x20; expected at least one, of 32x32 at most\.$/);
});

test('files with a dot in their names, as some tools write them, are the same dataset', async () => {
  writeMnist(path.join(folder, 'mnist'));
  const { checksum } = await mnist.read(folder);
  for (const [under, suffix] of [
    ['mnist', ''],
    ['MNIST/raw', '.gz'],
  ]) {
    rmSync(folder, { recursive: true });
    writeMnist(path.join(folder, under), suffix === '' ? undefined : gzipSync, suffix);
    for (const name of readdirSync(path.join(folder, under))) {
      renameSync(path.join(folder, under, name), path.join(folder, under, name.replace(/-(idx\d)/, '.$1')));
    }
    assert.equal((await mnist.read(folder)).checksum, checksum);
  }
});
