/** The contract of a task loss: how real data pulls on a distilled set. Any loss takes any set. */
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';

/** One gradient of the task loss. The receiver owns the tensors. */
export interface MatchingStep {
  loss: number;
  /** With respect to every tensor of the set that learns, and to what the method learns beside it. */
  gradients: Parameters;
}

export interface MatchingLoss {
  /** Updates of the distilled set in one iteration: 1, or the outer loops of gradient matching. */
  readonly updatesPerIteration: number;
  /**
   * One outer iteration: draws networks and batches, and hands every gradient to `update`, which returns the parameters
   * to go on with. Keeps no state between iterations, so that a checkpoint between two of them is complete.
   * @param parameters of the set, and what the method learns beside it; not changed or freed here
   * @param signal looked at between the steps of a long iteration
   * @throws what `signal` holds, when it is aborted
   */
  iteration(
    parameters: Parameters,
    random: Random,
    update: (step: MatchingStep) => Parameters,
    signal?: AbortSignal,
  ): Promise<void> | void;
  /** Frees compiled graphs. */
  dispose(): void;
}
