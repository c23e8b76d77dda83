/** Files that NumPy itself wrote (test/files/made-by-python/make.py). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readNpyFile, readNpzFile } from '../../lib/files/numpy-file';
import type { StoredTensor } from '../../lib/files/safetensors';
import { zipOf } from '../data/zip-writer';

const made = (name: string) => path.join(__dirname, 'made-by-python', name);
const eighths = Array.from({ length: 24 }, (_, place) => place / 8 - 1);
const numbersOf = ({ values }: StoredTensor) => Array.from(values as Float32Array, Number);

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-numpy-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of ['fortran', 'big-endian', 'half']) {
  test(`an array: ${name}`, () => {
    const array = readNpyFile(made(`${name}.npy`));
    assert.deepEqual(array.shape, [2, 3, 2, 2]);
    assert.deepEqual(numbersOf(array), eighths);
  });
}

for (const name of ['arrays', 'compressed']) {
  test(`arrays by name: ${name}`, async () => {
    const arrays = await readNpzFile(made(`${name}.npz`));
    assert.deepEqual(Object.keys(arrays), ['x', 'y']);
    assert.deepEqual([arrays.x.type, arrays.x.shape, numbersOf(arrays.x)], ['F32', [2, 3, 2, 2], eighths]);
    assert.deepEqual([arrays.y.type, numbersOf(arrays.y)], ['F64', [1, 0]]);
  });
}

/** An array of version 1 by the letter of the format. */
function npy(header: string, data = Buffer.alloc(16)): Buffer {
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), data]);
}
const header = (shape: string, descr = '<f4', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

test('by the letter of the format, an array is read; a scalar, too', () => {
  const file = path.join(folder, 'whole.npy');
  writeFileSync(file, npy(header('(4,)')));
  assert.deepEqual(readNpyFile(file).shape, [4]);
  writeFileSync(file, npy(header('()'), Buffer.alloc(4)));
  assert.deepEqual(readNpyFile(file).shape, []);
});

const refused: [what: string, content: () => Buffer, message: RegExp][] = [
  ['objects of Python', () => readFileSync(made('objects.npy')), /an array has the type '\|O', and only numbers/],
  ['another type', () => npy(header('(4,)', '<c8')), /an array has the type '<c8'/],
  [
    'records',
    () => npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }\n"),
    /its header is not understood/,
  ],
  ['code in the header', () => npy(header("(__import__('os').system('true'),)")), /its header is not understood/],
  ['more than there is', () => npy(header('(5,)')), /an array of \[5\] in '<f4' has 16 bytes/],
  ['less than there is', () => npy(header('(3,)')), /an array of \[3\] in '<f4' has 16 bytes/],
  ['sides whose product overflows', () => npy(header('(4294967296, 4294967296, 4294967296)')), /has 16 bytes/],
  ['a header longer than the file', () => npy(header('(4,)')).subarray(0, 40), /its header is cut short/],
  ['no mark', () => Buffer.from('hello, world'), /it is no \.npy file/],
];

for (const [what, content, message] of refused) {
  test(`${what}: refused, alone and in an archive, by file and reason`, async () => {
    const [alone, together] = [path.join(folder, 'refused.npy'), path.join(folder, 'refused.npz')];
    writeFileSync(alone, content());
    writeFileSync(together, zipOf([{ name: 'images.npy', content: content() }]));
    const named = (file: string) => (error: Error) => {
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${file} is not a usable NumPy file: `), error.message);
      return true;
    };
    assert.throws(() => readNpyFile(alone), named(alone));
    await assert.rejects(readNpzFile(together), named(together));
  });
}
