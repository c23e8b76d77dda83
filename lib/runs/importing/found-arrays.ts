/** The arrays of files made elsewhere, whatever format they are in, under the names that they have there. */
import path from 'node:path';
import { tensorOfBytes } from '../../files/number-types';
import { readNpyFile, readNpzFile } from '../../files/numpy-file';
import { readSafetensors, type StoredTensor } from '../../files/safetensors';
import { readTorchFile } from '../../files/torch-file';

export interface FoundArray {
  file: string;
  /** As in the file, e.g. 'data.0.1'; of a file that holds one array alone, the file's, e.g. 'images' of images_best.pt. */
  name: string;
  tensor: StoredTensor;
}

type Read = (file: string) => FoundArray[] | Promise<FoundArray[]>;

const torch: Read = async (file) =>
  (await readTorchFile(file)).map(({ path: place, tensor }) => ({
    file,
    name: place.length === 0 ? nameOfFile(file) : place.join('.'),
    tensor,
  }));

const formats: Record<string, Read> = {
  '.safetensors': (file) => {
    const { tensors, metadata } = readSafetensors(file);
    if (metadata.format?.startsWith('haba distilled set ') && metadata.run !== undefined) {
      throw new Error(`${file} is a set of haba already: npm run haba -- evaluate ${file} trains students on it.`);
    }
    return named(file, Object.fromEntries(Object.entries(tensors).map(([name, one]) => [name, asNumbers(one)])));
  },
  '.npy': (file) => [{ file, name: nameOfFile(file), tensor: readNpyFile(file) }],
  '.npz': async (file) => named(file, await readNpzFile(file)),
  '.pt': torch,
  '.pth': torch,
};

/**
 * Reads files one after the other; nothing in them is executed.
 * @throws RangeError for an ending that is not known; Error naming the file and what is wrong with it
 */
export async function readArrays(files: readonly string[]): Promise<FoundArray[]> {
  if (files.length === 0) throw new RangeError('Import: no file was named; give those of images and labels.');
  const found: FoundArray[] = [];
  for (const file of files) {
    const ending = path.extname(file).toLowerCase();
    if (!Object.hasOwn(formats, ending)) {
      throw new RangeError(`${file} ends in '${ending}'; what is read ends in ${Object.keys(formats).join(', ')}.`);
    }
    found.push(...(await formats[ending](file)));
  }
  return found;
}

/** Half precision is stored as its bits. */
function asNumbers(tensor: StoredTensor): StoredTensor {
  const { type, shape, values } = tensor;
  if (type !== 'F16') return tensor;
  return tensorOfBytes(Buffer.from(values.buffer, values.byteOffset, values.byteLength), 'float16', shape);
}

/** Arrays as sentences list them, e.g. 'images [500, 3, 32, 32], labels [500]'. */
export function listArrays(arrays: readonly FoundArray[]): string {
  const shown = arrays.slice(0, 12).map(({ name, tensor }) => `${name} [${tensor.shape.join(', ')}]`);
  return (
    [...shown, ...(arrays.length > shown.length ? [`${arrays.length - shown.length} more`] : [])].join(', ') ||
    'nothing'
  );
}

function named(file: string, tensors: Record<string, StoredTensor>): FoundArray[] {
  return Object.entries(tensors).map(([name, tensor]) => ({ file, name, tensor }));
}

/** Without what training scripts append: the iteration, or that it is the best. */
function nameOfFile(file: string): string {
  return path.parse(file).name.replace(/[_-](best|final|last|\d+)$/i, '');
}
