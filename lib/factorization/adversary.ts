/** The adversary f: a ConvNet whose features judge how alike two hallucinations of a basis are. */
import { convNet } from '../networks/conv-net';
import { crossEntropy } from '../networks/loss';
import type { Network, NetworkInputs } from '../networks/network';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { constraintDefaults, type ConstraintSettings } from './constraint-settings';
import { contrastiveConstraint } from './contrastive-constraint';
import { likelihoodLoss } from './cosine-constraint';

export interface AdversaryOptions extends NetworkInputs {
  /** Default 128, the authors'. */
  width?: number;
  /** Default 3, the authors'. */
  depth?: number;
}

/** ConvNet with instance normalisation; its 2,048 features (at width 128 on 32x32 images) feed the constraints. */
export function createAdversary(options: AdversaryOptions): Network {
  return { ...convNet(options), name: 'adversary' };
}

/** Weights of its terms, and the temperature of L_con. Default: the authors'. */
export type AdversaryObjectiveOptions = Partial<
  Pick<ConstraintSettings, 'classification' | 'likelihood' | 'contrastive' | 'temperature'>
>;

const authors = constraintDefaults('paper');

/**
 * What the adversary minimises: cross-entropy + likelihood + L_con over two hallucinations of the same bases.
 * @param images both hallucinations, [2 * batch, height, width, channels], the second after the first
 * @param labels int32 [batch], of the bases
 */
export function adversaryObjective(
  adversary: Network,
  parameters: Parameters,
  images: tf.Tensor4D,
  labels: tf.Tensor1D,
  {
    classification = authors.classification,
    likelihood = authors.likelihood,
    contrastive = authors.contrastive,
    temperature = authors.temperature,
  }: AdversaryObjectiveOptions = {},
): tf.Scalar {
  const features = adversary.features(parameters, images);
  const [first, second] = tf.split(features, 2) as [tf.Tensor2D, tf.Tensor2D];
  const terms: tf.Scalar[] = [tf.scalar(0)];
  if (classification > 0) {
    terms.push(crossEntropy(adversary.classify(parameters, features), tf.concat([labels, labels])).mul(classification));
  }
  if (likelihood > 0) terms.push(likelihoodLoss(first, second).mul(likelihood));
  if (contrastive > 0) terms.push(contrastiveConstraint(first, second, labels, { temperature }).mul(contrastive));
  return tf.addN(terms);
}
