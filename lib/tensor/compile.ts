/**
 * The seam between mathematics and its execution: a pure function over trees of tensors becomes a function that runs as
 * one TensorFlow graph, or, in eager execution or where there are no graphs, the same function run operation by operation.
 */
import { performance } from 'node:perf_hooks';
import { execution } from './execution';
import { tf } from './tensorflow';
import { flatten, unflatten, type FlatTree } from './tree';
import type { ElementType, GraphValue } from './graph/graph';
import { loadGraph } from './graph/saved-model';
import { isTakingGradient, nativeBackend, newTracingBackend, trace } from './graph/tracer';

export { branch } from './branch';

export interface CompileOptions {
  /** Named in errors, profiles and reports, e.g. 'distribution matching'. */
  name: string;
  /** How many graphs, one for each combination of input shapes, are kept; the one unused longest goes first. Default 8. */
  cacheSize?: number;
}

/** What one graph of a compiled function costs. */
export interface GraphReport {
  /** Shapes and types of the inputs. */
  signature: string;
  /** Nodes in the graph and in its functions. */
  nodes: number;
  /** Size of the serialised graph. */
  bytes: number;
  /** Recording and loading the graph. */
  traceSeconds: number;
  /** First run, in which TensorFlow optimises the graph. */
  firstRunSeconds: number;
}

/** A function over trees of tensors, ready to be called many times. The caller owns inputs and outputs. */
export interface Compiled<Inputs, Outputs> {
  (inputs: Inputs): Outputs;
  /** The graphs made so far; empty where the function runs eagerly. */
  report(): GraphReport[];
  /** Frees graphs and sessions; the function cannot be called afterwards. */
  dispose(): void;
}

/**
 * Compiles a pure function: its result may depend on nothing but the tensors in `inputs`, random draws included. It is
 * recorded once for each combination of input shapes, by running it on tensors that have a shape and no elements, and
 * then runs as one graph. Tensors it captures become constants. Inside another compiled function, or where a gradient
 * is being taken around it, it is simply called.
 * @throws Error, at the first call, when the function reads elements of a tensor, uses an operation that cannot be
 * compiled, or captures a large tensor
 */
export function compile<Inputs extends tf.TensorContainer, Outputs extends tf.TensorContainer>(
  run: (inputs: Inputs) => Outputs,
  { name, cacheSize = 8 }: CompileOptions,
): Compiled<Inputs, Outputs> {
  const graphs = new Map<string, RunnableGraph>();
  let disposed = false;

  const call = (inputs: Inputs): Outputs => {
    if (disposed) throw new Error(`'${name}' was called after its dispose().`);
    const native = nativeBackend();
    if (execution() === 'eager' || native === undefined || isTakingGradient()) {
      return tf.tidy(name, () => ownedByCaller(run(inputs), inputs));
    }
    const flat = flatten(inputs);
    const signature = signatureOf(flat);
    let graph = graphs.get(signature);
    graphs.delete(signature);
    graph ??= makeGraph(name, flat, signature, run as (inputs: unknown) => unknown);
    graphs.set(signature, graph);
    if (graphs.size > cacheSize) discardOldest(graphs);
    return graph.run(flat.tensors) as Outputs;
  };

  return Object.assign(call, {
    report: () => [...graphs.values()].map(({ report }) => report),
    dispose: () => {
      disposed = true;
      while (graphs.size > 0) discardOldest(graphs);
    },
  });
}

interface RunnableGraph {
  run(tensors: tf.Tensor[]): unknown;
  dispose(): void;
  report: GraphReport;
}

function signatureOf({ tensors, structure }: FlatTree): string {
  return `${tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')} ${JSON.stringify(structure, distinct)}`;
}

/** For JSON, which writes -0 as 0, and numbers that are not finite as null. */
function distinct(_: string, value: unknown): unknown {
  const isOther = typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0));
  return isOther ? { number: Object.is(value, -0) ? '-0' : String(value) } : value;
}

/** The result with clones in the place of inputs, and of tensors that it has twice: as a graph gives it, the caller's to free. */
function ownedByCaller<Outputs>(outputs: Outputs, inputs: unknown): Outputs {
  const { tensors, structure } = flatten(outputs);
  const given = new Set(flatten(inputs).tensors);
  const owned = tensors.map((tensor) => {
    if (given.has(tensor)) return tf.clone(tensor);
    given.add(tensor);
    return tensor;
  });
  return unflatten(structure, owned) as Outputs;
}

function discardOldest(graphs: Map<string, RunnableGraph>): void {
  const [[signature, graph]] = graphs;
  graphs.delete(signature);
  graph.dispose();
}

function makeGraph(
  name: string,
  { tensors: examples, structure }: FlatTree,
  signature: string,
  run: (inputs: unknown) => unknown,
): RunnableGraph {
  const start = performance.now();
  const native = nativeBackend()!;
  const backend = newTracingBackend(native);
  const forms = examples.map(({ shape, dtype }) => ({ shape, dtype: dtype as ElementType }));
  let result: FlatTree = { tensors: [], structure: { leaf: undefined } };
  const { graph, outputs } = explaining(`'${name}' cannot be compiled`, () =>
    trace(backend, forms, (inputs) => {
      result = flatten(run(unflatten(structure, inputs)));
      return result.tensors;
    }),
  );
  // An output may be an input, which no session returns, or the same value twice.
  const inputPositions = new Map(graph.inputs.map((value, position) => [value, position]));
  const computed = [...new Set(outputs)].filter((value) => !inputPositions.has(value));
  const loaded = explaining(`'${name}' cannot be loaded`, () =>
    loadGraph(native, computed, [...backend.functions.values()]),
  );
  const fed = loaded.inputs.map((value) => inputPositions.get(value)!);

  const report: GraphReport = {
    signature,
    nodes: loaded.nodes,
    bytes: loaded.bytes,
    traceSeconds: (performance.now() - start) / 1000,
    firstRunSeconds: 0,
  };
  const runGraph = (tensors: tf.Tensor[]) => {
    const started = performance.now();
    const results = explaining(`'${name}'`, () => loaded.run(fed.map((position) => tensors[position])));
    report.firstRunSeconds ||= (performance.now() - started) / 1000;
    const given = new Set<GraphValue>();
    const ordered = outputs.map((value) => {
      const position = inputPositions.get(value);
      if (position !== undefined) return tf.clone(tensors[position]);
      const tensor = results[computed.indexOf(value)];
      if (given.has(value)) return tf.clone(tensor);
      given.add(value);
      return tensor;
    });
    return unflatten(result.structure, ordered);
  };
  return { run: runGraph, dispose: loaded.dispose, report };
}

function explaining<Result>(what: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
