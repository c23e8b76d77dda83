/** Images in a NumPy archive, as Keras has MNIST and MedMNIST its datasets: arrays of images and of labels, for training and for tests. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { readNpy, type NumpyArray } from '../files/numpy';
import { oneLine } from '../files/one-line';
import { readZip } from '../files/zip-file';
import { resizePixels } from './decode-images';
import { interleavePlanes } from './interleave-planes';
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

/** Those of a file that is of one split. */
const ownNames: [images: string, labels: string][] = [
  ['images', 'labels'],
  ['x', 'y'],
  ['X', 'y'],
  ['data', 'labels'],
];

const tests = ['test', 'val', 'valid', 'validation'];

/** More than any array of a dataset read here has. */
const largestBytes = 2 ** 31 - 1;

/** Where the splits are: in one archive, or one in each. */
export interface NpzFiles {
  train: string;
  test: string;
}

/** The archive in a folder: of one of the names, or the only one; or `train.npz` beside `test.npz`, or what else tests are called. */
export function npzFiles(folder: string, names?: readonly string[]): NpzFiles | undefined {
  const found = readdirSync(folder).filter((name) => (names ? names.includes(name) : name.endsWith('.npz')));
  const test = tests.map((name) => `${name}.npz`).find((name) => found.includes(name));
  const [of, other] = found.length === 1 ? [found[0], found[0]] : ['train.npz', test];
  return found.includes(of) && other !== undefined
    ? { train: path.join(folder, of), test: path.join(folder, other) }
    : undefined;
}

/** @throws Error naming the file and what is wrong with it */
export async function readNpzTable(files: NpzFiles): Promise<ImageTable> {
  const archives = new Map<string, Map<string, NumpyArray>>();
  for (const file of new Set(Object.values<string>({ ...files }))) archives.set(file, await readNpz(file));
  const split = (name: keyof NpzFiles): TableSplit => {
    const arrays = archives.get(files[name])!;
    const [images, labels] = pairIn(files, name, [...arrays.keys()]);
    return splitOf(`${files[name]} (${images}, ${labels})`, arrays.get(images)!, arrays.get(labels)!);
  };
  return { train: split('train'), test: split('test') };
}

/** More than any number of labels takes. */
const largestLabels = 2 ** 28;

/** The labels alone, without waiting. @throws Error naming the file and what is wrong with it */
export function readNpzLabels(files: NpzFiles): LabelTable {
  return { train: labelsIn(files, 'train'), test: labelsIn(files, 'test') };
}

function labelsIn(files: NpzFiles, split: keyof NpzFiles): LabelSplit {
  const file = files[split];
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
  const [images, labels] = pairIn(files, split, present);
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
}

/** What the images and labels of a split are called. */
function pairIn(files: NpzFiles, split: keyof NpzFiles, present: readonly string[]): [images: string, labels: string] {
  const isOfBoth = files.train === files.test;
  const names = [...(split === 'train' ? ['train'] : tests).flatMap(namesOf), ...(isOfBoth ? [] : ownNames)];
  const found = names.find((pair) => pair.every((name) => present.includes(name)));
  if (found) return found;
  throw new Error(
    `${files[split]} has no images and labels to ${split} on, as ${names[0].join(' and ')}: ` +
      `it has ${oneLine(present.join(', '), 200) || 'nothing'}. ` +
      'Images to train on and to test on may also lie in train.npz and test.npz, each as images and labels.',
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
  const isChannels = (size: number) => size === 1 || size === 3;
  // PyTorch's order: [count, channels, height, width].
  const first = shape.length === 4 && isChannels(shape[1]) && !isChannels(shape[3]);
  const [count, height, width, channels] = first ? [shape[0], shape[2], shape[3], shape[1]] : shape;
  if (shape.length !== 4 || !isChannels(channels)) {
    throw new Error(
      `${file}: images are [${images.shape.join(', ')}], expected [count, height, width], [count, height, width, 1 or 3] or ` +
        '[count, 1 or 3, height, width].',
    );
  }
  if (labels.values.length !== count) {
    throw new Error(`${file}: labels are [${labels.shape.join(', ')}] for ${count} images, expected one an image.`);
  }
  const bytes = bytesOf(file, images.values);
  const pixels = first && channels === 3 ? channelsLast(bytes, height * width) : bytes;
  return {
    file,
    labels: Array.from(labels.values),
    images: (imageShape) => resizePixels(pixels, [height, width, channels], imageShape),
  };
}

/** Bytes as they are; other numbers are those of bytes, or from 0 to 1. @throws Error naming the file of numbers that are neither */
function bytesOf(file: string, values: NumpyArray['values']): Uint8Array {
  if (values instanceof Uint8Array) return values;
  let [least, most] = [0, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (!(least >= 0 && most <= 255)) {
    throw new Error(
      `${file}: images are numbers from ${least} to ${most}, expected 0 to 255, or 0 to 1: save them as they are before they are ` +
        'normalised.',
    );
  }
  const isFraction = (values instanceof Float32Array || values instanceof Float64Array) && most <= 1;
  return Uint8Array.from(values, (value) => Math.round(isFraction ? 255 * value : value));
}

/** [count, 3, plane] as [count, plane, 3]. */
function channelsLast(planes: Uint8Array, plane: number): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let from = 0; from < planes.length; from += 3 * plane) interleavePlanes(planes, from, pixels, from, plane);
  return pixels;
}
