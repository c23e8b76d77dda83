/** L_cos: the constraint that makes the hallucinations of one basis differ. */
import type { tf } from '../tensor/tensorflow';
import { cosineSimilarity } from './cosine-similarity';

/**
 * What hallucinators H_i and H_j pay for turning the same bases b into look-alikes: mean_b (1 + cos(f(H_i(b)), f(H_j(b)))) / 2.
 * @param first adversary features f(H_i(b)), [batch, features]
 * @param second adversary features f(H_j(b)) of the same bases in the same order, [batch, features]
 * @returns scalar from 0 (opposite) to 1 (identical)
 * @throws RangeError when the shapes differ
 * @see Liu et al., Dataset Distillation via Factorization, NeurIPS 2022; `club_content_loss` in the authors' code
 */
export function cosineConstraint(first: tf.Tensor2D, second: tf.Tensor2D): tf.Scalar {
  return cosineSimilarity(first, second).add(1).div(2).mean();
}

/**
 * The adversary's counterpart, mean_b (1 - cos) / 2: it learns features in which hallucinations of one basis agree.
 * @param first [batch, features]
 * @param second [batch, features]
 * @returns scalar from 0 (identical) to 1 (opposite)
 */
export function likelihoodLoss(first: tf.Tensor2D, second: tf.Tensor2D): tf.Scalar {
  return cosineSimilarity(first, second).mul(-1).add(1).div(2).mean();
}
