/** Classification loss. */
import { logSoftmax } from '../tensor/log-softmax';
import { tf } from '../tensor/tensorflow';

/**
 * Cross-entropy of logits against classes, or against probabilities of classes, averaged over the batch.
 * @param logits [batch, classes]
 * @param labels int32 [batch]; or soft labels, float32 [batch, classes]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D | tf.Tensor2D): tf.Scalar {
  const target = labels.rank === 1 ? tf.oneHot(labels as tf.Tensor1D, logits.shape[1]) : labels;
  return logSoftmax(logits).mul(target).sum().div(-logits.shape[0]).asScalar();
}
