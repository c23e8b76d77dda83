/**
 * CIFAR-10 and CIFAR-100 as Python has them, and as torchvision downloads them: pickles of a dict with `data`, [count, 3072] bytes in
 * planes of colour, and labels. The same images as in the binary version, in the same order.
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
import path from 'node:path';
import { numpyGlobals, PickledArray, type NumpyArray } from '../files/numpy';
import { oneLine } from '../files/one-line';
import { readPickle } from '../files/pickle';
import { interleavePlanes } from './interleave-planes';
import type { ImageSplit } from './dataset';
import { readSourceFile } from './source-file';

const plane = 32 * 32;

export interface PythonCifar {
  /** Where a dict has the labels: 'labels', or 'fine_labels' with CIFAR-100. */
  key: string;
  classCount: number;
}

/** @throws Error naming the file and what is wrong with it */
export function readPythonCifar(names: readonly string[], folder: string, options: PythonCifar): ImageSplit {
  const batches = names.map((name) => readBatch(path.join(folder, name), options));
  const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
  const images = new Uint8Array(count * 3 * plane);
  let image = 0;
  for (const { planes } of batches) {
    for (let from = 0; from < planes.length; from += 3 * plane, image++) {
      interleavePlanes(planes, from, images, image * 3 * plane, plane);
    }
  }
  return { images, labels: Uint8Array.from(batches.flatMap(({ labels }) => labels)), count };
}

const isArray = (value: unknown): value is NumpyArray => value instanceof PickledArray;

function readBatch(file: string, { key, classCount }: PythonCifar): { planes: Uint8Array; labels: number[] } {
  const malformed = (reason: string) => new Error(`${file} is not a Python CIFAR file: ${reason}.`);
  const bytes = readSourceFile(file);
  let content: unknown;
  try {
    content = readPickle(bytes, { globals: numpyGlobals });
  } catch (error) {
    throw malformed(oneLine((error as Error).message));
  }
  if (!(content instanceof Map)) throw malformed('it holds no dict');
  const data: unknown = content.get('data');
  const shape = isArray(data) ? data.shape : [];
  if (!isArray(data) || !(data.values instanceof Uint8Array) || shape[1] !== 3 * plane || shape[0] < 1) {
    throw malformed(`'data' is [${shape.join(', ')}], expected bytes of [count, ${3 * plane}]`);
  }
  const given: unknown = content.get(key);
  const labels: unknown = isArray(given) ? Array.from(given.values) : given;
  if (!Array.isArray(labels) || labels.length !== shape[0]) {
    throw malformed(`'${key}' is no list of ${shape[0]} labels`);
  }
  const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classCount));
  if (wrong >= 0) {
    throw malformed(`record ${wrong} has label ${oneLine(String(labels[wrong]), 20)}, expected 0 to ${classCount - 1}`);
  }
  return { planes: data.values, labels: labels as number[] };
}
