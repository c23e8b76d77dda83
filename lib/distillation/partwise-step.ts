/** One optimiser step of a distilled set, whose parts move at rates of their own. */
import { sgdStep, type OptimiserStep } from '../tensor/optimiser';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';

type Part = keyof Configuration['optimisers'];

/** Bases, hallucinators or the learnable step size: which part of a set a parameter belongs to. */
function partOf(name: string): Part {
  if (name === 'stepSize') return 'stepSize';
  return name.startsWith('hallucinators.') ? 'hallucinators' : 'bases';
}

export interface PartwiseOptions extends Pick<Configuration, 'optimisers'> {
  /** What the learnable step size is cut off at from below, after its update, as in the authors' code. Default: nothing. */
  smallestStepSize?: number;
}

/**
 * SGD with each part's learning rate and momentum.
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function partwiseStep(
  parameters: Parameters,
  gradients: Parameters,
  velocity: Parameters,
  { optimisers, smallestStepSize }: PartwiseOptions,
): OptimiserStep {
  return tf.tidy(() => {
    const next: OptimiserStep = { parameters: {}, velocity: {} };
    for (const [name, parameter] of Object.entries(parameters)) {
      const one = sgdStep(
        { [name]: parameter },
        { [name]: gradients[name] },
        { [name]: velocity[name] },
        optimisers[partOf(name)],
      );
      next.parameters[name] = one.parameters[name];
      next.velocity[name] = one.velocity[name];
    }
    if (smallestStepSize !== undefined && 'stepSize' in next.parameters) {
      next.parameters.stepSize = next.parameters.stepSize.maximum(smallestStepSize);
    }
    return next;
  });
}
