/** Distribution matching (DM): the set's mean features, by a random network, follow those of real images. */
import type { Augmentation, Draws } from '../data/dsa';
import type { ImageSource } from '../data/image-source';
import { learnedGradients, type DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { balancedChoice } from './balanced-choice';
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
  compile?: boolean;
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

type Inputs = {
  set: Parameters;
  network: Parameters;
  real: tf.Tensor4D;
  realClasses: tf.Tensor1D;
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  classes: tf.Tensor1D;
  draws: Draws;
};

/** DM on any set: each iteration draws a network, real images, and for every basis a hallucinator. */
export function distributionMatching(options: DistributionMatchingOptions): MatchingLoss {
  const { set, source, network, augmentation, realBatch = 256 } = options;
  const { classCount, itemCount } = set;
  const step = compile(
    ({ set: parameters, network: drawn, real, realClasses, items, hallucinators, classes, draws }: Inputs) => {
      const target = network.features(drawn, augmentation.apply(real, draws));
      const distance = (current: Parameters) => {
        const images = augmentation.apply(set.images(current, { items, hallucinators }), draws);
        return distributionDistance(target, realClasses, network.features(drawn, images), classes, classCount);
      };
      return learnedGradients(set, distance, parameters);
    },
    { name: 'distribution matching', compile: options.compile },
  );
  const all = Int32Array.from({ length: itemCount }, (_, item) => item);
  const realLabels = Int32Array.from({ length: classCount * realBatch }, (_, place) => Math.floor(place / realBatch));
  return {
    updatesPerIteration: 1,
    iteration(parameters, random, update) {
      const found = tf.tidy(() => {
        const drawn = network.init(random.stream('network'));
        const chosen = source.indicesOfClass.flatMap((indices, label) => [
          ...drawReal(random.stream('real images', label), indices, realBatch),
        ]);
        const { value, gradients } = step({
          set: parameters,
          network: drawn,
          real: source.batch(chosen),
          realClasses: tf.tensor1d(realLabels, 'int32'),
          items: tf.tensor1d(all, 'int32'),
          hallucinators: tf.tensor1d(balancedChoice(random.stream('hallucinators'), itemCount, set.views), 'int32'),
          classes: tf.tensor1d(set.labels(all), 'int32'),
          draws: augmentation.draw(random.stream('augmentation'), 1),
        });
        return { loss: value.dataSync()[0], gradients };
      });
      update(found);
    },
    dispose: () => step.dispose(),
  };
}

/** Real images of one class: without replacement, or, where a class has too few, with. */
export function drawReal(random: Random, indices: Int32Array, count: number): Int32Array {
  if (count <= indices.length) return random.choice(indices, count);
  return random.integers(count, indices.length).map((place) => indices[place]);
}
