/** L_con: supervised contrastive loss of the adversary. */
import { tf } from '../tensor/tensorflow';

export interface ContrastiveOptions {
  /** T, divides similarities; smaller is stricter. Default 0.07, the authors'. */
  temperature?: number;
}

/** The loss is scaled by T over this, so that another temperature changes the size of its gradient less; the authors'. */
const baseTemperature = 0.07;

/** Smallest norm features are divided by: PyTorch's `normalize`. */
const smallestNorm = 1e-12;

/**
 * Pulls together the features of hallucinations of one class (among them those of one basis), and pushes the others apart:
 * T / 0.07 times the mean over anchors of -mean_{positives} log(exp(z_a . z_p / T) / sum_{others} exp(z_a . z_o / T)), z of
 * unit length.
 * @param first adversary features of one hallucination of each basis, [batch, features]
 * @param second features of another hallucination of the same bases, [batch, features]
 * @param labels int32 [batch]
 * @see Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, equation 2 (L_out), with two views; `SupConLoss` in the
 * authors' code
 */
export function contrastiveConstraint(
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  labels: tf.Tensor1D,
  { temperature = 0.07 }: ContrastiveOptions = {},
): tf.Scalar {
  const features = tf.concat([first, second]);
  const count = features.shape[0];
  // The bound stands before the root, whose slope at zero is infinite.
  const unit = features.div(
    features
      .square()
      .sum(1, true)
      .maximum(smallestNorm ** 2)
      .sqrt(),
  );
  const similarities = tf.matMul(unit, unit, false, true).div<tf.Tensor2D>(temperature);
  // Compared inside the graph: a matrix of this size made outside would become a constant of it.
  const anchors = tf.range(0, count, 1, 'int32');
  const others = anchors
    .reshape([count, 1])
    .notEqual(anchors.reshape([1, count]))
    .toFloat();
  const both = tf.concat([labels, labels]);
  const positives = both
    .reshape([count, 1])
    .equal(both.reshape([1, count]))
    .toFloat()
    .mul(others);
  // Shifted by the bound 1 / T, which changes no share: a small temperature would overflow.
  const shifted = similarities.sub(1 / temperature);
  const logShare = shifted.sub(shifted.exp().mul(others).sum(1, true).log());
  const loss = positives.mul(logShare).sum(1).div(positives.sum(1)).mean<tf.Scalar>().neg();
  return loss.mul(temperature / baseTemperature);
}
