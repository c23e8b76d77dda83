/**
 * Soft labels: probabilities of classes in the place of an item's class. An item has one, whatever number of images its views and
 * formations decode it to: so published sets have it, and one for each image would cost a set of five hallucinators five times as much.
 */
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { DistilledSet } from './distilled-set';
import type { LabelKind } from './label-kinds';
import type { DataShape, TensorSpec } from './parameterisation';
import { logitsName, probabilitiesName } from './tensor-names';

/** The part of labels that are learned, a key of `optimisers`. */
export const labelsPart = 'labels';

/** Probability of an item's class where its label begins as one: of certainty logits could not move. */
const startProbability = 0.9;

/** What labels take in a set that is stored, by name: soft ones [items, classes], which other precisions round, as what is learned; hard ones nothing. */
export function labelTensors(
  labels: LabelKind,
  itemCount: number,
  { classCount }: Pick<DataShape, 'classCount'>,
): Record<string, TensorSpec> {
  return labels === 'hard' ? {} : { [probabilitiesName]: { shape: [itemCount, classCount], rounded: true } };
}

/**
 * A set that learns its labels: `labelLogits` [items, classes] beside its tensors, a part of its own, which begin at a probability of 0.9
 * of an item's class. Parts of a loss that go class by class still take an item for one of its class.
 * @throws RangeError where the set has a part of that name
 * @see Guo et al., Towards Lossless Dataset Distillation via Difficulty-Aligned Trajectory Matching, ICLR 2024, arXiv 2310.05773, who
 * learn logits with images under trajectory matching, by SGD
 */
export function withLearnedLabels(set: DistilledSet): DistilledSet {
  const { itemCount, classCount, formations, tensors, kind } = set;
  if (Object.values(tensors).some(({ part }) => part === labelsPart)) {
    throw new RangeError(
      `A set of the kind '${kind}' has a part '${labelsPart}': its labels cannot be learned beside it. Rename it, or choose 'labels.kind' = 'hard'.`,
    );
  }
  return {
    ...set,
    tensors: { ...tensors, [logitsName]: { shape: [itemCount, classCount], part: labelsPart } },
    init(random, source, start) {
      const parameters = set.init(random, source, start);
      return { ...parameters, [logitsName]: logitsOfClasses(set) };
    },
    targets: (parameters, items) =>
      tf.tile(tf.softmax(tf.gather(parameters[logitsName], items)) as tf.Tensor2D, [formations, 1]),
  };
}

/** Logits whose softmax has {@link startProbability} of each item's class, and the rest in equal shares. */
function logitsOfClasses(set: DistilledSet): tf.Tensor2D {
  const { itemCount, classCount } = set;
  const items = Int32Array.from({ length: itemCount }, (_, item) => item);
  const classes = set.labels(items).subarray(0, itemCount);
  const logit = Math.log((startProbability * (classCount - 1)) / (1 - startProbability));
  return tf.tidy(() => tf.oneHot(tf.tensor1d(classes, 'int32'), classCount).toFloat().mul<tf.Tensor2D>(logit));
}

/** What takes the place of the logits that a set which learns its labels begins with, where they begin at other probabilities. */
export function startLogits(probabilities: tf.Tensor2D): Parameters {
  // A probability of 0 has no logit.
  return { [logitsName]: tf.tidy(() => probabilities.maximum(1e-6).log()) };
}

/** Probabilities that items are labelled with, [items, classes], in a tensor that the caller disposes of; of hard labels undefined. */
export function softLabelsOf(parameters: Parameters): tf.Tensor2D | undefined {
  const { [logitsName]: logits, [probabilitiesName]: probabilities } = parameters as Partial<Parameters>;
  if (logits !== undefined) return tf.softmax(logits as tf.Tensor2D);
  return probabilities?.clone() as tf.Tensor2D | undefined;
}

/** Tensors of a set as they are stored: probabilities in the place of logits. @param store is given them; what they were made into is freed */
export function asStored<Result>(parameters: Parameters, store: (parameters: Parameters) => Result): Result {
  if (!Object.hasOwn(parameters, logitsName)) return store(parameters);
  const { [logitsName]: logits, ...others } = parameters;
  const labels = tf.softmax(logits);
  try {
    return store({ ...others, [probabilitiesName]: labels });
  } finally {
    labels.dispose();
  }
}

/** Probabilities again, none negative and each row's sum 1, after they were rounded. */
export function asProbabilities(rounded: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const positive = rounded.maximum(0);
    return positive.div(positive.sum(1, true).maximum(1e-12));
  });
}
