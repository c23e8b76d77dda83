/** Images in a NumPy archive, as Keras has MNIST and MedMNIST its datasets: arrays of images and of labels, for training and for tests. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fromBufferPromise } from 'yauzl';
import { readNpy, type NumpyArray } from '../files/numpy';
import { oneLine } from '../files/one-line';
import { resizePixels } from './decode-images';
import type { ImageTable, TableSplit } from './image-table';
import { readSourceFile } from './source-file';

/** Names that images and labels of a split have, in the order in which they are looked for. */
const namesOf = (split: string): [images: string, labels: string][] => [
  [`x_${split}`, `y_${split}`],
  [`${split}_images`, `${split}_labels`],
  [`images_${split}`, `labels_${split}`],
  [`${split}_x`, `${split}_y`],
  [`X_${split}`, `Y_${split}`],
  [`X_${split}`, `y_${split}`],
];

const tests = ['test', 'val', 'valid', 'validation'];

/** More than any array of a dataset read here has. */
const largestBytes = 2 ** 31 - 1;

/** The archive in a folder: of one of the names, or the only one. */
export function npzFile(folder: string, names?: readonly string[]): string | undefined {
  const found = readdirSync(folder).filter((name) => (names ? names.includes(name) : name.endsWith('.npz')));
  return found.length === 1 ? path.join(folder, found[0]) : undefined;
}

/** @throws Error naming the file and what is wrong with it */
export async function readNpzTable(file: string): Promise<ImageTable> {
  const arrays = await readNpz(file);
  const split = (wanted: readonly string[]): TableSplit => {
    const names = wanted.flatMap(namesOf);
    const found = names.find((pair) => pair.every((name) => arrays.has(name)));
    if (!found) {
      throw new Error(
        `${file} has no images and labels to ${wanted.includes('train') ? 'train on' : 'test on'}, as ${names[0].join(' and ')}: ` +
          `it has ${oneLine([...arrays.keys()].join(', '), 200) || 'nothing'}.`,
      );
    }
    return splitOf(`${file} (${found.join(', ')})`, arrays.get(found[0])!, arrays.get(found[1])!);
  };
  return { train: split(['train']), test: split(tests) };
}

async function readNpz(file: string): Promise<Map<string, NumpyArray>> {
  const bytes = readSourceFile(file);
  const arrays = new Map<string, NumpyArray>();
  try {
    const zip = await fromBufferPromise(bytes);
    for await (const entry of zip.eachEntry()) {
      if (entry.uncompressedSize > largestBytes) throw new Error(`${entry.fileName} is too large`);
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      arrays.set(entry.fileName.replace(/\.npy$/, ''), readNpy(Buffer.concat(chunks)));
    }
  } catch (error) {
    throw new Error(`${file} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
  }
  return arrays;
}

function splitOf(file: string, images: NumpyArray, labels: NumpyArray): TableSplit {
  const shape = images.shape.length === 3 ? [...images.shape, 1] : images.shape;
  const [count, height, width, channels] = shape;
  if (!(images.values instanceof Uint8Array) || shape.length !== 4 || (channels !== 1 && channels !== 3)) {
    const kind = images.values.constructor.name.replace('Array', '');
    throw new Error(
      `${file}: images are ${kind} of [${images.shape.join(', ')}], expected bytes (uint8, 0 to 255) of [count, height, width] or ` +
        '[count, height, width, 1 or 3].',
    );
  }
  if (labels.values.length !== count) {
    throw new Error(`${file}: labels are [${labels.shape.join(', ')}] for ${count} images, expected one an image.`);
  }
  const pixels = images.values;
  return {
    file,
    labels: Array.from(labels.values),
    images: (imageShape) => resizePixels(pixels, [height, width, channels], imageShape),
  };
}
