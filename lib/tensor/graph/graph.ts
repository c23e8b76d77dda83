/**
 * A TensorFlow graph under construction: nodes, the values they give, and the constants they read. Every operation is
 * pure, so a node is made once however often it is asked for.
 */

/** Element types that TensorFlow.js and TensorFlow share. */
export type ElementType = 'float32' | 'int32' | 'bool';

/** An attribute of a TensorFlow operation, with the type its protobuf message needs. */
export type Attribute =
  | { kind: 'boolean'; value: boolean }
  | { kind: 'integer'; value: number | number[] }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'type'; value: ElementType | ElementType[] }
  | { kind: 'functions'; value: string[] }
  | { kind: 'shapes'; value: number[][] };

export type Attributes = Record<string, Attribute>;

/** What a tensor is known by before it has elements. */
export interface TensorForm {
  shape: number[];
  dtype: ElementType;
}

/** One result of a node: a tensor of known shape and type, whose elements will exist when the graph runs. */
export interface GraphValue extends TensorForm {
  node: GraphNode;
  /** Which of the node's results, from 0. */
  index: number;
}

export interface GraphNode {
  /** Name of the TensorFlow operation, e.g. 'Conv2D'; 'Const' and 'Placeholder' are the leaves. */
  operation: string;
  inputs: GraphValue[];
  attributes: Attributes;
  outputs: GraphValue[];
  graph: Graph;
  /** Position in the order of creation, in which every node follows its inputs. */
  index: number;
  /** Elements of a 'Const'. */
  elements?: Elements;
}

export type Elements = Float32Array | Int32Array | Uint8Array;

/** A body that other nodes call: see `branch`. */
export interface GraphFunction {
  name: string;
  graph: Graph;
  outputs: GraphValue[];
}

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly inputs: GraphValue[] = [];
  private readonly known = new Map<string, GraphNode>();

  /** A tensor that is given when the graph runs. */
  addInput(form: TensorForm): GraphValue {
    const [value] = this.append('Placeholder', [], {}, [form]).outputs;
    this.inputs.push(value);
    return value;
  }

  /** A tensor whose elements are known now; equal constants are one node. */
  addConstant(elements: Elements, { shape, dtype }: TensorForm): GraphValue {
    const bytes = Buffer.from(elements.buffer, elements.byteOffset, elements.byteLength);
    const key = `Const ${dtype} [${shape}] ${bytes.toString('base64')}`;
    const node = this.known.get(key) ?? this.append('Const', [], {}, [{ shape, dtype }]);
    node.elements ??= elements;
    this.known.set(key, node);
    return node.outputs[0];
  }

  /** The node of an operation on values of this graph; asked for again, the same node. */
  addNode(operation: string, inputs: GraphValue[], attributes: Attributes, outputs: TensorForm[]): GraphNode {
    const operands = inputs.map(({ node, index }) => `${node.index}:${index}`).join(' ');
    const key = `${operation} ${operands} ${JSON.stringify(attributes)}`;
    let node = this.known.get(key);
    if (node === undefined) {
      node = this.append(operation, inputs, attributes, outputs);
      this.known.set(key, node);
    }
    return node;
  }

  private append(operation: string, inputs: GraphValue[], attributes: Attributes, forms: TensorForm[]): GraphNode {
    const node: GraphNode = { operation, inputs, attributes, outputs: [], graph: this, index: this.nodes.length };
    node.outputs = forms.map(({ shape, dtype }, index) => ({ node, index, shape: [...shape], dtype }));
    this.nodes.push(node);
    return node;
  }
}

/** @returns the elements of a constant as plain numbers, or undefined where the value is only known when the graph runs */
export function constantElements(value: GraphValue): number[] | undefined {
  return value.node.elements === undefined ? undefined : Array.from(value.node.elements);
}

/** @returns the nodes that the given values depend on, themselves included, inputs before users */
export function reachableNodes(values: GraphValue[]): GraphNode[] {
  const found = new Set<GraphNode>();
  const pending = values.map(({ node }) => node);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    pending.push(...node.inputs.map((input) => input.node));
  }
  return [...found].sort((first, second) => first.index - second.index);
}
