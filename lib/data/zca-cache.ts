/** A ZCA is fitted once for a dataset, and kept. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Parameters } from '../tensor/parameters';
import { readSafetensors } from '../files/safetensors';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import type { Dataset } from './dataset';
import type { ImageSource } from './image-source';
import { fitZca, zcaOf, type Zca } from './zca';

/** To be raised when fitting changes its numbers. */
const version = 1;

/**
 * The whitening of a dataset: from the cache, or fitted and put there. A cached file that is not whole is fitted anew.
 * @param source the training images, from 0 to 1: all, or those that the hold-out leaves, which their number tells
 */
export function cachedZca(source: ImageSource, dataset: Dataset, folder: string): Zca {
  const fitted = `${dataset.name}-${dataset.checksum.slice(0, 16)}-${source.count}`;
  const file = path.join(folder, `zca-${fitted}-${version}.safetensors`);
  const size = dataset.imageShape.reduce((product, extent) => product * extent, 1);
  const cached = readCached(file, size);
  if (cached !== undefined) return zcaOf(cached);
  const zca = fitZca(source);
  mkdirSync(folder, { recursive: true });
  const statistics = zca.statistics();
  writeTensors(file, statistics, { dataset: dataset.name, checksum: dataset.checksum });
  tf.dispose(statistics);
  return zca;
}

function readCached(file: string, size: number): Parameters | undefined {
  const shapes = { 'zca.mean': [size], 'zca.matrix': [size, size], 'zca.inverse': [size, size] };
  try {
    const { tensors } = readSafetensors(file);
    const whole = Object.entries(shapes).every(([name, shape]) => tf.util.arraysEqual(tensors[name].shape, shape));
    return whole ? Object.fromEntries(Object.keys(shapes).map((name) => [name, toTensor(tensors[name])])) : undefined;
  } catch {
    return undefined;
  }
}
