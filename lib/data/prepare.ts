/** A dataset made ready for networks: pixels stay bytes, and become network inputs when a batch is asked for. */
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { channelStatistics, type Dataset, type ImageSplit, type Statistics } from './dataset';
import type { ImageSource, PreparedDataset, Whitening } from './image-source';
import { whitenedSource } from './whitened-source';
import { holdOut } from './hold-out';
import { pixelsOf } from './pixels';
import { indicesOfClass, subsetOf } from './subset-source';
import { cachedZca } from './zca-cache';

export interface PrepareOptions {
  /** 'normalise': (pixel / 255 - mean) / deviation of each channel; 'zca': ZCA of pixel / 255, as the authors. */
  whitening: Whitening;
  /** Whether the validation images are kept out of the training split, and of what is fitted to it. Default false. */
  holdOut?: boolean;
  /** Where a fitted ZCA is kept. Default: '.cache' under the current directory. */
  cacheFolder?: string;
}

/**
 * All splits as sources of network inputs. ZCA is fitted on the training split, or read from the cache.
 * @returns owns its tensors: the caller disposes of it
 */
export function prepareDataset(
  dataset: Dataset,
  { whitening, holdOut: without = false, cacheFolder = '.cache' }: PrepareOptions,
): PreparedDataset {
  const { name, classNames, checksum } = dataset;
  const rows = holdOut(dataset.train.labels, classNames.length);
  const kept = without ? rows.train : undefined;
  const { train, ...prepared } = whitening === 'zca' ? whitened(dataset, kept, cacheFolder) : normalised(dataset, kept);
  return {
    name,
    classNames,
    whitening,
    holdOut: without,
    checksum,
    train: kept ? subsetOf(train, kept) : train,
    validation: subsetOf(train, rows.validation),
    ...prepared,
  };
}

/** One step of 8 bits, in units of 0 to 1. */
const smallestDeviation = 1 / 255;

type Prepared = Pick<PreparedDataset, 'train' | 'test' | 'fromPixels' | 'toPixels' | 'statistics' | 'dispose'>;

/** @param kept the training images that statistics may be measured on; undefined for all */
function normalised(dataset: Dataset, kept: Int32Array | undefined): Prepared {
  const { mean, deviation: measured } = kept && dataset.isMeasured ? measuredOn(dataset, kept) : dataset;
  // A channel that hardly varies is not blown up: by an empty deviation nothing can be divided.
  const deviation = measured.map((value) => Math.max(value, smallestDeviation));
  const statistics = { mean, deviation };
  return {
    train: normalisedSource(dataset, dataset.train, statistics),
    test: normalisedSource(dataset, dataset.test, statistics),
    fromPixels: (images) => tf.tidy(() => images.sub<tf.Tensor4D>(tf.tensor1d([...mean])).div(tf.tensor1d(deviation))),
    ...invertedBy(() => ({ mean: tf.tensor1d([...mean]), deviation: tf.tensor1d(deviation) })),
    dispose: () => undefined,
  };
}

function measuredOn({ train, imageShape }: Dataset, rows: Int32Array): Statistics {
  const size = imageShape[0] * imageShape[1] * imageShape[2];
  const images = new Uint8Array(rows.length * size);
  rows.forEach((row, place) => images.set(train.images.subarray(row * size, (row + 1) * size), place * size));
  return channelStatistics(images, imageShape[2]);
}

/** @param kept the training images that ZCA is fitted to; undefined for all */
function whitened(dataset: Dataset, kept: Int32Array | undefined, cacheFolder: string): Prepared {
  const channels = dataset.imageShape[2];
  // The authors whiten pixels from 0 to 1, without normalising channels first.
  const mean = new Array<number>(channels).fill(0);
  const deviation = new Array<number>(channels).fill(1);
  const train = normalisedSource(dataset, dataset.train, { mean, deviation });
  const test = normalisedSource(dataset, dataset.test, { mean, deviation });
  const zca = cachedZca(kept ? subsetOf(train, kept) : train, dataset, cacheFolder);
  return {
    train: whitenedSource(train, zca),
    test: whitenedSource(test, zca),
    fromPixels: (images) => zca.whiten(images),
    ...invertedBy(() => ({ mean: tf.tensor1d(mean), deviation: tf.tensor1d(deviation), ...zca.statistics() })),
    dispose: () => zca.dispose(),
  };
}

function invertedBy(statistics: () => Parameters): Pick<Prepared, 'statistics' | 'toPixels'> {
  return { statistics, toPixels: (images) => tf.tidy(() => pixelsOf(images, statistics())) };
}

/** (pixel / 255 - mean) / deviation, channel by channel. */
function normalisedSource(dataset: Dataset, split: ImageSplit, { mean, deviation }: Statistics): ImageSource {
  const { imageShape, classNames } = dataset;
  const size = imageShape[0] * imageShape[1] * imageShape[2];
  const factor = deviation.map((value) => 1 / (255 * value));
  const offset = mean.map((value, channel) => value / deviation[channel]);
  return {
    imageShape,
    classCount: classNames.length,
    count: split.count,
    labels: split.labels,
    indicesOfClass: indicesOfClass(split.labels, classNames.length),
    batch(indices) {
      const bytes = new Float32Array(indices.length * size);
      for (let row = 0; row < indices.length; row++) {
        const from = indices[row] * size;
        bytes.set(split.images.subarray(from, from + size), row * size);
      }
      return tf.tidy(() => {
        const pixels = tf.tensor4d(bytes, [indices.length, ...imageShape]);
        return pixels.mul(tf.tensor1d(factor)).sub(tf.tensor1d(offset));
      });
    },
  };
}
