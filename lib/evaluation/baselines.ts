/** Real images to compare with: chosen at random, by herding, or by what else a file beside this one says. */
import type { ImageSource } from '../data/image-source';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { inBatches } from './batches';

/** Epochs on the full training set, which has hundreds of times the images of a distilled one, by profile. */
export const fullDataEpochs = { smoke: 3, quick: 10, study: 20, paper: 50 };

/**
 * Random real images of each class, without replacement: those that a set of as many stored images starts from, given its stream.
 * @returns perClass indices of each class, class by class
 * @throws RangeError when a class has fewer
 */
export function randomSelection(source: ImageSource, perClass: number, random: Random): Int32Array {
  requireEnoughOfAll(source, perClass);
  return Int32Array.from(
    source.indicesOfClass.flatMap((indices, label) => [
      ...random.stream('real images', label).choice(indices, perClass),
    ]),
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
export function herdingSelection(source: ImageSource, perClass: number, options: HerdingOptions): Int32Array {
  return selectByFeatures(source, perClass, options, herd);
}

/**
 * Chooses images of each class by their features.
 * @param choose places of `count` rows of one class's features, [images, features]; its tensors are freed
 * @returns perClass indices of each class, class by class
 * @throws RangeError when a class has fewer images
 */
export function selectByFeatures(
  source: ImageSource,
  perClass: number,
  options: HerdingOptions,
  choose: (features: tf.Tensor2D, count: number) => number[],
): Int32Array {
  requireEnoughOfAll(source, perClass);
  return Int32Array.from(
    source.indicesOfClass.flatMap((indices) =>
      tf.tidy(() => choose(embed(source, indices, options), perClass)).map((place) => indices[place]),
    ),
  );
}

/** Features of images, [indices.length, features]; the caller disposes of them. */
export function embed(
  source: ImageSource,
  indices: Int32Array,
  { features, batchSize = 500 }: HerdingOptions,
): tf.Tensor2D {
  return inBatches(indices.length, batchSize, (first, size) =>
    features(source.batch(indices.subarray(first, first + size))),
  );
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

/** @throws RangeError naming the first class that has fewer images */
export function requireEnoughOfAll({ indicesOfClass }: ImageSource, perClass: number): void {
  for (const [label, { length: available }] of indicesOfClass.entries()) {
    if (perClass >= 1 && perClass <= available) continue;
    throw new RangeError(
      `${perClass} images per class were asked for; class ${label} has ${available}, so allowed are 1 to ${available}.`,
    );
  }
}
