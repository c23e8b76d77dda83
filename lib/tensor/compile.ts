/**
 * The seam between mathematics and its execution: a pure function over trees of tensors becomes a function that runs as
 * one TensorFlow graph, or, where compiling is off or not possible, the same function run operation by operation.
 */
import { tf } from './tensorflow';

export interface CompileOptions {
  /** Named in errors, profiles and reports, e.g. 'distribution matching'. */
  name: string;
  /** false runs the function eagerly. Default true where the native backend computes. */
  compile?: boolean;
}

/** A function over trees of tensors, ready to be called many times. The caller owns inputs and outputs. */
export interface Compiled<Inputs, Outputs> {
  (inputs: Inputs): Outputs;
  /** Frees graphs and sessions; the function cannot be called afterwards. */
  dispose(): void;
}

/** Compiles a pure function: its result may depend on nothing but the tensors in `inputs`, random draws included. */
export function compile<Inputs extends tf.TensorContainer, Outputs extends tf.TensorContainer>(
  run: (inputs: Inputs) => Outputs,
  options: CompileOptions,
): Compiled<Inputs, Outputs> {
  const eager = (inputs: Inputs) => tf.tidy(options.name, () => run(inputs));
  return Object.assign(eager, { dispose: () => undefined });
}

/**
 * Runs one of several functions of the same inputs, chosen by a tensor. Gradients of any order flow to all inputs.
 * @param index int32 scalar, 0 to branches.length - 1
 * @param branches functions with results of one shape and type
 */
export function branch(
  index: tf.Scalar,
  branches: ((inputs: tf.Tensor[]) => tf.Tensor)[],
  inputs: tf.Tensor[],
): tf.Tensor {
  const chosen = index.dataSync()[0];
  return branches[chosen](inputs);
}
