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
 */
export function branch(
  index: tf.Scalar,
  branches: ((inputs: tf.Tensor[]) => tf.Tensor)[],
  inputs: tf.Tensor[],
): tf.Tensor {
  if (tracingBackend() === undefined) return branches[index.dataSync()[0]](inputs);
  registerBranchKernel();
  return choose(index, branches.map(withOneResult), inputs)[0];
}

const BRANCH = 'HabaBranch';

interface BranchAttributes {
  index: tf.Scalar;
  bodies: Body[];
}

function choose(index: tf.Scalar, bodies: Body[], inputs: tf.Tensor[]): tf.Tensor[] {
  // tfjs takes numbers and strings for attributes; it hands on whatever it is given.
  const attributes = { index, bodies } as unknown as tf.NamedAttrMap;
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
      const { index, bodies } = attributes as unknown as BranchAttributes;
      const upstreams = Array.isArray(upstream) ? upstream : [upstream];
      let gradients: tf.Tensor[] | undefined;
      const gradientOf = (input: number) => {
        gradients ??= choose(
          index,
          bodies.map((body) => gradientBody(body, inputs.length)),
          [...inputs, ...upstreams],
        );
        return gradients[input];
      };
      return Object.fromEntries(inputs.map((_, input) => [input, () => gradientOf(input)]));
    },
  });
}

const singles = new WeakMap<object, Body>();

function withOneResult(run: (inputs: tf.Tensor[]) => tf.Tensor): Body {
  return remembered(singles, run, () => (inputs) => [run(inputs)]);
}

const gradientBodies = new WeakMap<object, Body>();

/**
 * The body (inputs, upstream gradients of the results) -> gradients of the inputs.
 * @param count number of inputs of the original body; integer inputs have a gradient of zeros
 */
function gradientBody(body: Body, count: number): Body {
  return remembered(gradientBodies, body, () => (tensors) => {
    const inputs = tensors.slice(0, count);
    const upstreams = tensors.slice(count);
    const product = () => {
      const results = body(inputs);
      return tf.addN(results.map((result, index) => result.mul(upstreams[index]).sum())).asScalar();
    };
    const { grads } = tf.engine().gradients(product, inputs, undefined, true);
    return inputs.map((input, index) => (grads as (tf.Tensor | null)[])[index] ?? tf.zeros(input.shape));
  });
}

function remembered(known: WeakMap<object, Body>, key: object, make: () => Body): Body {
  const body = known.get(key) ?? make();
  known.set(key, body);
  return body;
}
