/** One of several computations, chosen by a tensor. */
import { tf } from './tensorflow';
import { callBody, recordBody, type Body } from './graph/body';
import type { TracingBackend } from './graph/tracing-backend';
import { TRACING_BACKEND } from './graph/tracing-kernels';
import { tracingBackend } from './graph/tracer';

/**
 * Runs one of several functions of the same inputs, chosen by a tensor. Gradients of any order flow to all float inputs. In
 * a compiled function only the chosen one runs.
 * @param index int32 scalar, 0 to branches.length - 1
 * @param branches functions with results of one shape and type, of nothing but the inputs and small constants. Where the
 * same functions are given again, what was recorded of them is used again
 * @param constants further inputs, after the others, that no gradient is taken for
 */
export function branch(
  index: tf.Scalar,
  branches: ((inputs: tf.Tensor[]) => tf.Tensor)[],
  inputs: tf.Tensor[],
  constants: tf.Tensor[] = [],
): tf.Tensor {
  const all = [...inputs, ...constants];
  if (tracingBackend() === undefined) return branches[index.dataSync()[0]](all);
  registerBranchKernel();
  const differentiable = all.map((_, place) => place < inputs.length);
  return choose({ index, bodies: branches.map(withOneResult), differentiable }, all)[0];
}

const BRANCH = 'HabaBranch';

interface BranchAttributes {
  index: tf.Scalar;
  bodies: Body[];
  /** Which inputs gradients are taken for; the others are constants. */
  differentiable: boolean[];
}

function choose(given: BranchAttributes, inputs: tf.Tensor[]): tf.Tensor[] {
  // tfjs takes numbers and strings for attributes; it hands on whatever it is given.
  const attributes = given as unknown as tf.NamedAttrMap;
  return tf.engine().runKernel(BRANCH, inputs as unknown as tf.NamedTensorMap, attributes);
}

let registered = false;

function registerBranchKernel(): void {
  if (registered) return;
  registered = true;
  tf.registerKernel({
    kernelName: BRANCH,
    backendName: TRACING_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { index, bodies } = attrs as unknown as BranchAttributes;
      const tensors = Object.values(inputs) as tf.Tensor[];
      const recorded = bodies.map((body) => recordBody(backend as TracingBackend, body, tensors));
      return callBody(backend as TracingBackend, index, recorded, tensors);
    },
  });
  tf.registerGradient({
    kernelName: BRANCH,
    saveAllInputs: true,
    gradFunc: (upstream, inputs, attributes) => {
      const { index, bodies, differentiable } = attributes as unknown as BranchAttributes;
      const upstreams = Array.isArray(upstream) ? upstream : [upstream];
      const gradients = choose(
        {
          index,
          bodies: bodies.map((body) => gradientBody(body, differentiable)),
          differentiable: [...differentiable, ...upstreams.map(() => true)],
        },
        [...inputs, ...upstreams],
      );
      // They stand in the order of the inputs that have one.
      const place = (input: number) => differentiable.slice(0, input).filter(Boolean).length;
      return Object.fromEntries(
        inputs.map((constant, input) => [
          input,
          () => (differentiable[input] ? gradients[place(input)] : tf.zeros(constant.shape)),
        ]),
      );
    },
  });
}

const singles = new WeakMap<object, Body>();

function withOneResult(run: (inputs: tf.Tensor[]) => tf.Tensor): Body {
  return remembered(singles, run, () => (inputs) => [run(inputs)]);
}

/** Of each body, by which of its inputs are differentiable. */
const gradientBodies = new WeakMap<object, Map<string, Body>>();

/**
 * The body (inputs, upstream gradients of the results) -> gradients of the differentiable inputs; integer ones have a
 * gradient of zeros.
 * @param differentiable of the original body's inputs
 */
function gradientBody(body: Body, differentiable: boolean[]): Body {
  const ofBody = remembered(gradientBodies, body, () => new Map<string, Body>());
  return remembered(ofBody, differentiable.join(), () => (tensors) => {
    const inputs = tensors.slice(0, differentiable.length);
    const upstreams = tensors.slice(differentiable.length);
    const product = () => {
      const results = body(inputs);
      return tf.addN(results.map((result, index) => result.mul(upstreams[index]).sum())).asScalar();
    };
    const variables = inputs.filter((_, index) => differentiable[index]);
    const { grads } = tf.engine().gradients(product, variables, undefined, true);
    return variables.map((input, index) => (grads as (tf.Tensor | null)[])[index] ?? tf.zeros(input.shape));
  });
}

/** A map, weak or not. */
interface Known<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): unknown;
}

function remembered<Key, Value>(known: Known<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
