/** Cosine similarity of feature vectors. */
import { tf } from '../tensor/tensorflow';

/** Smallest norm a vector is divided by: PyTorch's default, which keeps zero features finite. */
const smallestNorm = 1e-8;

/**
 * Cosine of the angle between rows, as PyTorch's cosine_similarity.
 * @param first [batch, features]
 * @param second [batch, features]
 * @returns [batch], from -1 to 1
 * @throws RangeError when the shapes differ
 */
export function cosineSimilarity(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor1D {
  if (!tf.util.arraysEqual(first.shape, second.shape)) {
    throw new RangeError(
      `cosineSimilarity: expected two feature batches of one shape, got [${first.shape}] and [${second.shape}]; ` +
        `pass the same bases through both hallucinators.`,
    );
  }
  // The bound stands before the root, whose slope at zero is infinite.
  const norm = (features: tf.Tensor2D) =>
    features
      .square()
      .sum(1)
      .maximum(smallestNorm ** 2)
      .sqrt();
  return first
    .mul(second)
    .sum(1)
    .div(norm(first).mul(norm(second)));
}
