/**
 * IDX files, the format of MNIST: two zero bytes, the type of the values, the rank, the sizes as 32-bit big-endian
 * integers, the values.
 */
import { gunzipSync } from 'node:zlib';
import { oneLine } from '../files/one-line';
import { readSourceFile } from './source-file';

/** The only type that image datasets use. */
const unsignedBytes = 0x08;

/** No official file is larger, unpacked. */
const largestBytes = 2 ** 27;

export interface IdxArray {
  shape: number[];
  values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, compressed with gzip or not.
 * @param rank of the array: 3 for images, 1 for labels
 * @throws Error naming file and reason
 */
export function readIdxFile(file: string, rank: number): IdxArray {
  const bytes = uncompressed(file, readSourceFile(file));
  const malformed = (reason: string) => new Error(`${file} is not an IDX file of rank ${rank}: ${reason}.`);
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < 4) throw malformed(`it has ${bytes.length} bytes, fewer than a header`);
  const [first, second, type, givenRank] = bytes;
  if (first !== 0 || second !== 0) throw malformed(`it begins with bytes ${first}, ${second}, expected 0, 0`);
  if (type !== unsignedBytes)
    throw malformed(`its values have type ${type}, expected ${unsignedBytes} (unsigned bytes)`);
  if (givenRank !== rank) throw malformed(`its rank is ${givenRank}`);
  if (bytes.length < headerBytes) throw malformed(`its header ends after ${bytes.length} of ${headerBytes} bytes`);
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const expected = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - headerBytes !== expected) {
    throw malformed(`its sizes [${shape.join(', ')}] need ${expected} values, it has ${bytes.length - headerBytes}`);
  }
  return { shape, values: bytes.subarray(headerBytes) };
}

function uncompressed(file: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: largestBytes });
  } catch (error) {
    throw new Error(`${file} cannot be uncompressed: ${oneLine((error as Error).message)}.`, { cause: error });
  }
}
