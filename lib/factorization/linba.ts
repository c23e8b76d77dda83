/** LinBa: images as linear combinations of bases that all classes share; HaBa's idea without hallucinators' nonlinearity. */
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { bilinearMatrix } from './bilinear';
import { mapRowsAndColumns } from './separable-map';

/** Bases are smaller than the images by this, along both sides: the authors'. */
export const enlargement = 2;

export interface LinearBasesOptions {
  /** [height, width, channels] of the images made. */
  imageShape: readonly [number, number, number];
  /** Images that the set yields: n images per class for each class. */
  items: number;
  /** K, bases shared by all images. */
  bases: number;
}

/**
 * Shapes of `coefficients` [items, K] and `bases` [K, height / 2, width / 2, channels].
 * @throws RangeError for images of an odd height or width, which no basis enlarges to
 */
export function linearBasesShapes({ imageShape: [height, width, channels], items, bases }: LinearBasesOptions) {
  if (height % enlargement !== 0 || width % enlargement !== 0) {
    throw new RangeError(
      `LinBa's bases are half as high and wide as the images; images of ${height}x${width} have an odd side: ` +
        `choose data with even sides, or another kind of set.`,
    );
  }
  return {
    coefficients: [items, bases],
    bases: [bases, height / enlargement, width / enlargement, channels],
  };
}

/**
 * Parameters at the start, of {@link linearBasesShapes}: uniform after Xavier, within +-sqrt(6 / (rows + columns)) for the
 * matrices A [items, K] and B [K, floats of a basis].
 */
export function initLinearBases(random: Random, options: LinearBasesOptions): Parameters {
  const { coefficients, bases } = linearBasesShapes(options);
  const uniform = (shape: number[]) => {
    const [rows, ...rest] = shape;
    const bound = Math.sqrt(6 / (rows + tf.util.sizeFromShape(rest)));
    return random.uniform(shape, -bound, bound);
  };
  return { coefficients: uniform(coefficients), bases: uniform(bases) };
}

/**
 * The images A B, enlarged twofold, bilinearly with half-pixel centres; differentiable in both.
 * @param coefficients of the images asked for, [batch, K]
 * @param bases [K, height, width, channels]
 * @returns [batch, 2 * height, 2 * width, channels]
 * @see Deng and Russakovsky, Remember the Past: Distilling Datasets into Addressable Memories for Neural Networks, NeurIPS 2022
 */
export function combineBases(coefficients: tf.Tensor2D, bases: tf.Tensor4D): tf.Tensor4D {
  const [count, height, width, channels] = bases.shape;
  const combined = tf.matMul(coefficients, bases.reshape([count, -1]));
  const [rows, columns] = [height, width].map((side) => bilinearMatrix(side, enlargement * side));
  return mapRowsAndColumns(combined.reshape([-1, height, width, channels]), rows, columns).transpose([2, 1, 0, 3]);
}
