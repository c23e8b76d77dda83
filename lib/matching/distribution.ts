/** Distribution matching (DM): the set's mean features, by a random network, follow those of real images. */
import type { Augmentation } from '../data/dsa';
import type { ImageSource } from '../data/image-source';
import type { DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { tf } from '../tensor/tensorflow';
import { drawMatch, matchOnce } from './match-once';
import type { MatchingLoss } from './matching-loss';

export interface DistributionMatchingOptions {
  set: DistilledSet;
  /** Real training images. */
  source: ImageSource;
  network: Network;
  /** Applied with the same draws to real and distilled images (siamese). */
  augmentation: Augmentation;
  /** Real images per class and step. Default 256, the original's. */
  realBatch?: number;
}

/**
 * Sum over classes of the squared distance between mean features of real and of distilled images.
 * @param real features [real images, features]
 * @param realClasses int32 [real images]
 * @param distilled features [distilled images, features]
 * @param distilledClasses int32 [distilled images]
 * @see Zhao and Bilen, Dataset Condensation with Distribution Matching, WACV 2023, arXiv 2110.04181
 */
export function distributionDistance(
  real: tf.Tensor2D,
  realClasses: tf.Tensor1D,
  distilled: tf.Tensor2D,
  distilledClasses: tf.Tensor1D,
  classCount: number,
): tf.Scalar {
  const target = classMeans(real, realClasses, classCount);
  return classMeans(distilled, distilledClasses, classCount).sub(target).square().sum();
}

/** Mean features of each class, [classes, features]; zeros for a class without images. */
function classMeans(features: tf.Tensor2D, classes: tf.Tensor1D, classCount: number): tf.Tensor2D {
  const membership = tf.oneHot(classes, classCount).toFloat().transpose();
  return membership.matMul(features).div(membership.sum(1, true).maximum(1));
}

/** DM on any set: each iteration draws a network, real images, and for every basis a hallucinator. */
export function distributionMatching({ realBatch = 256, ...options }: DistributionMatchingOptions): MatchingLoss {
  const { set, network, augmentation } = options;
  return matchOnce({
    name: 'distribution matching',
    set,
    draw: (random) => drawMatch(random, { ...options, realBatch }),
    target: ({ network: drawn, real, draws }) => network.features(drawn, augmentation.apply(real, draws)),
    distance(parameters, { network: drawn, items, hallucinators, classes, realClasses, draws }, target) {
      const images = augmentation.apply(set.images(parameters.set, { items, hallucinators }), draws);
      const features = network.features(drawn, images);
      return distributionDistance(target, realClasses, features, classes, set.classCount);
    },
  });
}
