/** Bodies of branches: functions of the graph that a node calls. */
import { createHash } from 'node:crypto';
import type { tf } from '../tensorflow';
import { reachableNodes, type ElementType, type Graph, type GraphFunction, type GraphValue } from './graph';
import { adopt } from './record';
import { trace } from './tracer';
import type { TracingBackend } from './tracing-backend';

/** What a branch computes, of nothing but its inputs. */
export type Body = (inputs: tf.Tensor[]) => tf.Tensor[];

/** @returns the recorded body; equal bodies, and the same body for inputs of the same form, are one function */
export function recordBody(backend: TracingBackend, body: Body, inputs: tf.Tensor[]): GraphFunction {
  const forms = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as ElementType }));
  const key = JSON.stringify(forms);
  const known = backend.bodies.get(body) ?? new Map<string, GraphFunction>();
  backend.bodies.set(body, known);
  let found = known.get(key);
  if (found === undefined) {
    const { graph, outputs } = trace(backend, forms, body);
    const name = `body_${fingerprint(graph, outputs)}`;
    found = backend.functions.get(name) ?? { name, graph, outputs };
    backend.functions.set(name, found);
    known.set(key, found);
  }
  return found;
}

/** Records a node that calls one of several bodies. */
export function callBody(
  backend: TracingBackend,
  index: tf.Scalar,
  bodies: GraphFunction[],
  inputs: tf.Tensor[],
): tf.Tensor[] {
  const [{ outputs }] = bodies;
  for (const body of bodies) {
    if (describe(body.outputs) !== describe(outputs)) {
      throw new Error(
        `branch: all branches give results of one shape and type, got ${describe(outputs)} and ${describe(body.outputs)}.`,
      );
    }
  }
  const values = [index, ...inputs].map((tensor) => adopt(backend.graph, backend.graphValue(tensor)));
  const node = backend.graph.addNode(
    'StatelessCase',
    values,
    {
      Tin: { kind: 'type', value: values.slice(1).map(({ dtype }) => dtype) },
      Tout: { kind: 'type', value: outputs.map(({ dtype }) => dtype) },
      branches: { kind: 'functions', value: bodies.map(({ name }) => name) },
      output_shapes: { kind: 'shapes', value: outputs.map(({ shape }) => shape) },
    },
    outputs,
  );
  return node.outputs.map((value) => backend.tensorOf(value));
}

function describe(outputs: GraphValue[]): string {
  return outputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ');
}

function fingerprint(graph: Graph, outputs: GraphValue[]): string {
  const hash = createHash('sha256');
  const place = ({ node, index }: GraphValue) => `${node.index}:${index}`;
  for (const node of [...graph.inputs.map((input) => input.node), ...reachableNodes(outputs)]) {
    const { operation, inputs, attributes, elements } = node;
    hash.update(
      `${operation} ${inputs.map(place).join(' ')} ${JSON.stringify(attributes)} ${describe(node.outputs)}\n`,
    );
    if (elements !== undefined) hash.update(Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength));
  }
  return hash.update(outputs.map(place).join(' ')).digest('hex').slice(0, 16);
}
