/** One update of everything that learns: the paper's objective, in the order of its algorithm. */
import { mapParameters, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { ConstraintBatches, Constraints } from './constraint-step';
import { partwiseStep, type PartwiseOptions } from './partwise-step';

/** Everything that learns, with its momentum. */
export type JointState = {
  /** Tensors of the set, e.g. bases and hallucinators, and learnable parameters of the matching loss. */
  parameters: Parameters;
  velocity: Parameters;
  /** Parameters of the adversary; empty where nothing constrains hallucinators. */
  adversary: Parameters;
  adversaryVelocity: Parameters;
};

export type JointUpdate = {
  state: JointState;
  /** L_cos before the update, not weighted; undefined where nothing constrains hallucinators. */
  cosine?: number;
  /** The adversary's objective before its step; undefined where it takes none. */
  adversaryLoss?: number;
};

export interface JointUpdateOptions extends PartwiseOptions {
  /** Both players and what each looks at; undefined where nothing constrains hallucinators. */
  game?: { constraints: Pick<Constraints, 'cosineWeight' | 'cosine' | 'adversaryStep'>; batches: ConstraintBatches };
}

/**
 * With bases B, hallucinators H and adversary f:
 *
 *     (B, H) <- (B, H) - rate * d/d(B, H) [ L_task(B, H) + lambda * L_cos(B, H; f) ]
 *     f <- f - rate * d/df [ cross-entropy + likelihood + L_con ](f; B, H), of the B and H just updated
 *
 * each with its momentum; what a matching loss learns beside the set moves with B and H. This is the loop body of the authors'
 * `distill_fac.py`, whose L_task is trajectory matching; the other matching losses take its place here, and gradient matching, which
 * updates a set many times with one network, makes one of these at each.
 * @param taskGradients of L_task, for everything in `state.parameters` that learns
 * @returns tensors of their own; nothing given is changed or freed
 * @see Liu et al., NeurIPS 2022, arXiv 2210.16774, algorithm 1
 */
export function jointUpdate(
  state: JointState,
  taskGradients: Parameters,
  { game, ...optimisers }: JointUpdateOptions,
): JointUpdate {
  const set = ({ parameters, velocity }: JointState, gradients: Parameters) =>
    partwiseStep(parameters, gradients, velocity, optimisers);
  return tf.tidy(() => {
    if (game === undefined) return { state: { ...unchanged(state), ...set(state, taskGradients) } };
    const { constraints, batches } = game;
    const { adversary, adversaryVelocity: velocity } = state;

    const cosine = constraints.cosine({
      learnable: setParts(state.parameters, optimisers),
      adversary,
      batch: batches.cosine,
    });
    const updated = set(state, weightedSum(taskGradients, constraints.cosineWeight, cosine.gradients));

    const learnable = setParts(updated.parameters, optimisers);
    const next = constraints.adversaryStep?.({ learnable, adversary, velocity, batch: batches.adversary });
    return {
      state: {
        ...updated,
        ...(next ? { adversary: next.parameters, adversaryVelocity: next.velocity } : unchanged(state)),
      },
      cosine: cosine.value.dataSync()[0],
      adversaryLoss: next?.value.dataSync()[0],
    };
  });
}

/** The gradient of one loss and of `weight` times another, which need not know all that the first knows. */
function weightedSum(first: Parameters, weight: number, second: Parameters): Parameters {
  return mapParameters(first, (gradient, name) =>
    name in second ? gradient.add(second[name].mul(weight)) : gradient.clone(),
  );
}

/** Tensors of the set, without what the matching loss learns beside them. */
function setParts(parameters: Parameters, { tensors }: PartwiseOptions): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => Object.hasOwn(tensors, name)));
}

/** The adversary as it is, in tensors of its own. */
function unchanged({ adversary, adversaryVelocity }: JointState) {
  const same = (parameters: Parameters) => mapParameters(parameters, (tensor) => tensor.clone());
  return { adversary: same(adversary), adversaryVelocity: same(adversaryVelocity) };
}
