/** NumPy's arrays: in pickles, and in .npy files. */
import { getFloat16 } from '@petamoriken/float16';
import type { PickleGlobal, Stateful } from './pickle';

export interface NumpyArray {
  shape: readonly number[];
  /** In the order of C: the last index runs fastest. */
  values: Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
}

/** Of NumPy's types those that datasets use; integers of 64 bits become doubles, which hold all of 53 bits. */
const readers: Record<string, { bytes: number; read: (view: DataView, count: number) => NumpyArray['values'] }> = {
  u1: { bytes: 1, read: (view, count) => new Uint8Array(view.buffer, view.byteOffset, count) },
  b1: { bytes: 1, read: (view, count) => new Uint8Array(view.buffer, view.byteOffset, count) },
  i1: { bytes: 1, read: (view, count) => new Int8Array(view.buffer, view.byteOffset, count) },
  u2: { bytes: 2, read: (view, count) => Uint16Array.from({ length: count }, (_, at) => view.getUint16(2 * at, true)) },
  i2: { bytes: 2, read: (view, count) => Int16Array.from({ length: count }, (_, at) => view.getInt16(2 * at, true)) },
  u4: { bytes: 4, read: (view, count) => Uint32Array.from({ length: count }, (_, at) => view.getUint32(4 * at, true)) },
  i4: { bytes: 4, read: (view, count) => Int32Array.from({ length: count }, (_, at) => view.getInt32(4 * at, true)) },
  f2: {
    bytes: 2,
    read: (view, count) => Float32Array.from({ length: count }, (_, at) => getFloat16(view, 2 * at, true)),
  },
  f4: {
    bytes: 4,
    read: (view, count) => Float32Array.from({ length: count }, (_, at) => view.getFloat32(4 * at, true)),
  },
  f8: {
    bytes: 8,
    read: (view, count) => Float64Array.from({ length: count }, (_, at) => view.getFloat64(8 * at, true)),
  },
  u8: {
    bytes: 8,
    read: (view, count) => Float64Array.from({ length: count }, (_, at) => Number(view.getBigUint64(8 * at, true))),
  },
  i8: {
    bytes: 8,
    read: (view, count) => Float64Array.from({ length: count }, (_, at) => Number(view.getBigInt64(8 * at, true))),
  },
};

/**
 * @param type as NumPy writes it, e.g. '|u1' or '<i8'
 * @throws Error for a type that is not read, or bytes that are not of that shape
 */
export function numpyArray(bytes: Buffer, type: string, shape: readonly number[], fortran = false): NumpyArray {
  const [, order = '', name = ''] = /^([<>|=]?)([a-z]\d+)$/.exec(type) ?? [];
  if (!Object.hasOwn(readers, name)) {
    throw new Error(`an array has the type '${type}', and only numbers of 8 to 64 bits are read`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || bytes.length !== count * readers[name].bytes) {
    throw new Error(`an array of [${shape.join(', ')}] in '${type}' has ${bytes.length} bytes`);
  }
  const ordered = order === '>' ? swapped(bytes, readers[name].bytes) : bytes;
  const view = new DataView(ordered.buffer, ordered.byteOffset, ordered.byteLength);
  const values = readers[name].read(view, count);
  return { shape, values: fortran && shape.length > 1 ? lastIndexFastest(values, shape) : values };
}

/** Least byte first, of numbers that have it last. */
function swapped(bytes: Buffer, size: number): Buffer {
  const copy = Buffer.from(bytes);
  if (size === 2) return copy.swap16();
  if (size === 4) return copy.swap32();
  return size === 8 ? copy.swap64() : copy;
}

/** Fortran's order, where the first index runs fastest, as C's. */
function lastIndexFastest(values: NumpyArray['values'], shape: readonly number[]): NumpyArray['values'] {
  const ordered = values.slice();
  const steps = shape.map((_, index) => shape.slice(0, index).reduce((product, size) => product * size, 1));
  for (let place = 0; place < ordered.length; place++) {
    let [from, rest] = [0, place];
    for (let index = shape.length - 1; index >= 0; index--) {
      from += (rest % shape[index]) * steps[index];
      rest = Math.floor(rest / shape[index]);
    }
    ordered[place] = values[from];
  }
  return ordered;
}

/** A type in a pickle: its byte order comes as a state. */
class PickledType implements Stateful {
  order = '|';
  constructor(readonly name: string) {}
  setState(state: unknown): void {
    if (!Array.isArray(state) || typeof textOf(state[1]) !== 'string') throw new Error('an array has no type');
    this.order = textOf(state[1]) as string;
  }
}

/** An array in a pickle: empty until its state comes. */
export class PickledArray implements Stateful, NumpyArray {
  shape: readonly number[] = [0];
  values: NumpyArray['values'] = new Uint8Array(0);
  setState(state: unknown): void {
    const [, shape, type, fortran, bytes] = Array.isArray(state) ? (state as unknown[]) : [];
    Object.assign(this, arrayOf(bytes, type, shape, fortran === true));
  }
}

/** @throws Error for what is no array's content */
function arrayOf(bytes: unknown, type: unknown, shape: unknown, fortran = false): NumpyArray {
  if (!(type instanceof PickledType) || !Buffer.isBuffer(bytes) || !isShape(shape)) {
    throw new Error('an array is not given as shape, type and bytes');
  }
  return numpyArray(bytes, `${type.order}${type.name}`, shape, fortran);
}

const isShape = (shape: unknown): shape is number[] =>
  Array.isArray(shape) && shape.every((size) => typeof size === 'number');

const textOf = (text: unknown) => (Buffer.isBuffer(text) ? text.toString('latin1') : text);

/** A NumPy array's own class: named, never called. */
const arrayClass: PickleGlobal = () => {
  throw new Error('it makes an array in a way that is not read');
};

const reconstruct: PickleGlobal = () => new PickledArray();

const fromBuffer: PickleGlobal = (bytes, type, shape, order) =>
  Object.assign(new PickledArray(), arrayOf(bytes, type, shape, textOf(order) === 'F'));

/** For `readPickle`: arrays as NumPy 1 and 2 pickle them, in every protocol. */
export const numpyGlobals: Readonly<Record<string, PickleGlobal>> = {
  'numpy ndarray': arrayClass,
  'numpy dtype': (name) => new PickledType(String(textOf(name))),
  'numpy.core.multiarray _reconstruct': reconstruct,
  'numpy._core.multiarray _reconstruct': reconstruct,
  'numpy.core.numeric _frombuffer': fromBuffer,
  'numpy._core.numeric _frombuffer': fromBuffer,
  // How bytes look in protocols before 3, which have none.
  '_codecs encode': (text) => Buffer.from(String(text), 'latin1'),
};

/** An .npy file. @throws Error that says why it is none @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export function readNpy(bytes: Buffer): NumpyArray {
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY' || bytes.length < 12) throw new Error('it is no .npy file');
  const wide = bytes[6] > 1;
  const begins = wide ? 12 : 10;
  const ends = begins + (wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8));
  if (ends > bytes.length) throw new Error('its header is cut short');
  const header = bytes.toString('latin1', begins, ends);
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined || fortran === undefined || shape === undefined) {
    throw new Error(`its header is not understood`);
  }
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  return numpyArray(bytes.subarray(ends), type, sizes, fortran === 'True');
}
