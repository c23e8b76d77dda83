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

/**
 * SGD with each part's learning rate and momentum; the step size stays above its lower bound, as in the authors' code.
 * @param gradients records to be added up; a name missing from one counts as zero there
 * @returns new parameters and velocity; nothing given is changed or freed
 */
export function partwiseStep(
  parameters: Parameters,
  gradients: Parameters[],
  velocity: Parameters,
  { optimisers, matching }: Pick<Configuration, 'optimisers' | 'matching'>,
): OptimiserStep {
  return tf.tidy(() => {
    const next: OptimiserStep = { parameters: {}, velocity: {} };
    for (const [name, parameter] of Object.entries(parameters)) {
      const terms = gradients.flatMap((record) => (name in record ? [record[name]] : []));
      const gradient = terms.length === 1 ? terms[0] : tf.addN(terms);
      const one = sgdStep(
        { [name]: parameter },
        { [name]: gradient },
        { [name]: velocity[name] },
        optimisers[partOf(name)],
      );
      next.parameters[name] = one.parameters[name];
      next.velocity[name] = one.velocity[name];
    }
    if (matching.method === 'mtt') {
      next.parameters.stepSize = next.parameters.stepSize.maximum(matching.smallestStepSize);
    }
    return next;
  });
}
