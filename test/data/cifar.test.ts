import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { cifar10, cifar100 } from '../../lib/data/cifar';
import type { Dataset } from '../../lib/data/dataset';

/** Neither reader is asynchronous. */
const readCifar10 = (from: string) => cifar10.read(from) as Dataset;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-cifar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One record: label bytes, then red, green and blue planes; pixel p of plane c is (p + 80 c + shift) modulo 256. */
function record(labels: number[], shift = 0): Buffer {
  const pixels = Array.from({ length: 3072 }, (_, index) => (index % 1024) + 80 * Math.floor(index / 1024) + shift);
  return Buffer.from([...labels, ...pixels]);
}

/** A small CIFAR-10: two images a training file, one test image. */
function writeCifar10(under = ''): string {
  const at = path.join(folder, under);
  mkdirSync(at, { recursive: true });
  for (let file = 1; file <= 5; file++) {
    writeFileSync(
      path.join(at, `data_batch_${file}.bin`),
      Buffer.concat([record([file - 1]), record([file + 4], file)]),
    );
  }
  writeFileSync(path.join(at, 'test_batch.bin'), record([9], 7));
  return at;
}

test('planes become pixels, files follow one another, wherever the folder lies', () => {
  for (const under of ['', 'cifar10', 'cifar-10-batches-bin']) {
    rmSync(folder, { recursive: true });
    writeCifar10(under);
    const { train, test: tested, imageShape, classNames, name } = readCifar10(folder);
    assert.deepEqual([...train.labels], [0, 5, 1, 6, 2, 7, 3, 8, 4, 9]);
    assert.deepEqual([train.count, tested.count, train.images.length], [10, 1, 10 * 3072]);
    assert.deepEqual([...train.images.subarray(0, 6)], [0, 80, 160, 1, 81, 161]);
    // Image 3 is the second of file 2: shifted by 2; its pixel in row 1, column 4 is number 36.
    assert.deepEqual([...train.images.subarray(3 * 3072 + 3 * 36, 3 * 3072 + 3 * 36 + 3)], [38, 118, 198]);
    assert.deepEqual([...tested.images.subarray(0, 3)], [7, 87, 167]);
    assert.deepEqual([name, ...imageShape, classNames.length, classNames[9]], ['cifar10', 32, 32, 3, 10, 'truck']);
  }
});

test('the checksum follows every byte', () => {
  const at = writeCifar10();
  const { checksum } = readCifar10(folder);
  assert.match(checksum, /^[0-9a-f]{64}$/);
  assert.equal(readCifar10(folder).checksum, checksum);
  writeFileSync(path.join(at, 'test_batch.bin'), record([8], 7));
  assert.notEqual(readCifar10(folder).checksum, checksum);
});

test('CIFAR-100 has a coarse and a fine label; the fine one counts', () => {
  writeFileSync(path.join(folder, 'train.bin'), Buffer.concat([record([19, 99]), record([3, 0])]));
  writeFileSync(path.join(folder, 'test.bin'), record([7, 42]));
  const { train, test: tested, classNames } = cifar100.read(folder) as Dataset;
  assert.deepEqual([...train.labels, ...tested.labels], [99, 0, 42]);
  assert.deepEqual(
    [classNames.length, classNames[0], classNames[42], classNames[99]],
    [100, 'apple', 'leopard', 'worm'],
  );
});

test('a missing folder: where it was looked for, and the command that downloads', () => {
  assert.throws(
    () => readCifar10(path.join(folder, 'none')),
    (error: Error) => {
      assert.match(
        error.message,
        /The dataset 'cifar10' is not there: looked for data_batch_1.bin, .*test_batch.bin in /,
      );
      assert.ok(error.message.includes(path.join(folder, 'none', 'cifar-10-batches-bin')));
      assert.match(
        error.message,
        /npm run haba -- data cifar10\. If it lies elsewhere: --data FOLDER, or HABA_DATA=FOLDER\.$/,
      );
      return true;
    },
  );
});

test('a missing file is named', () => {
  const at = writeCifar10('cifar10');
  rmSync(path.join(at, 'data_batch_3.bin'));
  assert.throws(() => readCifar10(folder), {
    message: `The dataset 'cifar10' is incomplete: ${at} lacks data_batch_3.bin. To download it again, move that folder away and run: npm run haba -- data cifar10`,
  });
});

test('a truncated, an empty and an overlong file: bytes given and expected', () => {
  const at = writeCifar10();
  const file = path.join(at, 'data_batch_2.bin');
  for (const bytes of [0, 1, 3072, 3074, 6145]) {
    writeFileSync(file, Buffer.alloc(bytes));
    assert.throws(() => readCifar10(folder), {
      message: `${file} is truncated or not a CIFAR file: it has ${bytes} bytes, expected a multiple of 3073 (1 of labels and 3072 of pixels a record).`,
    });
  }
});

test('a label out of range: file and record', () => {
  const at = writeCifar10();
  const file = path.join(at, 'data_batch_4.bin');
  writeFileSync(file, Buffer.concat([record([9]), record([10])]));
  assert.throws(() => readCifar10(folder), { message: `${file}: record 1 has label 10, expected 0 to 9.` });
});

test('a folder where a file is expected is refused', () => {
  const at = writeCifar10();
  rmSync(path.join(at, 'test_batch.bin'));
  mkdirSync(path.join(at, 'test_batch.bin'));
  assert.throws(() => readCifar10(folder), {
    message: `${path.join(at, 'test_batch.bin')} cannot be read: it is not a file.`,
  });
});
