import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Dataset } from '../../lib/data/dataset';
import { readMatFile } from '../../lib/data/mat-file';
import { svhn } from '../../lib/data/svhn';
import { writer, type MatOptions } from './mat-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-svhn-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** In MATLAB's order: the value at [row, column, channel, image] is row + 2 column + 80 channel + image. */
function imageValues(count: number): Buffer {
  const values = Buffer.alloc(count * 3072);
  for (let index = 0; index < values.length; index++) {
    const [row, column, channel] = [index % 32, (index >> 5) % 32, (index >> 10) % 3];
    values[index] = row + 2 * column + 80 * channel + Math.floor(index / 3072);
  }
  return values;
}

/** A split whose labels are stored as bytes, or as doubles. */
function split(labels: number[], options: MatOptions & { asDoubles?: boolean } = {}): Buffer {
  const { header, matrix, double } = writer(options);
  const count = labels.length;
  const y = options.asDoubles
    ? matrix('y', [count, 1], 6, 9, Buffer.concat(labels.map(double)))
    : matrix('y', [count, 1], 9, 2, Buffer.from(labels));
  return Buffer.concat([header(), matrix('X', [32, 32, 3, count], 9, 2, imageValues(count)), y]);
}

function writeSvhn(train: Buffer, tested: Buffer): void {
  writeFileSync(path.join(folder, 'train_32x32.mat'), train);
  writeFileSync(path.join(folder, 'test_32x32.mat'), tested);
}

for (const little of [true, false]) {
  for (const compressed of [true, false]) {
    test(`${little ? 'little' : 'big'}-endian, ${compressed ? 'compressed' : 'plain'}: columns become rows, 10 becomes 0`, () => {
      const options = { little, compressed };
      writeSvhn(split([10, 1, 9, 2, 5], options), split([3], { ...options, asDoubles: true }));
      const { train, test: tested, imageShape, classNames } = svhn.read(folder) as Dataset;
      assert.deepEqual([...train.labels, ...tested.labels], [0, 1, 9, 2, 5, 3]);
      assert.deepEqual([...imageShape, classNames[0]], [32, 32, 3, '0']);
      for (const [image, row, column, channel] of [
        [0, 0, 0, 0],
        [4, 31, 0, 2],
        [2, 3, 17, 1],
        [1, 31, 31, 2],
      ]) {
        const place = ((image * 32 + row) * 32 + column) * 3 + channel;
        assert.equal(train.images[place], (row + 2 * column + 80 * channel + image) & 255);
      }
    });
  }
}

test('a last dimension of 1 may be missing; other variables are passed over', () => {
  const { header, matrix } = writer();
  const text = matrix('note', [1, 3], 4, 4, Buffer.from('a b c '));
  const x = matrix('X', [32, 32, 3], 9, 2, imageValues(1));
  const one = Buffer.concat([header(), text, x, matrix('y', [1, 1], 9, 2, Buffer.from([7]))]);
  writeSvhn(one, one);
  assert.deepEqual([...(svhn.read(folder) as Dataset).train.labels], [7]);
});

