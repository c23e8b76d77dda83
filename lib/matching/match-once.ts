/** Matching losses of one update an iteration: something is drawn, and a distance is differentiated. */
import type { Augmentation, Draws } from '../data/dsa';
import type { ImageSource } from '../data/image-source';
import { learnedGradients, type DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import type { ValueAndGradients } from '../tensor/gradient';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { MatchingLoss, MatchingParameters } from './matching-loss';

/** What the set meets in one iteration. */
export type Match = {
  /** Parameters of a fresh network. */
  network: Parameters;
  /** [classes * realBatch, height, width, channels], class by class */
  real: tf.Tensor4D;
  /** int32 [classes * realBatch] */
  realClasses: tf.Tensor1D;
  /** int32 [items]: all of the set; together with `hallucinators` a choice of its images */
  items: tf.Tensor1D;
  /** int32 [items]: the view that each item is seen in */
  hallucinators: tf.Tensor1D;
  /** int32 [formations * items]: class of each image of that choice */
  classes: tf.Tensor1D;
  /** One augmentation of real and distilled images (siamese). */
  draws: Draws;
};

export interface DrawMatchOptions {
  set: DistilledSet;
  /** Real training images. */
  source: ImageSource;
  network: Network;
  augmentation: Augmentation;
  /** Real images per class. */
  realBatch: number;
}

/** A network, real images of every class, and every item of the set in one of its views; the caller owns the tensors. */
export function drawMatch(random: Random, options: DrawMatchOptions): Match {
  const { set, source, network, augmentation, realBatch } = options;
  const all = Int32Array.from({ length: set.itemCount }, (_, item) => item);
  const realLabels = Int32Array.from({ length: set.classCount * realBatch }, (_, place) =>
    Math.floor(place / realBatch),
  );
  const chosen = source.indicesOfClass.flatMap((indices, label) => [
    ...drawReal(random.stream('real images', label), indices, realBatch),
  ]);
  return {
    network: network.init(random.stream('network')),
    real: source.batch(chosen),
    realClasses: tf.tensor1d(realLabels, 'int32'),
    items: tf.tensor1d(all, 'int32'),
    hallucinators: tf.tensor1d(set.draw(random.stream('hallucinators'), all), 'int32'),
    classes: tf.tensor1d(set.labels(all), 'int32'),
    draws: augmentation.draw(random.stream('augmentation'), 1),
  };
}

/** Real images of one class: without replacement, or, where a class has too few, with. */
export function drawReal(random: Random, indices: Int32Array, count: number): Int32Array {
  if (count <= indices.length) return random.choice(indices, count);
  return random.integers(count, indices.length).map((place) => indices[place]);
}

export interface MatchOnceOptions<Drawn extends tf.TensorContainerObject, Target extends tf.TensorContainer> {
  /** Named in errors and profiles. */
  name: string;
  set: DistilledSet;
  /** Draws what an iteration looks at, e.g. by {@link drawMatch}: all that is random. */
  draw(random: Random): Drawn;
  /** What the set is to come near to: through it no gradient is taken. */
  target(drawn: Drawn): Target;
  /** How far the set is from it: what is differentiated. Of TensorFlow's operations alone, as `target`: both are compiled. */
  distance(parameters: MatchingParameters, drawn: Drawn, target: Target): tf.Scalar;
}

/**
 * A matching loss of one update an iteration:
 *
 *     create: ({ realBatch }, { set, source, network, augmentation }) =>
 *       matchOnce({
 *         name: 'mean features',
 *         set,
 *         draw: (random) => drawMatch(random, { set, source, network, augmentation, realBatch }),
 *         target: ({ network: drawn, real, draws }) => network.features(drawn, augmentation.apply(real, draws)).mean(0),
 *         distance: (learned, { network: drawn, draws, ...choice }, target) =>
 *           network.features(drawn, augmentation.apply(set.images(learned.set, choice), draws)).mean(0).squaredDifference(target).sum(),
 *       })
 */
export function matchOnce<Drawn extends tf.TensorContainerObject, Target extends tf.TensorContainer>(
  options: MatchOnceOptions<Drawn, Target>,
): MatchingLoss {
  const { name, set } = options;
  type Inputs = { parameters: MatchingParameters; drawn: Drawn };
  const step = compile(
    ({ parameters, drawn }: Inputs): ValueAndGradients<MatchingParameters> => {
      const target = options.target(drawn);
      return learnedGradients(set, (current) => options.distance(current, drawn, target), parameters);
    },
    { name },
  );
  return {
    updatesPerIteration: 1,
    iteration(parameters, random, update) {
      const found = tf.tidy(() => {
        const { value, gradients } = step({ parameters, drawn: options.draw(random) });
        return { loss: value.dataSync()[0], gradients };
      });
      update(found);
    },
    dispose: () => step.dispose(),
  };
}
