/** Numbers of other programs' files, as the types that are held here. */
import { getFloat16 } from '@petamoriken/float16';
import type { StoredTensor } from './safetensors';

export type NumberType = keyof typeof numberTypes;

interface Reader {
  bytes: number;
  /** What they become: half precision is exact in float32, small integers in int32. */
  stored: keyof typeof arrays;
  read: (view: DataView, at: number) => number | bigint;
}

const numberTypes = {
  float16: { bytes: 2, stored: 'F32', read: (view, at) => getFloat16(view, at, true) },
  bfloat16: { bytes: 2, stored: 'F32', read: (view, at) => brain(view.getUint16(at, true)) },
  float32: { bytes: 4, stored: 'F32', read: (view, at) => view.getFloat32(at, true) },
  float64: { bytes: 8, stored: 'F64', read: (view, at) => view.getFloat64(at, true) },
  int8: { bytes: 1, stored: 'I32', read: (view, at) => view.getInt8(at) },
  int16: { bytes: 2, stored: 'I32', read: (view, at) => view.getInt16(at, true) },
  int32: { bytes: 4, stored: 'I32', read: (view, at) => view.getInt32(at, true) },
  int64: { bytes: 8, stored: 'I64', read: (view, at) => view.getBigInt64(at, true) },
  uint8: { bytes: 1, stored: 'U8', read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, stored: 'BOOL', read: (view, at) => view.getUint8(at) },
} satisfies Record<string, Reader>;

const arrays = {
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** Values of a tensor whose steps of zero make it larger than what is stored, at most. */
const mostExpanded = 2 ** 20;

/** Which elements a tensor consists of, in steps of elements, as PyTorch's views have them. */
export interface Strides {
  offset: number;
  /** One a dimension. */
  steps: readonly number[];
}

export function bytesOfNumber(type: NumberType): number {
  return numberTypes[type].bytes;
}

/**
 * A tensor of raw numbers, little-endian ones; its last dimension runs fastest.
 * @param steps where its elements lie; default: one after another
 * @throws RangeError where it does not lie within the bytes
 */
export function tensorOfBytes(
  bytes: Buffer,
  type: NumberType,
  shape: readonly number[],
  { offset, steps }: Strides = { offset: 0, steps: rowMajor(shape) },
): StoredTensor {
  const { bytes: size, stored, read } = numberTypes[type] as Reader;
  const count = shape.reduce((product, side) => product * side, 1);
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (
    ![...shape, ...steps, offset].every(isWhole) ||
    steps.length !== shape.length ||
    !(count <= Math.max(mostExpanded, bytes.length / size))
  ) {
    throw new RangeError(
      `a tensor of shape [${shape.join(', ')}] with steps [${steps.join(', ')}] is none that is read here`,
    );
  }
  const last = shape.reduce((place, side, dimension) => place + (side - 1) * steps[dimension], offset);
  if (count > 0 && (last + 1) * size > bytes.length) {
    throw new RangeError(
      `a tensor of shape [${shape.join(', ')}] needs ${(last + 1) * size} bytes, ${bytes.length} are there`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new arrays[stored](count);
  const index = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let element = 0; element < count; element++) {
    values[element] = read(view, place * size);
    for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
      place += steps[dimension];
      if (++index[dimension] < shape[dimension]) break;
      place -= steps[dimension] * shape[dimension];
      index[dimension] = 0;
    }
  }
  return { type: stored, shape: [...shape], values };
}

/** Steps of a tensor whose last dimension runs fastest. */
function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, dimension) => shape.slice(dimension + 1).reduce((product, side) => product * side, 1));
}

const word = new DataView(new ArrayBuffer(4));

/** The upper half of a float32. */
function brain(bits: number): number {
  word.setUint32(0, bits * 65536);
  return word.getFloat32(0);
}
