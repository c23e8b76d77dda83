/** One optimiser step of a distilled set, whose parts move at rates of their own. */
import type { DistilledSet } from '../factorization/distilled-set';
import { sgdStep, type OptimiserStep } from '../tensor/optimiser';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';

export interface PartwiseOptions extends Pick<Configuration, 'optimisers'> {
  /** Tensors of the set: the part of each, which has an optimiser, or none where it is fixed. What a loss learns beside the set is a part of its own name. */
  tensors: DistilledSet['tensors'];
  /** What some of what the loss learns is cut off at from below, after its update, by name. Default: nothing. */
  smallest?: Readonly<Record<string, number>>;
}

/**
 * SGD with each part's learning rate and momentum; what is fixed stays, in a tensor of its own, and has no velocity.
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function partwiseStep(
  parameters: Parameters,
  gradients: Parameters,
  velocity: Parameters,
  { tensors, optimisers, smallest = {} }: PartwiseOptions,
): OptimiserStep {
  return tf.tidy(() => {
    const next: OptimiserStep = { parameters: {}, velocity: {} };
    for (const [name, parameter] of Object.entries(parameters)) {
      const part = Object.hasOwn(tensors, name) ? tensors[name].part : name;
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
      next.parameters[name] = one.parameters[name];
      next.velocity[name] = one.velocity[name];
    }
    for (const [name, bound] of Object.entries(smallest)) {
      next.parameters[name] = next.parameters[name].maximum(bound);
    }
    return next;
  });
}

/**
 * Checks that every part of a set has an optimiser.
 * @throws RangeError naming the part, and the optimisers there are
 */
export function requireOptimisers({ tensors, optimisers }: Pick<PartwiseOptions, 'tensors' | 'optimisers'>): void {
  for (const [name, { part }] of Object.entries(tensors)) {
    if (part === undefined || Object.hasOwn(optimisers, part)) continue;
    const known = Object.keys(optimisers).join(', ');
    throw new RangeError(`The tensor '${name}' is of the part '${part}', which has no optimiser; there are ${known}.`);
  }
}
