/** Runs a function on symbolic tensors, so that what it would compute is recorded. */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { tf } from '../tensorflow';
import { Graph, type GraphValue, type TensorForm } from './graph';
import { TracingBackend } from './tracing-backend';
import { TRACING_BACKEND } from './tracing-kernels';

/** What of tfjs's engine a trace sets aside: the backend, and the gradients being taken around it. */
interface Engine {
  backendName: string;
  backendInstance: tf.KernelBackend;
  state: { gradientDepth: number; kernelDepth: number; activeTape: unknown[] };
}

/** @returns the backend of the trace that is going on, if any */
export function tracingBackend(): TracingBackend | undefined {
  const { backendInstance } = tf.engine() as unknown as Engine;
  return backendInstance instanceof TracingBackend ? backendInstance : undefined;
}

/** @returns whether a gradient is being taken by the code that calls */
export function isTakingGradient(): boolean {
  return (tf.engine() as unknown as Engine).state.gradientDepth > 0;
}

/** The native backend, which loads and runs graphs; undefined where another one computes. */
export function nativeBackend(): NodeJSKernelBackend | undefined {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as NodeJSKernelBackend) : undefined;
}

/**
 * Records a function.
 * @param backend where it is recorded: a new one, or the one of the trace going on, for the body of a branch
 * @param run called with one symbolic tensor per form; what it returns must not depend on anything but them
 * @returns the graph, and the values of the tensors that `run` gave
 */
export function trace(
  backend: TracingBackend,
  forms: TensorForm[],
  run: (inputs: tf.Tensor[]) => tf.Tensor[],
): { graph: Graph; outputs: GraphValue[] } {
  const engine = tf.engine() as unknown as Engine;
  const { backendName, backendInstance } = engine;
  const { gradientDepth, kernelDepth, activeTape } = engine.state;
  const outerGraph = backend.graph;
  const graph = new Graph();
  const outputs: GraphValue[] = [];
  try {
    engine.backendName = TRACING_BACKEND;
    engine.backendInstance = backend;
    backend.graph = graph;
    Object.assign(engine.state, { gradientDepth: 0, kernelDepth: 0, activeTape: null });
    tf.tidy(() => {
      const results = run(forms.map((form) => backend.tensorOf(graph.addInput(form))));
      outputs.push(...results.map((result) => backend.graphValue(result)));
    });
    return { graph, outputs };
  } finally {
    backend.graph = outerGraph;
    Object.assign(engine.state, { gradientDepth, kernelDepth, activeTape });
    Object.assign(engine, { backendName, backendInstance });
  }
}

/** A backend to record on. */
export function newTracingBackend(native: NodeJSKernelBackend): TracingBackend {
  return new TracingBackend(new Graph(), native);
}
