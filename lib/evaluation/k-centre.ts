/** k-centre: real images such that no image of their class is far from all of them. */
import type { ImageSource } from '../data/image-source';
import { tf } from '../tensor/tensorflow';
import { selectByFeatures, type HerdingOptions } from './baselines';

/**
 * Greedy k-centre (farthest first): of each class the image nearest to the class mean, then again and again the one that is farthest from
 * all that are chosen. The largest distance to a chosen image is at most twice the least that is possible.
 * @returns perClass indices of each class, class by class, in order of choice
 * @throws RangeError when a class has fewer images
 * @see Gonzalez, Clustering to Minimize the Maximum Intercluster Distance, 1985; Sener and Savarese, Active Learning for Convolutional
 * Neural Networks: A Core-Set Approach, ICLR 2018, algorithm 1, which leaves the first open. The mean's nearest makes one image a class
 * the same as herding's, as in the tables of the field.
 */
export function kCentreSelection(source: ImageSource, perClass: number, options: HerdingOptions): Int32Array {
  return selectByFeatures(source, perClass, options, farthestFirst);
}

/** Places of the chosen rows. */
function farthestFirst(features: tf.Tensor2D, count: number): number[] {
  const squaredDistances = (point: tf.Tensor) => features.sub(point).square().sum(1).dataSync<'float32'>();
  const first = squaredDistances(features.mean(0));
  const chosen = [first.indexOf(Math.min(...first))];
  // Of each row, to the nearest that is chosen.
  const nearest = new Float32Array(features.shape[0]).fill(Infinity);
  while (chosen.length < count) {
    const distances = tf.tidy(() => squaredDistances(features.gather([chosen[chosen.length - 1]])));
    for (const [place, distance] of distances.entries()) nearest[place] = Math.min(nearest[place], distance);
    // One that is there twice lies at no distance from itself, and is still less chosen than it.
    for (const place of chosen) nearest[place] = -1;
    chosen.push(nearest.indexOf(Math.max(...nearest)));
  }
  return chosen;
}
