/** A ZCA is fitted once for a dataset and a kind of device, and kept. */
import path from 'node:path';
import { makeFolder, writing } from '../files/file-error';
import { readSafetensors } from '../files/safetensors';
import { computingDevice } from '../tensor/backend';
import { memoryLimit } from '../tensor/memory';
import type { Parameters } from '../tensor/parameters';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import type { Dataset } from './dataset';
import type { ImageSource } from './image-source';
import { fitZca, zcaOf, type Zca } from './zca';

/** To be raised when the file, or fitting, changes. */
const version = 2;

/**
 * The whitening of a dataset: from the cache, or fitted and put there. A cached file that is not whole, not of this dataset
 * and device, or not what was written is fitted anew.
 *
 * CPU, GPU and WebAssembly round differently, so each has a file of its own: no run computes with what another kind of device
 * made, and where they share a folder, as on a cluster, neither takes the place of the other.
 * @param source the training images, from 0 to 1: all, or those that the hold-out leaves, which their number tells
 */
export function cachedZca(source: ImageSource, dataset: Dataset, folder: string): Zca {
  const { backend, device, tensorflow } = computingDevice();
  const kind = backend === 'wasm' ? backend : device.toLowerCase();
  const name = `zca-${dataset.name}-${dataset.checksum.slice(0, 16)}-${source.count}-${version}-${kind}.safetensors`;
  const file = path.join(folder, name);
  const identity = {
    format: `haba zca ${version}`,
    dataset: dataset.name,
    checksum: dataset.checksum,
    images: String(source.count),
    backend,
    device,
  };
  const cached = readCached(file, identity, dataset.imageShape);
  if (cached !== undefined) return zcaOf(cached);
  requireMemory(dataset.imageShape);
  const zca = fitZca(source);
  const parameters = zca.parameters();
  try {
    makeFolder(folder);
    writing(file, () => writeTensors(file, parameters, { ...identity, tensorflow: tensorflow ?? 'not in use' }));
  } catch (error) {
    // What was fitted can be used all the same.
    console.warn(`The whitening is fitted anew next time: ${(error as Error).message}`);
  } finally {
    tf.dispose(parameters);
  }
  return zca;
}

/** Matrices of [pixels, pixels] that fitting has at once. */
const matricesAtOnce = 7;

/** More than this is said before it is taken. */
const largeBytes = 2 ** 31;

/**
 * ZCA decorrelates all pixels with all others: its memory grows with the fourth power of an image's side.
 * @throws Error where there is not as much
 */
function requireMemory(imageShape: readonly number[]): void {
  const pixels = imageShape.reduce((product, extent) => product * extent, 1);
  const needed = matricesAtOnce * 4 * pixels ** 2;
  const size = imageShape.slice(0, 2).join('x');
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const { bytes } = memoryLimit();
  if (needed > bytes) {
    throw new Error(
      `ZCA of images of ${size} takes about ${gibibytes(needed)} of memory, and there are ${gibibytes(bytes)}: take 'whitening' ` +
        "'normalise', or smaller images.",
    );
  }
  if (needed > largeBytes)
    console.warn(`ZCA of images of ${size} takes about ${gibibytes(needed)} of memory, and some minutes.`);
}

const names = ['zca.mean', 'zca.matrix', 'zca.inverse'];

/** @returns undefined where there is no file, or one that cannot be relied on */
function readCached(
  file: string,
  identity: Record<string, string>,
  imageShape: readonly number[],
): Parameters | undefined {
  const size = imageShape.reduce((product, extent) => product * extent, 1);
  const shapes = [[size], [size, size], [size, size]];
  try {
    const { tensors, metadata } = readSafetensors(file, { requireChecksum: true });
    const values = names.map((name) => tensors[name].values as Float32Array);
    const sound =
      Object.entries(identity).every(([key, value]) => metadata[key] === value) &&
      names.every((name, index) => tf.util.arraysEqual(tensors[name].shape, shapes[index])) &&
      values.every((each) => each.every(Number.isFinite));
    return sound ? Object.fromEntries(names.map((name) => [name, toTensor(tensors[name])])) : undefined;
  } catch {
    return undefined;
  }
}
