/** One optimiser step of tensors whose parts move at rates of their own: of a distilled set, and of what is learned beside it. */
import { sgdStep, type OptimiserStep } from '../tensor/optimiser';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';

/** How a tensor moves. */
export interface PartOfTensor {
  /** Label of its optimiser. Left out, the tensor is fixed. */
  part?: string;
  /** What it is cut off at from below, after its update. Default: nothing. */
  smallest?: number;
}

export interface PartwiseOptions extends Pick<Configuration, 'optimisers'> {
  /** The part of each tensor, which has an optimiser, or none where the tensor is fixed. */
  tensors: Readonly<Record<string, PartOfTensor>>;
}

/**
 * SGD with each part's learning rate and momentum; what is fixed stays, in a tensor of its own, and has no velocity.
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function partwiseStep(
  { parameters, velocity }: OptimiserStep,
  gradients: Parameters,
  { tensors, optimisers }: PartwiseOptions,
): OptimiserStep {
  return tf.tidy(() => {
    const next: OptimiserStep = { parameters: {}, velocity: {} };
    for (const [name, parameter] of Object.entries(parameters)) {
      const { part, smallest } = tensors[name];
      if (part === undefined) {
        next.parameters[name] = parameter.clone();
        continue;
      }
      const one = sgdStep(
        { [name]: parameter },
        { [name]: gradients[name] },
        { [name]: velocity[name] },
        optimisers[part],
      );
      next.parameters[name] = smallest === undefined ? one.parameters[name] : one.parameters[name].maximum(smallest);
      next.velocity[name] = one.velocity[name];
    }
    return next;
  });
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
