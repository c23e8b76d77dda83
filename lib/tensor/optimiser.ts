/** Optimisers as pairs of pure functions: state goes in and comes out. */
import { tf } from './tensorflow';
import { mapParameters, type Parameters } from './parameters';

/**
 * Gradients scaled down together to a Euclidean norm at most, so that one that is out of all proportion takes no longer a step than others:
 * g min(1, norm / |g|), |g| over all tensors of the record.
 * @returns tensors of their own
 * @see Pascanu, Mikolov and Bengio, ICML 2013, arXiv 1211.5063, algorithm 1; PyTorch's `clip_grad_norm_`, without its 1e-6
 */
export function clipToNorm(gradients: Parameters, norm: number): Parameters {
  return tf.tidy(() => {
    const square = tf.addN(Object.values(gradients).map((gradient) => gradient.square().sum()));
    // Below the norm they are multiplied by 1, and so the same to the bit.
    const scale = tf.scalar(norm).div(square.sqrt().maximum(norm));
    return mapParameters(gradients, (gradient) => gradient.mul(scale));
  });
}

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

export interface AdamOptions {
  learningRate: number;
  /** Of this update: {@link adamCorrections}, as numbers or as scalars, which keep a compiled step valid. */
  corrections: { mean: number | tf.Scalar; square: number | tf.Scalar };
  /** Share of the mean gradient that is kept (beta 1). Default 0.9, PyTorch's. */
  momentum?: number;
  /** Added to the root of the mean square. Default 1e-8, PyTorch's. */
  epsilon?: number;
}

/** Running means of the gradients and of their squares, under the parameters' names; zeros at the start. */
export type AdamMoments = { mean: Parameters; square: Parameters };

/** Share of the mean square that an update keeps (beta 2), PyTorch's default. */
const squareMomentum = 0.999;

/** What running means that began with zeros are divided by. @param update its number, from 1 */
export function adamCorrections(update: number, momentum = 0.9): { mean: number; square: number } {
  return { mean: 1 - momentum ** update, square: 1 - squareMomentum ** update };
}

/**
 * One step of PyTorch's Adam: m' = b1 m + (1 - b1) g; s' = b2 s + (1 - b2) g^2;
 * p' = p - learningRate * (m' / (1 - b1^t)) / (sqrt(s' / (1 - b2^t)) + epsilon).
 * @returns new parameters and moments; nothing given is changed or freed
 */
export function adamStep(
  parameters: Parameters,
  gradients: Parameters,
  moments: AdamMoments,
  { learningRate, corrections, momentum = 0.9, epsilon = 1e-8 }: AdamOptions,
): AdamMoments & { parameters: Parameters } {
  return tf.tidy(() => {
    const average = (before: tf.Tensor, now: tf.Tensor, share: number) => before.mul(share).add(now.mul(1 - share));
    const mean = mapParameters(parameters, (_, name) => average(moments.mean[name], gradients[name], momentum));
    const square = mapParameters(parameters, (_, name) =>
      average(moments.square[name], gradients[name].square(), squareMomentum),
    );
    const next = mapParameters(parameters, (tensor, name) => {
      const size = square[name].div(corrections.square).sqrt().add(epsilon);
      return tensor.sub(mean[name].div(corrections.mean).div(size).mul(learningRate));
    });
    return { parameters: next, mean, square };
  });
}
