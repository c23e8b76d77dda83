/** Values and gradients of functions of named parameters. */
import { tf } from './tensorflow';
import type { Parameters } from './parameters';
import { flatten, unflatten } from './tree';

export type ValueAndGradients<Tree extends Parameters | Record<string, Parameters> = Parameters> = {
  /** The function's value, a scalar. */
  value: tf.Scalar;
  /** d value / d parameter in each parameter's place; zeros where the value does not depend on it. */
  gradients: Tree;
};

/**
 * Value and gradients of a scalar function of named parameters. May be nested: the gradient is itself differentiable,
 * which second-order matching losses use.
 * @param loss scalar function of the record
 * @param parameters where the gradient is taken: named tensors, or records of them
 */
export function valueAndGradients(
  loss: (parameters: Parameters) => tf.Scalar,
  parameters: Parameters,
): ValueAndGradients;
export function valueAndGradients<Tree extends Record<string, Parameters>>(
  loss: (parameters: Tree) => tf.Scalar,
  parameters: Tree,
): ValueAndGradients<Tree>;
export function valueAndGradients<Tree extends Parameters | Record<string, Parameters>>(
  loss: (parameters: Tree) => tf.Scalar,
  parameters: Tree,
): ValueAndGradients<Tree> {
  const { structure, tensors } = flatten(parameters);
  const record = (values: tf.Tensor[]) => unflatten(structure, values) as Tree;
  // Where one tensor stands under two names, tfjs would credit both with the whole gradient: that is also what is meant here.
  const { value, grads } = freeingTape(() =>
    tf.tidy(() => tf.engine().gradients(() => loss(record(tensors)), tensors, undefined, true)),
  );
  const gradients = tensors.map((tensor, index) => (grads as (tf.Tensor | null)[])[index] ?? tf.zerosLike(tensor));
  return { value, gradients: record(gradients) };
}

/** tfjs keeps tensors for the backward pass, which frees them; after an error there is none, and they are freed here. */
function freeingTape<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    const { state } = tf.engine() as unknown as {
      state: { gradientDepth: number; activeTape: { saved: tf.Tensor[] }[] | null };
    };
    // Inside another gradient the tape is that one's, and so is this error.
    if (state.gradientDepth === 0) {
      for (const { saved } of state.activeTape ?? []) tf.dispose(saved.filter((tensor) => !tensor.isDisposed));
      state.activeTape = null;
    }
    throw error;
  }
}
