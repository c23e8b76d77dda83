/** Real images to compare with: chosen at random, or by herding. */
import type { ImageSource } from '../data/image-source';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

/**
 * Random real images of each class, without replacement: those that a set of as many stored images starts from, given its stream.
 * @returns perClass indices of each class, class by class
 * @throws RangeError when a class has fewer
 */
export function randomSelection(source: ImageSource, perClass: number, random: Random): Int32Array {
  return Int32Array.from(
    source.indicesOfClass.flatMap((indices, label) => {
      requireEnough(indices.length, perClass, label);
      return [...random.stream('real images', label).choice(indices, perClass)];
    }),
  );
}

export interface HerdingOptions {
  /** Features of a batch, [batch, features]; from a trained network for the usual herding. */
  features: (images: tf.Tensor4D) => tf.Tensor2D;
  /** Images embedded at a time. Default 500. */
  batchSize?: number;
}

/**
 * Herding: of each class, greedily the image that brings the mean of the chosen features closest to the class mean.
 * @returns perClass indices of each class, class by class
 * @see Welling, Herding Dynamical Weights to Learn, ICML 2009; as used by Rebuffi et al., iCaRL, CVPR 2017, algorithm 4
 */
export function herdingSelection(
  source: ImageSource,
  perClass: number,
  { features, batchSize = 500 }: HerdingOptions,
): Int32Array {
  return Int32Array.from(
    source.indicesOfClass.flatMap((indices, label) => {
      requireEnough(indices.length, perClass, label);
      return tf.tidy(() => herd(embed(source, indices, features, batchSize), perClass)).map((place) => indices[place]);
    }),
  );
}

function embed(
  source: ImageSource,
  indices: Int32Array,
  features: HerdingOptions['features'],
  batchSize: number,
): tf.Tensor2D {
  const parts: tf.Tensor2D[] = [];
  for (let first = 0; first < indices.length; first += batchSize) {
    parts.push(tf.tidy(() => features(source.batch(indices.subarray(first, first + batchSize)))));
  }
  return tf.concat(parts);
}

/** Places of the chosen rows, in order of choice. */
function herd(features: tf.Tensor2D, count: number): number[] {
  const mean = features.mean(0);
  const chosen: number[] = [];
  let sum = tf.zerosLike(mean);
  for (let size = 1; size <= count; size++) {
    const place = tf.tidy(() => {
      const distance = features.add(sum).div(size).sub(mean).square().sum(1).arraySync() as number[];
      for (const taken of chosen) distance[taken] = Infinity;
      return distance.indexOf(Math.min(...distance));
    });
    chosen.push(place);
    sum = sum.add(features.gather([place]).squeeze([0]));
  }
  return chosen;
}

function requireEnough(available: number, perClass: number, label: number): void {
  if (perClass < 1 || perClass > available) {
    throw new RangeError(
      `${perClass} images per class were asked for; class ${label} has ${available}, so allowed are 1 to ${available}.`,
    );
  }
}
