/** What a dataset is, whichever format it came from. */
import { createHash } from 'node:crypto';

/** Classes of images, a byte each where all classes fit in one. */
export type Labels = Uint8Array | Uint16Array;

/** No dataset has more classes: labels are kept in 16 bits at most. */
export const mostClasses = 2 ** 16;

/** @param labels each less than `classCount` */
export function labelsOf(labels: ArrayLike<number>, classCount: number): Labels {
  return classCount <= 256 ? Uint8Array.from(labels) : Uint16Array.from(labels);
}

/** Images of one split, as stored: 8 bits a value, kept once. */
export interface ImageSplit {
  /** [count, height, width, channels], 0 to 255 */
  readonly images: Uint8Array;
  /** [count], 0 to classes - 1 */
  readonly labels: Labels;
  readonly count: number;
}

export interface Dataset {
  /** As written in a configuration, e.g. 'cifar10'. */
  readonly name: string;
  /** [height, width, channels] */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly train: ImageSplit;
  readonly test: ImageSplit;
  /** What each channel is normalised with, in units of 0 to 1: the authors' constants where they have any, else measured. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Whether they were measured on the training images. */
  readonly isMeasured: boolean;
  /** SHA-256 over the images and labels of both splits, hexadecimal: what a distilled set was made from. */
  readonly checksum: string;
}

/** What a reader of a format finds; {@link assembleDataset} adds the rest. */
export type DatasetParts = Omit<Dataset, 'mean' | 'deviation' | 'isMeasured' | 'checksum'> & Partial<Statistics>;

/** Mean and standard deviation of each channel, in units of 0 to 1. */
export interface Statistics {
  mean: readonly number[];
  deviation: readonly number[];
}

/** Completes a dataset: its checksum, and the statistics of its training images where none are given. */
export function assembleDataset(parts: DatasetParts): Dataset {
  const isMeasured = parts.mean === undefined || parts.deviation === undefined;
  const { mean, deviation } = isMeasured
    ? channelStatistics(parts.train.images, parts.imageShape[2])
    : (parts as Statistics);
  const hash = createHash('sha256');
  for (const { images, labels } of [parts.train, parts.test]) hash.update(images).update(labels);
  return { ...parts, mean, deviation, isMeasured, checksum: hash.digest('hex') };
}

/** Measured over every pixel of the images, [count, height, width, channels]. */
export function channelStatistics(images: Uint8Array, channels: number): Statistics {
  const histograms = Array.from({ length: channels }, () => new Float64Array(256));
  for (let index = 0; index < images.length; index += channels) {
    for (let channel = 0; channel < channels; channel++) histograms[channel][images[index + channel]]++;
  }
  const pixels = images.length / channels;
  const moment = (histogram: Float64Array, of: (value: number) => number) =>
    histogram.reduce((sum, count, value) => sum + count * of(value / 255), 0) / pixels;
  const mean = histograms.map((histogram) => moment(histogram, (value) => value));
  const deviation = histograms.map((histogram, channel) =>
    Math.sqrt(moment(histogram, (value) => (value - mean[channel]) ** 2)),
  );
  return { mean, deviation };
}

/** What a person wants to know of a dataset, line by line: images, classes, statistics, and what tells it from a similar one. */
export function describeDataset({
  name,
  imageShape,
  classNames,
  train,
  test,
  mean,
  deviation,
  checksum,
}: Dataset): string[] {
  const numbers = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(', ');
  return [
    `${name}: ${train.count} + ${test.count} images of ${imageShape.join('x')}`,
    `${classNames.length} classes: ${classNames.join(', ')}`,
    `mean ${numbers(mean)}; deviation ${numbers(deviation)}`,
    `checksum ${checksum}`,
  ];
}
