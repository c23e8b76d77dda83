/** Logarithm of the softmax, differentiable to any order. */
import { tf } from './tensorflow';

/**
 * log(softmax(logits)) along the last axis. tf.logSoftmax carries a gradient of its own that cannot be differentiated again.
 * @param logits [..., classes]
 */
export function logSoftmax<T extends tf.Tensor>(logits: T): T {
  const shifted = logits.sub(constantMaximum(logits));
  return shifted.sub(shifted.exp().sum(-1, true).log());
}

/** The result does not depend on the shift, which only keeps exponentials finite: no gradient need pass through it. */
const constantMaximum = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
  const logits = given[0] as tf.Tensor;
  return { value: logits.max(-1, true), gradFunc: () => tf.zerosLike(logits) };
});
