import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { cifar10, cifar100 } from '../../lib/data/cifar';
import type { Dataset } from '../../lib/data/dataset';
import { loadDataset } from '../../lib/data/load-dataset';
import { obtainDataset } from '../../lib/data/obtain-dataset';
import { pythonCifar } from './python-cifar-writer';

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

/** The binary files of a folder as Python has them. */
function toPython(from: string, to: string, labelBytes: number, key: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter((file) => file.endsWith('.bin'))) {
    const bytes = readFileSync(path.join(from, name));
    const starts = [...Array(bytes.length / (labelBytes + 3072)).keys()].map((index) => index * (labelBytes + 3072));
    const planes = Buffer.concat(starts.map((at) => bytes.subarray(at + labelBytes, at + labelBytes + 3072)));
    const labels = starts.map((at) => bytes[at + labelBytes - 1]);
    writeFileSync(path.join(to, name.replace('.bin', '')), pythonCifar(planes, labels, key));
  }
}

test('the Python version of CIFAR-10 and CIFAR-100 is the same dataset, in its own folder or unpacked from its archive', async () => {
  const binary10 = writeCifar10('binary10');
  const binary100 = path.join(folder, 'binary100');
  mkdirSync(binary100);
  writeFileSync(path.join(binary100, 'train.bin'), Buffer.concat([record([1, 99]), record([1, 5], 3)]));
  writeFileSync(path.join(binary100, 'test.bin'), record([0, 42], 9));
  for (const [name, python, from, labelBytes, key] of [
    ['cifar10', 'cifar-10-batches-py', binary10, 1, 'labels'],
    ['cifar100', 'cifar-100-python', binary100, 2, 'fine_labels'],
  ] as const) {
    const expected = await loadDataset(name, { folder: from });
    const home = path.join(folder, 'home');
    toPython(from, path.join(home, python), labelBytes, key);
    assert.equal((await loadDataset(name, { folder: home })).checksum, expected.checksum);
    assert.equal((await loadDataset(name, { folder: path.join(home, python) })).checksum, expected.checksum);

    const packed = path.join(folder, name === 'cifar10' ? 'cifar-10-python.tar.gz' : 'cifar-100-python.tar.gz');
    execFileSync('tar', ['-czf', packed, '-C', home, python]);
    rmSync(path.join(home, python), { recursive: true });
    await assert.rejects(loadDataset(name, { folder }), (error: Error) =>
      error.message.includes(`${packed} is it, packed; to unpack it: npm run haba -- data ${name} --from ${packed}.`),
    );
    await obtainDataset(name, { folder: home, from: [packed] });
    assert.equal((await loadDataset(name, { folder: home })).checksum, expected.checksum);
    // Where it is at hand nothing is fetched.
    await obtainDataset(name, { folder });
    assert.equal((await loadDataset(name, { folder })).checksum, expected.checksum);
  }
});

test("folders of one's own images are no Python CIFAR-100; what is no such file is named", async () => {
  for (const name of ['train', 'test']) mkdirSync(path.join(folder, name));
  await assert.rejects(loadDataset('cifar100', { folder }), /'cifar100' is not there/);
  for (const name of ['train', 'test']) rmSync(path.join(folder, name), { recursive: true });
  const valid = pythonCifar(Buffer.alloc(3072), [7], 'fine_labels');
  const refused = async (bytes: Buffer, reason: RegExp) => {
    for (const name of ['train', 'test']) writeFileSync(path.join(folder, name), bytes);
    await assert.rejects(loadDataset('cifar100', { folder }), reason);
  };
  await refused(valid.subarray(0, 2000), /train is not a Python CIFAR file: at byte \d+ it needs 3072 more/);
  await refused(pythonCifar(Buffer.alloc(3072), [100], 'fine_labels'), /record 0 has label 100, expected 0 to 99\.$/);
  await refused(pythonCifar(Buffer.alloc(3072), [7], 'labels'), /'fine_labels' is no list of 1 labels/);
  await refused(
    pythonCifar(Buffer.alloc(3000), [7], 'fine_labels'),
    /an array of \[1, 3072\] in '\|u1' has 3000 bytes/,
  );
  await refused(Buffer.from('cposix\nsystem\n.'), /asks for Python's posix\.system, and only plain data are read/);
});
