/** Values, and gradients under an upstream gradient: what golden cases of differentiable maps hold. */
import { valueAndGradients } from '../../tensor/gradient';
import type { tf } from '../../tensor/tensorflow';

/** Value of `compute`, and its gradients under the upstream gradient that is given. */
export function pullBack(
  compute: (inputs: Record<string, tf.Tensor>) => tf.Tensor,
  inputs: Record<string, tf.Tensor>,
  upstream: tf.Tensor,
) {
  const { gradients } = valueAndGradients((current) => compute(current).mul(upstream).sum().asScalar(), inputs);
  return { value: compute(inputs), gradients };
}
