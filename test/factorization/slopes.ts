/** Gradients of a map of named tensors against its own values nearby. */
import assert from 'node:assert/strict';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

/**
 * For every input by itself: the slope of the outputs, weighed at random, along its gradient, with each element weighed at random
 * so that all have a say, is the difference of two values.
 * @param reach how far the two values lie from the point, as a share of the input's norm
 */
export function assertSlopes(compute: (inputs: Parameters) => tf.Tensor, inputs: Parameters, reach: number): void {
  tf.tidy(() => {
    const random = Random.stream(3, 'test');
    const weights = random.normal(compute(inputs).shape);
    const loss = (given: Parameters) => compute(given).mul(weights).sum().asScalar();
    const { gradients } = valueAndGradients(loss, inputs);
    for (const [name, gradient] of Object.entries(gradients)) {
      const direction = gradient.mul(random.uniform(gradient.shape, 0, 2));
      const slope = gradient.mul(direction).sum().dataSync()[0];
      const step = (reach * inputs[name].norm().dataSync()[0]) / direction.norm().dataSync()[0];
      const valueAt = (length: number) =>
        loss(
          mapParameters(inputs, (tensor, key) => (key === name ? tensor.add(direction.mul(length)) : tensor)),
        ).dataSync()[0];
      const difference = (valueAt(step) - valueAt(-step)) / (2 * step);
      assert.ok(Math.abs(difference - slope) <= 0.005 * slope, `${name}: gradient ${slope}, values ${difference}`);
    }
  });
}
