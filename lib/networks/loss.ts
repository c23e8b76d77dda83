/** Classification loss. */
import { logSoftmax } from '../tensor/log-softmax';
import { tf } from '../tensor/tensorflow';

/**
 * Cross-entropy of logits against classes, averaged over the batch.
 * @param logits [batch, classes]
 * @param labels int32 [batch]
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const oneHot = tf.oneHot(labels, logits.shape[1]);
  return logSoftmax(logits).mul(oneHot).sum().div(-logits.shape[0]).asScalar();
}
