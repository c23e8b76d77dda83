/** NumPy's `.npy` and `.npz`: arrays of numbers; arrays of Python objects, which are pickles, are refused. @see NEP 1 */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { columnMajor, bytesOfNumber, rowMajor, swapped, tensorOfBytes, type NumberType } from './number-types';
import { oneLine } from './one-line';
import { openFile } from './open-file';
import type { StoredTensor } from './safetensors';
import { readZip } from './zip-file';

const types: Record<string, NumberType> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  b1: 'bool',
};

/** More than any distilled set takes. */
const largestBytes = 2 ** 30;

/** The array of an `.npy` file. @throws Error naming the file and what is wrong with it */
export function readNpy(path: string): StoredTensor {
  const descriptor = openFile(path);
  try {
    const { size } = fstatSync(descriptor);
    if (size > largestBytes) throw malformed(path, `it has ${size} bytes, more than any distilled set`);
    return arrayOf(readFileSync(descriptor));
  } catch (error) {
    throw malformed(path, (error as Error).message);
  } finally {
    closeSync(descriptor);
  }
}

/** The arrays of an `.npz` file, by name. @throws Error naming the file and what is wrong with it */
export async function readNpz(path: string): Promise<Record<string, StoredTensor>> {
  closeSync(openFile(path));
  try {
    const arrays: [string, StoredTensor][] = [];
    for (const [file, bytes] of await readZip(path)) {
      const name = file.replace(/\.npy$/, '');
      try {
        arrays.push([name, arrayOf(bytes)]);
      } catch (error) {
        throw new Error(`its array '${name}': ${(error as Error).message}`, { cause: error });
      }
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    throw malformed(path, (error as Error).message);
  }
}

/** A mark, a version, the length of a header, the header as a literal of Python, the numbers. */
function arrayOf(bytes: Buffer): StoredTensor {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new Error("it does not begin with NumPy's mark");
  const version = bytes[6];
  if (version < 1 || version > 3) throw new Error(`its version is ${version}; 1 to 3 are read`);
  const [start, length] = version === 1 ? [10, bytes.readUInt16LE(8)] : [12, bytes.readUInt32LE(8)];
  if (start + length > bytes.length) throw new Error('it breaks off in its header');
  const header = bytes.toString('utf8', start, start + length);
  const found = /^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), ?\}\s*$/.exec(header);
  if (found === null) throw new Error(`its header is not that of an array of numbers: ${header.trim()}`);
  const [, descr, fortran, sides] = found;
  const type = Object.hasOwn(types, descr.slice(1)) ? types[descr.slice(1)] : undefined;
  if (type === undefined || !'<>|='.includes(descr[0])) {
    const objects = descr === '|O' ? ', Python objects, which are never read' : '';
    throw new Error(`its values are of type '${descr}'${objects}; allowed are ${Object.keys(types).join(', ')}`);
  }
  const shape = sides
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const data = bytes.subarray(start + length);
  const expected = shape.reduce((product, side) => product * side, bytesOfNumber(type));
  if (data.length !== expected)
    throw new Error(`an array of shape [${shape.join(', ')}] needs ${expected} bytes, it has ${data.length}`);
  const steps = fortran === 'True' ? columnMajor(shape) : rowMajor(shape);
  return tensorOfBytes(descr[0] === '>' ? swapped(data, type) : data, type, shape, { offset: 0, steps });
}

function malformed(path: string, reason: string): Error {
  return new Error(`${path} is not a usable NumPy file: ${oneLine(reason)}.`);
}
