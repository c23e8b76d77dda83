/** The contract of a task loss: how real data pulls on a distilled set. Any loss takes any set. */
import { learnedOf, type DistilledSet } from '../factorization/distilled-set';
import { zeroVelocity } from '../tensor/optimiser';
import { mapParameters, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';

/** Tensors of the set, fixed ones included, and what the matching method learns beside it. */
export type MatchingParameters = { set: Parameters; method: Parameters };

/** One gradient of the task loss. The receiver owns the tensors. */
export interface MatchingStep {
  loss: number;
  /** With respect to every tensor of the set that learns, and to what the method learns beside it. */
  gradients: MatchingParameters;
}

/** A matching loss at work: what draws, and hands gradients to whoever updates the set. */
export interface MatchingLoss {
  /** Updates of the distilled set in one iteration: 1, or the outer loops of gradient matching. */
  readonly updatesPerIteration: number;
  /**
   * One outer iteration: draws networks and batches, and hands every gradient to `update`, which returns the parameters
   * to go on with. Keeps no state between iterations, so that a checkpoint between two of them is complete.
   * @param parameters not changed or freed here
   * @param signal looked at between the steps of a long iteration
   * @throws what `signal` holds, when it is aborted
   */
  iteration(
    parameters: MatchingParameters,
    random: Random,
    update: (step: MatchingStep) => MatchingParameters,
    signal?: AbortSignal,
  ): Promise<void> | void;
  /** Frees compiled graphs. */
  dispose(): void;
}

/** Gradients of nothing, to which others are added. */
export function zeroGradients(set: Pick<DistilledSet, 'tensors'>, parameters: MatchingParameters): MatchingParameters {
  return { set: zeroVelocity(learnedOf(set, parameters.set)), method: zeroVelocity(parameters.method) };
}

/** Sums in tensors of their own. */
export function addGradients(first: MatchingParameters, second: MatchingParameters): MatchingParameters {
  const sum = (one: Parameters, other: Parameters) => mapParameters(one, (tensor, name) => tensor.add(other[name]));
  return { set: sum(first.set, second.set), method: sum(first.method, second.method) };
}
