/** EL2N: how wrong networks are about an image early in their training. */
import type { ImageSource } from '../data/image-source';
import { tf } from '../tensor/tensorflow';
import { requireEnoughOfAll } from './baselines';

/**
 * || softmax(logits) - onehot(label) ||_2 of every image: 0 for one that is known for sure, at most sqrt 2. An image's score is the mean over
 * several networks.
 * @param logits [batch, classes]
 * @param labels int32 [batch]
 * @returns [batch]; the caller disposes of it
 * @see Paul et al., Deep Learning on a Data Diet, NeurIPS 2021, definition 2.2, without the expectation
 */
export function errorNorms(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => logits.softmax().sub(tf.oneHot(labels, logits.shape[1])).norm(2, 1) as tf.Tensor1D);
}

/** Which end of the scores is kept. */
export type KeptEnd = 'easiest' | 'hardest';

/**
 * Of each class the images with the least scores ('easiest'), or with the largest ('hardest').
 * @param scores of every image of the source
 * @returns perClass indices of each class, class by class, the farthest at its end first; of equal ones, the first
 * @throws RangeError when a class has fewer images
 */
export function selectByScore(
  source: ImageSource,
  perClass: number,
  scores: ArrayLike<number>,
  keep: KeptEnd,
): Int32Array {
  requireEnoughOfAll(source, perClass);
  const sign = keep === 'easiest' ? 1 : -1;
  return Int32Array.from(
    source.indicesOfClass.flatMap((indices) =>
      [...indices].sort((first, second) => sign * (scores[first] - scores[second])).slice(0, perClass),
    ),
  );
}
