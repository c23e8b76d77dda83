/** Recording one operation: what can be known without running it is simplified away, the rest becomes a node. */
import { tf } from '../tensorflow';
import {
  constantElements,
  type Attributes,
  type ElementType,
  type Elements,
  type Graph,
  type GraphValue,
  type TensorForm,
} from './graph';
import { inferredAttributes, operationNamed, resultForms, type Operation } from './operations';

/**
 * Adds an operation to a graph.
 * @param operands values of this graph; constants may be of another one
 * @param attributes those that do not follow from the operands
 * @returns the operation's results, each possibly the result of a simpler operation
 * @throws Error when the operation is not known or its shape depends on values
 */
export function record(graph: Graph, name: string, operands: GraphValue[], attributes: Attributes = {}): GraphValue[] {
  const operation = operationNamed(name);
  const inputs = operands.map((operand) => adopt(graph, operand));
  const simpler = simplify(graph, operation, inputs, attributes);
  if (simpler !== undefined) return [simpler];
  const complete = { ...attributes, ...inferredAttributes(operation, inputs) };
  return graph.addNode(name, inputs, complete, resultForms(operation, inputs, complete)).outputs;
}

/** A tensor of one repeated element: a scalar constant, broadcast. */
export function recordFill(graph: Graph, element: number, { shape, dtype }: TensorForm): GraphValue {
  return broadcastTo(graph, graph.addConstant(elementsOf([element], dtype), { shape: [], dtype }), shape);
}

/** Typed elements of a constant. */
export function elementsOf(values: ArrayLike<number>, dtype: ElementType): Elements {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}

