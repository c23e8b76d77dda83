/** FreD: images as the few coefficients of their cosine transform that vary most within their class. */
import { tf } from '../tensor/tensorflow';
import { mapRowsAndColumns } from './separable-map';

export interface CosineTransformOptions {
  /**
   * 'none': c_k = 2, as in the authors' code, whose learning rates (up to 1e8) hold for coefficients of this size. 'orthonormal':
   * c_0 = sqrt(1 / size), c_k = sqrt(2 / size), so that coefficients are as large as pixels and need rates of their own. The mask
   * depends on it too: 'none' counts the variance of frequency 0 twice along each axis. Default 'none'.
   */
  normalisation?: 'none' | 'orthonormal';
}

/** c_k of a frequency. */
function scaleOf(frequency: number, size: number, { normalisation = 'none' }: CosineTransformOptions): number {
  return normalisation === 'none' ? 2 : Math.sqrt((frequency === 0 ? 1 : 2) / size);
}

/**
 * The DCT-II of one axis.
 * @returns [size, size]: row k holds c_k cos(pi k (2 n + 1) / (2 size)) for pixel n
 */
export function cosineMatrix(size: number, options: CosineTransformOptions = {}): tf.Tensor2D {
  return matrix(size, (row, column) => scaleOf(row, size, options) * wave(row, column, size));
}

/**
 * The inverse of {@link cosineMatrix}.
 * @returns [size, size]: row n holds (k = 0 ? 1 : 2) / (size c_k) cos(pi k (2 n + 1) / (2 size)) for frequency k
 */
export function inverseCosineMatrix(size: number, options: CosineTransformOptions = {}): tf.Tensor2D {
  return matrix(size, (row, column) => {
    const weight = (column === 0 ? 1 : 2) / (size * scaleOf(column, size, options));
    return weight * wave(column, row, size);
  });
}

function wave(frequency: number, pixel: number, size: number): number {
  return Math.cos((Math.PI * frequency * (2 * pixel + 1)) / (2 * size));
}

function matrix(size: number, element: (row: number, column: number) => number): tf.Tensor2D {
  const values = Float32Array.from({ length: size * size }, (_, place) =>
    element(Math.floor(place / size), place % size),
  );
  return tf.tensor2d(values, [size, size]);
}

/**
 * Cosine transform of every channel, along both axes.
 * @param images [batch, height, width, channels]
 * @returns coefficients [batch, height, width, channels], frequencies for rows and columns; differentiable
 */
export function cosineTransform(images: tf.Tensor4D, options: CosineTransformOptions = {}): tf.Tensor4D {
  const [, height, width] = images.shape;
  const [rows, columns] = [height, width].map((side) => cosineMatrix(side, options));
  return mapRowsAndColumns(images, rows, columns).transpose([2, 1, 0, 3]);
}

/** The inverse of {@link cosineTransform}, with the same options. */
export function inverseCosineTransform(coefficients: tf.Tensor4D, options: CosineTransformOptions = {}): tf.Tensor4D {
  const [, height, width] = coefficients.shape;
  const [rows, columns] = [height, width].map((side) => inverseCosineMatrix(side, options));
  return mapRowsAndColumns(coefficients, rows, columns).transpose([2, 1, 0, 3]);
}

/** Digits of a variance that the sums of float32 can tell apart. */
const significantDigits = 6;

/** Share of the coefficients' mean square below which a variance is rounding. */
const rounding = 1e-12;

/**
 * The mask of a class: where the transform of its real images, averaged over channels, varies most. Equal variances go by lower
 * frequency, the sum of both axes', then that of the rows.
 * @param images real images of one class, [images, height, width, channels]
 * @param kept k, positions kept, the same for all channels
 * @returns int32 [kept], ascending: frequency of rows * width + frequency of columns
 * @throws RangeError unless `kept` is an integer from 1 to the number of frequencies
 */
export function frequencyPositions(
  images: tf.Tensor4D,
  kept: number,
  options: CosineTransformOptions = {},
): tf.Tensor1D {
  const [, height, width] = images.shape;
  requireFrequencies(kept, [height, width]);
  const [means, variances] = tf.tidy(() => {
    const { mean, variance } = tf.moments(cosineTransform(images.mean<tf.Tensor4D>(3, true), options), 0);
    return [mean.dataSync<'float32'>(), variance.dataSync<'float32'>()];
  });
  const meanSquare = variances.reduce((sum, variance, place) => sum + variance + means[place] ** 2, 0);
  const weights = Array.from(variances, (variance) =>
    variance <= rounding * meanSquare ? 0 : Number(variance.toPrecision(significantDigits)),
  );
  const row = (position: number) => Math.floor(position / width);
  const frequency = (position: number) => row(position) + (position % width);
  const order = Array.from(weights.keys()).sort(
    (a, b) => weights[b] - weights[a] || frequency(a) - frequency(b) || row(a) - row(b),
  );
  return tf.tensor1d(
    order.slice(0, kept).sort((a, b) => a - b),
    'int32',
  );
}

