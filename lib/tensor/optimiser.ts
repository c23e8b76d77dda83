/** Optimisers as pairs of pure functions: state goes in and comes out. */
import { tf } from './tensorflow';
import { mapParameters, type Parameters } from './parameters';

export interface SgdOptions {
  /** Step size, a number or a scalar tensor (which keeps a compiled step valid when it changes). */
  learningRate: number | tf.Scalar;
  /** Share of the previous velocity that is kept. Default 0. */
  momentum?: number;
  /** L2 penalty added to the gradient: weightDecay * parameter. Default 0. */
  weightDecay?: number;
}

export type OptimiserStep = {
  parameters: Parameters;
  /** Momentum buffers under the parameters' names. */
  velocity: Parameters;
};

/** Momentum buffers at the start: zeros. PyTorch's first step (buffer = gradient) is the same as from zeros. */
export function zeroVelocity(parameters: Parameters): Parameters {
  return mapParameters(parameters, (tensor) => tf.zerosLike(tensor));
}

/**
 * One step of PyTorch's SGD: g = gradient + weightDecay * p; v' = momentum * v + g; p' = p - learningRate * v'.
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function sgdStep(
  parameters: Parameters,
  gradients: Parameters,
  velocity: Parameters,
  { learningRate, momentum = 0, weightDecay = 0 }: SgdOptions,
): OptimiserStep {
  return tf.tidy(() => {
    const nextVelocity = mapParameters(parameters, (tensor, name) => {
      const gradient = weightDecay === 0 ? gradients[name] : gradients[name].add(tensor.mul(weightDecay));
      return momentum === 0 ? gradient.clone() : velocity[name].mul(momentum).add(gradient);
    });
    const next = mapParameters(parameters, (tensor, name) => tensor.sub(nextVelocity[name].mul(learningRate)));
    return { parameters: next, velocity: nextVelocity };
  });
}