test('numbers of every type, in both byte orders', () => {
  const file = path.join(folder, 'numbers.mat');
  for (const little of [true, false]) {
    const { header, matrix } = writer({ little });
    const stored = (bytes: number, write: (buffer: Buffer, value: number, at: number) => void) => {
      const buffer = Buffer.alloc(2 * bytes);
      [1, 100].forEach((value, index) => write(buffer, value, index * bytes));
      return buffer;
    };
    const order = little ? 'LE' : 'BE';
    const types: [number, Buffer][] = [
      [1, stored(1, (buffer, value, at) => buffer.writeInt8(value, at))],
      [2, stored(1, (buffer, value, at) => buffer.writeUInt8(value, at))],
      [3, stored(2, (buffer, value, at) => buffer[`writeInt16${order}`](value, at))],
      [4, stored(2, (buffer, value, at) => buffer[`writeUInt16${order}`](value, at))],
      [5, stored(4, (buffer, value, at) => buffer[`writeInt32${order}`](value, at))],
      [6, stored(4, (buffer, value, at) => buffer[`writeUInt32${order}`](value, at))],
      [7, stored(4, (buffer, value, at) => buffer[`writeFloat${order}`](value, at))],
      [9, stored(8, (buffer, value, at) => buffer[`writeDouble${order}`](value, at))],
    ];
    writeFileSync(
      file,
      Buffer.concat([header(), ...types.map(([type, data]) => matrix(`t${type}`, [1, 2], 6, type, data))]),
    );
    const arrays = readMatFile(file);
    for (const [type] of types)
      assert.deepEqual([...Array.from(arrays.get(`t${type}`)!.values)], [1, 100], `type ${type}`);
  }
});

test('malformed files: file and reason', () => {
  const file = path.join(folder, 'train_32x32.mat');
  const { header, matrix, word } = writer({ compressed: false });
  const good = split([1, 2]);
  const plain = split([1, 2], { compressed: false });
  const hdf = Buffer.from(good);
  hdf.writeUInt16LE(0x0200, 124);
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(100), /it has 100 bytes, fewer than the header's 128\.$/],
    [Buffer.alloc(200), /bytes 126 and 127 are not its mark \('MI' or 'IM'\)\.$/],
    [hdf, /its version is 512, expected 256 \(saved with -v7 or -v6, not -v7\.3\)\.$/],
    [good.subarray(0, good.length - 10), /an element claims \d+ bytes where \d+ are left\.$/],
    [plain.subarray(0, 1000), /an element claims \d+ bytes where 864 are left\.$/],
    [Buffer.concat([header(), word(14)]), /it ends within a tag\.$/],
    [Buffer.concat([header(), word(14), word(0)]), /an array has no flags\.$/],
    [Buffer.concat([header(), word(15), word(8), Buffer.alloc(8)]), /unknown compression method\.$/],
    [
      Buffer.concat([header(), matrix('X', [9, 9], 9, 2, Buffer.alloc(5))]),
      /the array 'X' of \[9, 9\] has 5 values\.$/,
    ],
    [Buffer.concat([header(), matrix('X', [1, 1], 9, 12, Buffer.alloc(8))]), /values of type 12 are not read here\.$/],
  ];
  for (const [bytes, message] of cases) {
    writeFileSync(file, bytes);
    assert.throws(
      () => readMatFile(file),
      (error: Error) => {
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`${file} is not a MATLAB 5 file that can be read: `));
        return true;
      },
    );
  }
});

test('arrays that are not those of SVHN are named', () => {
  const { header, matrix } = writer();
  const file = path.join(folder, 'train_32x32.mat');
  const refuses = (bytes: Buffer, message: string) => {
    writeSvhn(bytes, bytes);
    assert.throws(() => svhn.read(folder), { message });
  };
  const x = matrix('X', [32, 32, 3, 2], 9, 2, imageValues(2));
  refuses(Buffer.concat([header(), x]), `${file} has no numeric arrays X and y, only X.`);
  refuses(
    Buffer.concat([
      header(),
      matrix('X', [3, 2], 9, 2, Buffer.alloc(6)),
      matrix('y', [2, 1], 9, 2, Buffer.from([1, 2])),
    ]),
    `${file}: X is [3, 2], expected bytes in [32, 32, 3, count].`,
  );
  refuses(
    Buffer.concat([header(), x, matrix('y', [3, 1], 9, 2, Buffer.from([1, 2, 3]))]),
    `${file}: y has 3 labels for 2 images.`,
  );
  refuses(split([1, 11]), `${file}: record 1 has label 11, expected 1 to 10.`);
  refuses(split([0]), `${file}: record 0 has label 0, expected 1 to 10.`);
});
