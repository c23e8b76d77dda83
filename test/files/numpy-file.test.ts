/** Files that NumPy itself wrote (test/files/made-by-python/make.py). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readNpy, readNpz } from '../../lib/files/numpy-file';
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
    const array = readNpy(made(`${name}.npy`));
    assert.deepEqual(array.shape, [2, 3, 2, 2]);
    assert.deepEqual(numbersOf(array), eighths);
  });
}

for (const name of ['arrays', 'compressed']) {
  test(`arrays by name: ${name}`, async () => {
    const arrays = await readNpz(made(`${name}.npz`));
    assert.deepEqual(Object.keys(arrays), ['x', 'y']);
    assert.deepEqual([arrays.x.type, arrays.x.shape, numbersOf(arrays.x)], ['F32', [2, 3, 2, 2], eighths]);
    assert.deepEqual([arrays.y.type, numbersOf(arrays.y)], ['I64', [1, 0]]);
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
  assert.deepEqual(readNpy(file).shape, [4]);
  writeFileSync(file, npy(header('()'), Buffer.alloc(4)));
  assert.deepEqual(readNpy(file).shape, []);
});

const refused: [what: string, content: () => Buffer, message: RegExp][] = [
  ['objects of Python', () => readFileSync(made('objects.npy')), /type '\|O', Python objects, which are never read/],
  ['another type', () => npy(header('(4,)', '<c8')), /type '<c8'; allowed are f2, f4/],
  [
    'records',
    () => npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4,), }\n"),
    /header is not that of an array of numbers/,
  ],
  [
    'code in the header',
    () => npy(header("(__import__('os').system('true'),)")),
    /header is not that of an array of numbers/,
  ],
  ['more than there is', () => npy(header('(5,)')), /\[5\] needs 20 bytes, it has 16/],
  ['less than there is', () => npy(header('(3,)')), /\[3\] needs 12 bytes, it has 16/],
  [
    'sides whose product overflows',
    () => npy(header('(4294967296, 4294967296, 4294967296)')),
    /needs \S+ bytes, it has 16/,
  ],
  ['a header longer than the file', () => npy(header('(4,)')).subarray(0, 40), /breaks off in its header/],
  ['another version', () => Buffer.from('\x93NUMPY\x09\0\0\0\0\0', 'latin1'), /its version is 9/],
  ['no mark', () => Buffer.from('hello, world'), /does not begin with NumPy's mark/],
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
    assert.throws(() => readNpy(alone), named(alone));
    await assert.rejects(readNpz(together), named(together));
  });
}
