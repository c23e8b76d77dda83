/** One update of everything that learns: the paper's objective, in the order of its algorithm. */
import type { MatchingParameters } from '../matching/matching-loss';
import type { OptimiserStep } from '../tensor/optimiser';
import { mapParameters, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { ConstraintBatches, Constraints } from './constraint-step';
import { partwiseStep, type PartOfTensor, type PartwiseOptions } from './partwise-step';

/** Everything that learns, each with its momentum. */
export type JointState = {
  /** The distilled set, e.g. bases and hallucinators; what it holds fixed has no velocity. */
  set: OptimiserStep;
  /** What the matching method learns beside it, e.g. a step size. */
  method: OptimiserStep;
  /** The adversary; empty where nothing constrains hallucinators. */
  adversary: OptimiserStep;
};

export type JointUpdate = {
  state: JointState;
  /** L_cos before the update, not weighted; undefined where nothing constrains hallucinators. */
  cosine?: number;
  /** The adversary's objective before its step; undefined where it takes none. */
  adversaryLoss?: number;
};

export interface JointUpdateOptions extends Pick<PartwiseOptions, 'optimisers'> {
  /** How each tensor of the set moves, and of the method. */
  parts: { set: Readonly<Record<string, PartOfTensor>>; method: Readonly<Record<string, PartOfTensor>> };
  /** Both players and what each looks at; undefined where nothing constrains hallucinators. */
  game?: { constraints: Pick<Constraints, 'cosineWeight' | 'cosine' | 'adversaryStep'>; batches: ConstraintBatches };
}

/**
 * With bases B, hallucinators H and adversary f:
 *
 *     (B, H) <- (B, H) - rate * d/d(B, H) [ L_task(B, H) + lambda * L_cos(B, H; f) ]
 *     f <- f - rate * d/df [ cross-entropy + likelihood + L_con ](f; B, H), of the B and H just updated
 *
 * each with its momentum; what a matching method learns beside the set moves with B and H. This is the loop body of the authors'
 * `distill_fac.py`, whose L_task is trajectory matching; the other matching losses take its place here, and gradient matching, which
 * updates a set many times with one network, makes one of these at each.
 * @param task gradients of L_task
 * @returns tensors of their own; nothing given is changed or freed
 * @see Liu et al., NeurIPS 2022, arXiv 2210.16774, algorithm 1
 */
export function jointUpdate(
  { set, method, adversary }: JointState,
  task: MatchingParameters,
  { game, parts, optimisers }: JointUpdateOptions,
): JointUpdate {
  const descend = (ofSet: Parameters) => ({
    set: partwiseStep(set, ofSet, { tensors: parts.set, optimisers }),
    method: partwiseStep(method, task.method, { tensors: parts.method, optimisers }),
  });
  return tf.tidy(() => {
    if (game === undefined) return { state: { ...descend(task.set), adversary: unchanged(adversary) } };
    const { constraints, batches } = game;
    const { parameters: f, velocity } = adversary;

    const cosine = constraints.cosine({ learnable: set.parameters, adversary: f, batch: batches.cosine });
    const updated = descend(weightedSum(task.set, constraints.cosineWeight, cosine.gradients));

    const learnable = updated.set.parameters;
    const next = constraints.adversaryStep?.({ learnable, adversary: f, velocity, batch: batches.adversary });
    return {
      state: {
        ...updated,
        adversary: next ? { parameters: next.parameters, velocity: next.velocity } : unchanged(adversary),
      },
      cosine: cosine.value.dataSync()[0],
      adversaryLoss: next?.value.dataSync()[0],
    };
  });
}

/** The gradient of one loss and of `weight` times another. */
function weightedSum(first: Parameters, weight: number, second: Parameters): Parameters {
  return mapParameters(first, (gradient, name) => gradient.add(second[name].mul(weight)));
}

/** The adversary as it is, in tensors of its own. */
function unchanged({ parameters, velocity }: OptimiserStep): OptimiserStep {
  const same = (tensors: Parameters) => mapParameters(tensors, (tensor) => tensor.clone());
  return { parameters: same(parameters), velocity: same(velocity) };
}
