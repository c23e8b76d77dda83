/** Logarithm of the softmax, differentiable to any order. */
import { stopGradient } from './stop-gradient';
import type { tf } from './tensorflow';

/**
 * log(softmax(logits)) along the last axis. tf.logSoftmax carries a gradient of its own that cannot be differentiated again.
 * @param logits [..., classes]
 */
export function logSoftmax<T extends tf.Tensor>(logits: T): T {
  // The result does not depend on the shift, which only keeps exponentials finite.
  const shifted = logits.sub(stopGradient(logits.max(-1, true)));
  return shifted.sub(shifted.exp().sum(-1, true).log());
}
