/** NumPy's `.npy` and `.npz` as files: arrays of numbers; arrays of Python objects, which are pickles, are refused. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { readNpy, type NumpyArray } from './numpy';
import { oneLine } from './one-line';
import { openFile } from './open-file';
import type { StoredTensor } from './safetensors';
import { readZip } from './zip-file';

/** More than any distilled set takes. */
const largestBytes = 2 ** 30;

/** The array of an `.npy` file. @throws Error naming the file and what is wrong with it */
export function readNpyFile(path: string): StoredTensor {
  const descriptor = openFile(path);
  try {
    const { size } = fstatSync(descriptor);
    if (size > largestBytes) throw new Error(`it has ${size} bytes, more than any distilled set`);
    return toStored(readNpy(readFileSync(descriptor)));
  } catch (error) {
    throw malformed(path, error);
  } finally {
    closeSync(descriptor);
  }
}

/** The arrays of an `.npz` file, by name. @throws Error naming the file and what is wrong with it */
export async function readNpzFile(path: string): Promise<Record<string, StoredTensor>> {
  closeSync(openFile(path));
  try {
    const arrays: [string, StoredTensor][] = [];
    for (const [file, bytes] of await readZip(path)) {
      const name = file.replace(/\.npy$/, '');
      try {
        arrays.push([name, toStored(readNpy(bytes))]);
      } catch (error) {
        throw new Error(`in '${name}' ${(error as Error).message}`, { cause: error });
      }
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    throw malformed(path, error);
  }
}

/** Small integers become int32; those that int32 does not hold, doubles. */
export function toStored({ shape, values }: NumpyArray): StoredTensor {
  const sides = [...shape];
  if (values instanceof Float32Array) return { type: 'F32', shape: sides, values };
  if (values instanceof Uint8Array) return { type: 'U8', shape: sides, values };
  if (values instanceof Float64Array || values instanceof Uint32Array) {
    return { type: 'F64', shape: sides, values: Float64Array.from(values) };
  }
  return { type: 'I32', shape: sides, values: Int32Array.from(values) };
}

function malformed(path: string, error: unknown): Error {
  return new Error(`${path} is not a usable NumPy file: ${oneLine((error as Error).message)}.`, { cause: error });
}
