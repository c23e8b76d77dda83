/**
 * MATLAB 5 files, as far as image datasets use them: numeric arrays, compressed or not, in either byte order.
 *
 * Written here because the one reader on npm that handles such files (mat-for-js) is licensed under the GPL and turns
 * every array into nested lists of numbers, 225 million of them for SVHN.
 * @see MAT-File Format, The MathWorks, "Level 5 MAT-File Format"
 */
import { inflateSync } from 'node:zlib';
import { oneLine } from '../files/one-line';
import { readSourceFile } from './source-file';

/** A numeric array; values in MATLAB's order, the first index running fastest. */
export interface MatArray {
  shape: number[];
  values: ArrayLike<number>;
}

/** Larger than all arrays of an official file together. */
const largestBytes = 2 ** 28;
/** Images are bytes; other numbers are labels. */
const mostNumbers = 2 ** 24;

const headerBytes = 128;
const [matrixType, compressedType] = [14, 15];

/** Bytes a value, and how to read one, of each type of stored numbers. */
const numberTypes: Record<number, { bytes: number; read: (view: DataView, at: number, little: boolean) => number }> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
};

/** A part of a file: a type and its bytes. */
interface Element {
  type: number;
  data: Buffer;
}

/**
 * Reads the numeric arrays of a file, by name. Other variables (text, cells, structures, objects) are left out.
 * @throws Error naming file and reason
 */
export function readMatFile(file: string): Map<string, MatArray> {
  const bytes = readSourceFile(file);
  try {
    return readArrays(bytes);
  } catch (error) {
    throw new Error(`${file} is not a MATLAB 5 file that can be read: ${oneLine((error as Error).message)}.`, {
      cause: error,
    });
  }
}

function readArrays(bytes: Buffer): Map<string, MatArray> {
  if (bytes.length < headerBytes)
    throw new Error(`it has ${bytes.length} bytes, fewer than the header's ${headerBytes}`);
  const mark = bytes.toString('latin1', 126, 128);
  if (mark !== 'IM' && mark !== 'MI') throw new Error(`bytes 126 and 127 are not its mark ('MI' or 'IM')`);
  const little = mark === 'IM';
  const version = little ? bytes.readUInt16LE(124) : bytes.readUInt16BE(124);
  if (version !== 0x0100) throw new Error(`its version is ${version}, expected 256 (saved with -v7 or -v6, not -v7.3)`);
  const arrays = new Map<string, MatArray>();
  let room = largestBytes;
  for (const element of elementsOf(bytes.subarray(headerBytes), little)) {
    const matrix = element.type === compressedType ? uncompress(element.data, little, room) : element;
    if (matrix !== element) room -= matrix.data.length;
    if (matrix.type !== matrixType) continue;
    const array = readMatrix(matrix.data, little);
    if (array !== undefined) arrays.set(array.name, array);
  }
  return arrays;
}

/** Elements one after another: an eight-byte tag and data, or both in eight bytes. */
function* elementsOf(bytes: Buffer, little: boolean): Generator<Element> {
  const word = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw new Error('it ends within a tag');
    const first = word(at);
    const isSmall = first >>> 16 !== 0;
    const type = isSmall ? first & 0xffff : first;
    const size = isSmall ? first >>> 16 : word(at + 4);
    const start = at + (isSmall ? 4 : 8);
    const end = start + size;
    if (isSmall ? size > 4 : end > bytes.length) {
      throw new Error(`an element claims ${size} bytes where ${isSmall ? 4 : bytes.length - start} are left`);
    }
    yield { type, data: bytes.subarray(start, end) };
    // Elements are padded to eight bytes, except compressed ones.
    at = isSmall ? at + 8 : type === compressedType ? end : start + Math.ceil(size / 8) * 8;
  }
}

function uncompress(data: Buffer, little: boolean, room: number): Element {
  const [element] = elementsOf(inflateSync(data, { maxOutputLength: Math.max(1, room) }), little);
  if (element === undefined) throw new Error('a compressed element is empty');
  return element;
}

/** @returns undefined for anything but a real numeric array */
function readMatrix(data: Buffer, little: boolean): (MatArray & { name: string }) | undefined {
  const [flags, dimensions, name, real] = elementsOf(data, little);
  if (flags?.data.length !== 8) throw new Error('an array has no flags');
  const word = little ? flags.data.readUInt32LE(0) : flags.data.readUInt32BE(0);
  const [arrayClass, isComplex] = [word & 0xff, (word & 0x800) !== 0];
  // Classes 6 to 13 are numbers; those below are cells, structures, objects, text and sparse matrices.
  if (arrayClass < 6 || arrayClass > 13 || isComplex) return undefined;
  if (dimensions === undefined || name === undefined || real === undefined) throw new Error('an array is not whole');
  const shape = [...numbersOf(dimensions, little)];
  const values = numbersOf(real, little);
  const expected = shape.reduce((product, size) => product * size, 1);
  if (values.length !== expected) {
    throw new Error(`the array '${name.data.toString('latin1')}' of [${shape.join(', ')}] has ${values.length} values`);
  }
  return { name: name.data.toString('latin1'), shape, values };
}

/** The bytes themselves where a value is one, else numbers. */
function numbersOf({ type, data }: Element, little: boolean): Uint8Array | Float64Array {
  if (type === 2) return data;
  const kind = numberTypes[type];
  if (kind === undefined) throw new Error(`values of type ${type} are not read here`);
  const count = Math.floor(data.length / kind.bytes);
  if (count > mostNumbers) throw new Error(`an array of ${count} numbers that are not bytes is larger than any labels`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Float64Array.from({ length: count }, (_, index) => kind.read(view, index * kind.bytes, little));
}
