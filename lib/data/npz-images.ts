/** Images in a NumPy archive, as Keras has MNIST and MedMNIST its datasets: arrays of images and of labels, for training and for tests. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { readNpy, type NumpyArray } from '../files/numpy';
import { oneLine } from '../files/one-line';
import { readZip } from '../files/zip-file';
import { resizePixels } from './decode-images';
import type { ImageTable, LabelSplit, LabelTable, TableSplit } from './image-table';
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
    const [images, labels] = pairIn(file, [...arrays.keys()], wanted);
    return splitOf(`${file} (${images}, ${labels})`, arrays.get(images)!, arrays.get(labels)!);
  };
  return { train: split(['train']), test: split(tests) };
}

/** More than any number of labels takes. */
const largestLabels = 2 ** 28;

/** The labels alone, without waiting. @throws Error naming the file and what is wrong with it */
export function readNpzLabels(file: string): LabelTable {
  const bytes = readSourceFile(file);
  const unzipped = (wanted: (name: string, size: number) => boolean) => {
    try {
      return unzipSync(bytes, { filter: ({ name, originalSize }) => wanted(name, originalSize) });
    } catch (error) {
      throw new Error(`${file} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
    }
  };
  const present: string[] = [];
  unzipped((name) => {
    present.push(name.replace(/\.npy$/, ''));
    return false;
  });
  const split = (wanted: readonly string[]): LabelSplit => {
    const [images, labels] = pairIn(file, present, wanted);
    const found = unzipped((name, size) => {
      if (name !== `${labels}.npy`) return false;
      if (size > largestLabels) throw new Error(`${name} is too large`);
      return true;
    });
    try {
      const { values } = readNpy(Buffer.from(found[`${labels}.npy`] ?? []));
      return { file: `${file} (${images}, ${labels})`, labels: Array.from(values) };
    } catch (error) {
      throw new Error(`${file} cannot be read: ${labels}: ${oneLine((error as Error).message)}.`, { cause: error });
    }
  };
  return { train: split(['train']), test: split(tests) };
}

/** What the images and labels of a split are called. */
function pairIn(file: string, present: readonly string[], wanted: readonly string[]): [images: string, labels: string] {
  const names = wanted.flatMap(namesOf);
  const found = names.find((pair) => pair.every((name) => present.includes(name)));
  if (found) return found;
  throw new Error(
    `${file} has no images and labels to ${wanted.includes('train') ? 'train on' : 'test on'}, as ${names[0].join(' and ')}: ` +
      `it has ${oneLine(present.join(', '), 200) || 'nothing'}.`,
  );
}

async function readNpz(file: string): Promise<Map<string, NumpyArray>> {
  const bytes = readSourceFile(file);
  const arrays = new Map<string, NumpyArray>();
  try {
    const files = await readZip(bytes, (name, size) => {
      if (size > largestBytes) throw new Error(`${name} is too large`);
    });
    for (const [name, content] of files) arrays.set(name.replace(/\.npy$/, ''), readNpy(content));
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