/** @throws RangeError unless `kept` is an integer from 1 to the number of frequencies of images of `size`, [height, width] */
export function requireFrequencies(kept: number, [height, width]: readonly [number, number]): void {
  if (Number.isInteger(kept) && kept >= 1 && kept <= height * width) return;
  throw new RangeError(
    `FreD was asked to keep ${kept} frequencies; images of ${height}x${width} have 1 to ${height * width}.`,
  );
}

/**
 * The other way round: which kept coefficient stands at a position.
 * @param positions int32 [masks, kept], of {@link frequencyPositions}
 * @param size [height, width] of the images
 * @returns int32 [masks, height, width]: 0 where none is kept, otherwise 1 to kept
 */
export function frequencySlots(positions: tf.Tensor2D, [height, width]: readonly [number, number]): tf.Tensor3D {
  const [masks, kept] = positions.shape;
  return tf.tidy(() => {
    const slots = tf.range(1, kept + 1, 1, 'int32').tile([masks]);
    const places = positions.add(starts(masks, height * width)).reshape<tf.Tensor2D>([masks * kept, 1]);
    return tf.scatterND(places, slots, [masks * height * width]).reshape([masks, height, width]);
  });
}

/** int32 [count, 1]: where each of `count` rows of a length starts in all of them laid end to end. */
function starts(count: number, length: number): tf.Tensor2D {
  return tf.range(0, count, 1, 'int32').mul<tf.Tensor>(tf.scalar(length, 'int32')).reshape([count, 1]);
}

/**
 * Of all coefficients of an image, those that are kept.
 * @param coefficients [batch, height, width, channels]
 * @param positions int32 [batch, kept], those of each image's class
 * @returns [batch, kept, channels]
 */
export function keepFrequencies(coefficients: tf.Tensor4D, positions: tf.Tensor2D): tf.Tensor3D {
  const [batch, height, width, channels] = coefficients.shape;
  const flat = coefficients.reshape([batch * height * width, channels]);
  return tf.gather(flat, positions.add<tf.Tensor2D>(starts(batch, height * width))) as tf.Tensor3D;
}

/**
 * Kept coefficients where they belong, zeros elsewhere; differentiable.
 * @param kept [batch, kept, channels]
 * @param slots int32 [batch, height, width], those of each image's class: {@link frequencySlots}
 * @returns [batch, height, width, channels]
 */
export function spreadFrequencies(kept: tf.Tensor3D, slots: tf.Tensor3D): tf.Tensor4D {
  const [batch, count, channels] = kept.shape;
  // Slot 0 of every image is a row of zeros.
  const padded = tf.pad(kept, [
    [0, 0],
    [1, 0],
    [0, 0],
  ]);
  const rows = slots.add<tf.Tensor3D>(starts(batch, count + 1).expandDims(2));
  return tf.gather(padded.reshape([batch * (count + 1), channels]), rows) as tf.Tensor4D;
}

/**
 * What a set of such images starts from: the kept coefficients of real ones.
 * @param images [batch, height, width, channels]
 * @param positions int32 [batch, kept], those of each image's class
 * @returns [batch, kept, channels]
 */
export function encodeFrequencies(
  images: tf.Tensor4D,
  positions: tf.Tensor2D,
  options: CosineTransformOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => keepFrequencies(cosineTransform(images, options), positions));
}

/**
 * The images of kept coefficients, x = D^-1 (M * F) D^-T channel by channel; differentiable in the coefficients.
 * @param kept [batch, kept, channels]
 * @param slots int32 [batch, height, width], those of each image's class: {@link frequencySlots}
 * @returns [batch, height, width, channels]
 * @see Shin et al., Frequency Domain-based Dataset Distillation, NeurIPS 2023
 */
export function decodeFrequencies(
  kept: tf.Tensor3D,
  slots: tf.Tensor3D,
  options: CosineTransformOptions = {},
): tf.Tensor4D {
  return inverseCosineTransform(spreadFrequencies(kept, slots), options);
}
