/** One optimiser step of tensors whose parts move at rates, and by rules, of their own: of a distilled set, and of what is learned beside it. */
import { adamCorrections, adamStep, clipToNorm, sgdStep, type OptimiserStep } from '../tensor/optimiser';
import type { OptimiserSettings } from '../tensor/optimiser-settings';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';

/** How a tensor moves. */
export interface PartOfTensor {
  /** Label of its optimiser. Left out, the tensor is fixed. */
  part?: string;
  /** What it is cut off at from below, after its update. Default: nothing. */
  smallest?: number;
}

export interface PartwiseOptions {
  /** By part. */
  optimisers: Readonly<Record<string, OptimiserSettings>>;
  /** The part of each tensor, which has an optimiser, or none where the tensor is fixed. */
  tensors: Readonly<Record<string, PartOfTensor>>;
}

/** What Adam keeps of a tensor beside its mean gradient, which is kept under the tensor's name. */
const [squareOf, updatesOf] = ['.square', '.updates'];

/**
 * What the rules keep between two steps, before the first: zeros. Of SGD the velocity of each tensor that learns; of Adam its mean
 * gradient, `NAME.square` and, a scalar, `NAME.updates`.
 */
export function startVelocity(parameters: Parameters, { tensors, optimisers }: PartwiseOptions): Parameters {
  const velocity: Parameters = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const { part } = tensors[name];
    if (part === undefined) continue;
    velocity[name] = tf.zerosLike(parameter);
    if (optimisers[part].rule !== 'adam') continue;
    velocity[name + squareOf] = tf.zerosLike(parameter);
    velocity[name + updatesOf] = tf.scalar(0);
  }
  return velocity;
}

/**
 * SGD or Adam with each part's learning rate and momentum, of gradients that are clipped where the part says so; what is fixed
 * stays, in a tensor of its own, and has no velocity.
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function partwiseStep(
  { parameters, velocity }: OptimiserStep,
  gradients: Parameters,
  { tensors, optimisers }: PartwiseOptions,
): OptimiserStep {
  return tf.tidy(() => {
    const next: OptimiserStep = { parameters: {}, velocity: {} };
    const clipped = clip(gradients, { tensors, optimisers });
    for (const [name, parameter] of Object.entries(parameters)) {
      const { part, smallest } = tensors[name];
      if (part === undefined) {
        next.parameters[name] = parameter.clone();
        continue;
      }
      const one = stepOf(name, parameter, clipped[name], velocity, optimisers[part]);
      next.parameters[name] = smallest === undefined ? one.parameters[name] : one.parameters[name].maximum(smallest);
      Object.assign(next.velocity, one.velocity);
    }
    return next;
  });
}

/** Each part's gradient, of all its tensors, no longer than its `clipNorm`. */
function clip(gradients: Parameters, { tensors, optimisers }: PartwiseOptions): Parameters {
  const clipped = { ...gradients };
  for (const [part, { clipNorm }] of Object.entries(optimisers)) {
    if (clipNorm === undefined) continue;
    const own = Object.entries(gradients).filter(([name]) => tensors[name].part === part);
    if (own.length > 0) Object.assign(clipped, clipToNorm(Object.fromEntries(own), clipNorm));
  }
  return clipped;
}

/** One tensor's step by the rule of its part. */
function stepOf(
  name: string,
  parameter: tf.Tensor,
  gradient: tf.Tensor,
  velocity: Parameters,
  { rule = 'sgd', learningRate, momentum, weightDecay = 0 }: OptimiserSettings,
): OptimiserStep {
  const only = (tensor: tf.Tensor): Parameters => ({ [name]: tensor });
  if (rule === 'sgd') {
    return sgdStep(only(parameter), only(gradient), only(velocity[name]), { learningRate, momentum, weightDecay });
  }
  const penalised = weightDecay === 0 ? gradient : gradient.add(parameter.mul(weightDecay));
  const update = velocity[name + updatesOf].dataSync()[0] + 1;
  const moments = { mean: only(velocity[name]), square: only(velocity[name + squareOf]) };
  const corrections = adamCorrections(update, momentum);
  const next = adamStep(only(parameter), only(penalised), moments, { learningRate, momentum, corrections });
  return {
    parameters: next.parameters,
    velocity: {
      ...next.mean,
      [name + squareOf]: next.square[name],
      [name + updatesOf]: tf.scalar(update),
    },
  };
}

/**
 * Checks that every part has an optimiser.
 * @throws RangeError naming the part, and the optimisers there are
 */
export function requireOptimisers({ tensors, optimisers }: PartwiseOptions): void {
  for (const [name, { part }] of Object.entries(tensors)) {
    if (part === undefined || Object.hasOwn(optimisers, part)) continue;
    const known = Object.keys(optimisers).join(', ');
    throw new RangeError(`The tensor '${name}' is of the part '${part}', which has no optimiser; there are ${known}.`);
  }
}