/** Elements of a constant of shape `from`, repeated as BroadcastTo repeats them. */
export function broadcastElements(elements: Elements, from: number[], { shape, dtype }: TensorForm): Elements {
  if (sameShape(from, shape)) return elements;
  // Shapes are aligned at their last axes; an axis that is repeated has no stride.
  const added = shape.length - from.length;
  const strides = shape.map((_, axis) =>
    axis < added || from[axis - added] === 1 ? 0 : tf.util.sizeFromShape(from.slice(axis - added + 1)),
  );
  const repeated = elementsOf(new Uint8Array(tf.util.sizeFromShape(shape)), dtype);
  for (let place = 0; place < repeated.length; place++) {
    let [rest, source] = [place, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    repeated[place] = elements[source];
  }
  return repeated;
}

/** A value as the nodes of a graph may read it: its own, or a constant of another, copied. */
export function adopt(graph: Graph, value: GraphValue): GraphValue {
  if (value.node.graph === graph) return value;
  if (value.node.elements !== undefined) return graph.addConstant(value.node.elements, value);
  if (value.node.operation === 'BroadcastTo') {
    const [operand] = value.node.inputs;
    if (operand.node.elements !== undefined) return broadcastTo(graph, adopt(graph, operand), value.shape);
  }
  throw new Error('a function given to branch() used a tensor that is not among its inputs; add it to them.');
}

function broadcastTo(graph: Graph, value: GraphValue, shape: number[]): GraphValue {
  if (sameShape(value.shape, shape)) return value;
  const target = graph.addConstant(Int32Array.from(shape), { shape: [shape.length], dtype: 'int32' });
  return record(graph, 'BroadcastTo', [value, target])[0];
}

function simplify(
  graph: Graph,
  operation: Operation,
  inputs: GraphValue[],
  attributes: Attributes,
): GraphValue | undefined {
  if (operation.elementwise) return simplifyElementwise(graph, operation, inputs, attributes);
  const [first] = inputs;
  switch (operation.name) {
    case 'Identity':
      return first;
    case 'AddN':
      return inputs.length === 1 ? first : undefined;
    case 'BroadcastTo': {
      const shape = constantElements(inputs[1])!;
      if (sameShape(first.shape, shape)) return first;
      return first.node.operation === 'BroadcastTo' ? broadcastTo(graph, first.node.inputs[0], shape) : undefined;
    }
    case 'Tile': {
      const times = constantElements(inputs[1])!;
      const isBroadcast = times.every((count, axis) => count === 1 || first.shape[axis] === 1);
      return isBroadcast
        ? broadcastTo(
            graph,
            first,
            times.map((count, axis) => count * first.shape[axis]),
          )
        : undefined;
    }
    case 'Reshape': {
      const [{ shape }] = resultForms(operation, inputs, inferredAttributes(operation, inputs));
      if (sameShape(first.shape, shape)) return first;
      if (first.node.operation === 'Reshape') return record(graph, 'Reshape', [first.node.inputs[0], inputs[1]])[0];
      return isFilled(first) ? broadcastTo(graph, first.node.inputs[0], shape) : undefined;
    }
    case 'Transpose':
      return constantElements(inputs[1])!.every((axis, position) => axis === position) ? first : undefined;
    case 'Sum':
    case 'Mean':
      // Reducing nothing.
      return inputs[1].shape[0] === 0 ? first : undefined;
    case 'BatchMatMulV2':
      if (first.shape.length !== 2 || inputs[1].shape.length !== 2) return undefined;
      return record(graph, 'MatMul', inputs, { transpose_a: attributes.adj_x, transpose_b: attributes.adj_y })[0];
    default:
      return undefined;
  }
}

/**
 * Broadcasting is left to the operation that reads the result, and put off beyond operations whose operands are all
 * broadcast: tfjs's gradients multiply by tensors of ones to broadcast, which would fill memory with copies.
 */
function simplifyElementwise(
  graph: Graph,
  operation: Operation,
  inputs: GraphValue[],
  attributes: Attributes,
): GraphValue | undefined {
  const shape = inputs
    .map((input) => input.shape)
    .reduce((first, second) => tf.broadcast_util.assertAndGetBroadcastShape(first, second));
  const narrow = inputs.map((input) => (input.node.operation === 'BroadcastTo' ? input.node.inputs[0] : input));
  if (narrow.some((input, position) => input !== inputs[position])) {
    return broadcastTo(graph, record(graph, operation.name, narrow, attributes)[0], shape);
  }
  const [first, second] = inputs;
  if (operation.name === 'Cast' && attributes.DstT.value === first.dtype) return first;
  if (inputs.length !== 2) return undefined;
  const [left, right] = [scalarElement(first), scalarElement(second)];
  if (left !== undefined && right !== undefined && first.dtype === 'float32') {
    const folded = foldScalars(operation.name, left, right);
    if (folded !== undefined) return graph.addConstant(Float32Array.of(folded), { shape, dtype: 'float32' });
  }
  const neutral = NEUTRAL_ELEMENTS[operation.name];
  if (neutral === undefined) return undefined;
  if (right === neutral.right) return broadcastTo(graph, first, shape);
  return left !== undefined && left === neutral.left ? broadcastTo(graph, second, shape) : undefined;
}

/** Operands that change nothing: x + 0, x * 1, ... */
const NEUTRAL_ELEMENTS: Record<string, { left?: number; right: number } | undefined> = {
  Add: { left: 0, right: 0 },
  AddV2: { left: 0, right: 0 },
  Sub: { right: 0 },
  Mul: { left: 1, right: 1 },
  RealDiv: { right: 1 },
};

function foldScalars(operation: string, left: number, right: number): number | undefined {
  switch (operation) {
    case 'Add':
    case 'AddV2':
      return left + right;
    case 'Sub':
      return left - right;
    case 'Mul':
      return left * right;
    case 'RealDiv':
      return left / right;
    default:
      return undefined;
  }
}

/** The element of a constant of one element. */
function scalarElement(value: GraphValue): number | undefined {
  return value.node.elements?.length === 1 ? value.node.elements[0] : undefined;
}

function isFilled(value: GraphValue): boolean {
  return value.node.operation === 'BroadcastTo' && value.node.inputs[0].node.elements?.length === 1;
}

function sameShape(first: number[], second: number[]): boolean {
  return first.length === second.length && first.every((size, axis) => size === second[axis]);
}
