/** A recorded graph as TensorFlow's SavedModel, loaded into a session through tfjs-node. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { tf } from '../tensorflow';
import { messages, type Message } from './protobuf';
import {
  reachableNodes,
  type Attribute,
  type ElementType,
  type GraphFunction,
  type GraphNode,
  type GraphValue,
} from './graph';
import { operationNamed, resultName } from './operations';

/** A graph in a session of its own, ready to run. */
export interface LoadedGraph {
  /** @param inputs one tensor for each of {@link LoadedGraph.inputs}; @returns new tensors, owned by the caller */
  run(inputs: tf.Tensor[]): tf.Tensor[];
  /** Frees the session. */
  dispose: () => void;
  /** Graph inputs that the outputs depend on, in the order that `run` expects. */
  inputs: GraphValue[];
  /** Nodes in the graph and in the functions it calls. */
  nodes: number;
  /** Size of the serialised graph. */
  bytes: number;
}

/**
 * Serialises what the outputs depend on, and loads it.
 * @param outputs values that a run returns, not graph inputs
 * @param functions bodies that the nodes may call
 */
export function loadGraph(native: NodeJSKernelBackend, outputs: GraphValue[], functions: GraphFunction[]): LoadedGraph {
  const nodes = reachableNodes(outputs);
  const called = calledFunctions(nodes, functions);
  const model = serialise(nodes, called);
  const session = load(native, model);
  const inputs = nodes.filter(({ operation }) => operation === 'Placeholder').map((node) => node.outputs[0]);
  const inputNames = inputs.map((value) => ({ name: runName(value) }) as tf.ModelTensorInfo);
  const outputNames = outputs.map(runName);
  return {
    run: (tensors) => (outputs.length === 0 ? [] : native.runSavedModel(session, tensors, inputNames, outputNames)),
    dispose: () => native.deleteSavedModel(session),
    inputs,
    nodes: nodes.length + called.reduce((sum, body) => sum + reachableNodes(body.outputs).length, 0),
    bytes: model.byteLength,
  };
}

function calledFunctions(nodes: GraphNode[], functions: GraphFunction[]): GraphFunction[] {
  const called = new Set<string>();
  const visit = (callers: GraphNode[]) => {
    for (const name of callers.flatMap(
      ({ attributes }) => (attributes.branches?.value as string[] | undefined) ?? [],
    )) {
      if (called.has(name)) continue;
      called.add(name);
      visit(functions.find((body) => body.name === name)!.graph.nodes);
    }
  };
  visit(nodes);
  return functions.filter(({ name }) => called.has(name));
}

function load(native: NodeJSKernelBackend, model: Uint8Array): number {
  const folder = mkdtempSync(join(tmpdir(), 'haba-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), model);
    return native.loadSavedModelMetaGraph(folder, 'serve');
  } finally {
    // TensorFlow has read it all.
    rmSync(folder, { recursive: true });
  }
}

const runName = ({ node, index }: GraphValue) => `${nodeName(node)}:${index}`;
const nodeName = (node: GraphNode) => `n${node.index}`;

/** Names by which a graph's nodes refer to values; the body of a function has its own way. */
type ValueName = (value: GraphValue) => string;

const nameInGraph: ValueName = ({ node, index }) => (index === 0 ? nodeName(node) : `${nodeName(node)}:${index}`);

const nameInFunction: ValueName = (value) => {
  const { node, index } = value;
  if (node.operation === 'Placeholder') return nodeName(node);
  if (node.operation === 'Const') return `${nodeName(node)}:output:0`;
  return `${nodeName(node)}:${isCall(node) ? `output:${index}` : resultName(operationNamed(node.operation), index)}`;
};

const isCall = ({ attributes }: GraphNode) => attributes.branches !== undefined;

function serialise(nodes: GraphNode[], functions: GraphFunction[]): Uint8Array {
  const graph = new messages.GraphDef();
  graph.setNodeList(nodes.map((node) => nodeMessage(node, nameInGraph)));
  const library = new messages.FunctionDefLibrary();
  library.setFunctionList(functions.map(functionMessage));
  graph.setLibrary(library);
  const versions = new messages.VersionDef();
  versions.setProducer(GRAPH_PRODUCER);
  graph.setVersions(versions);

  const information = new messages.MetaGraphDef.MetaInfoDef();
  information.addTags('serve');
  const metaGraph = new messages.MetaGraphDef();
  metaGraph.setMetaInfoDef(information);
  metaGraph.setGraphDef(graph);
  const model = new messages.SavedModel();
  model.setSavedModelSchemaVersion(1);
  model.addMetaGraphs(metaGraph);
  return model.serializeBinary();
}

/** Version of the graph format that is written: TensorFlow 2.11's, so that every later one reads it. */
const GRAPH_PRODUCER = 1286;

function functionMessage({ name, graph, outputs }: GraphFunction): Message {
  const signature = new messages.OpDef();
  signature.setName(name);
  const results = outputs.map((output, index) => ({ name: `r${index}`, output }));
  for (const input of graph.inputs) signature.addInputArg(argumentMessage(nodeName(input.node), input.dtype));
  for (const { name: result, output } of results) signature.addOutputArg(argumentMessage(result, output.dtype));
  const message = new messages.FunctionDef();
  message.setSignature(signature);
  const body = reachableNodes(outputs).filter(({ operation }) => operation !== 'Placeholder');
  message.setNodeDefList(body.map((node) => nodeMessage(node, nameInFunction)));
  for (const { name: result, output } of results) message.getRetMap().set(result, nameInFunction(output));
  return message;
}

function argumentMessage(name: string, dtype: ElementType): Message {
  const message = new messages.OpDef.ArgDef();
  message.setName(name);
  message.setType(DATA_TYPES[dtype]);
  return message;
}

function nodeMessage(node: GraphNode, nameOf: ValueName): Message {
  const message = new messages.NodeDef();
  message.setName(nodeName(node));
  message.setOp(node.operation);
  message.setInputList(node.inputs.map(nameOf));
  const attributes = message.getAttrMap();
  for (const [name, attribute] of Object.entries(node.attributes)) attributes.set(name, attributeMessage(attribute));
  if (node.operation === 'Const' || node.operation === 'Placeholder') {
    attributes.set('dtype', attributeMessage({ kind: 'type', value: node.outputs[0].dtype }));
  }
  if (node.operation === 'Const') attributes.set('value', tensorMessage(node));
  if (node.operation === 'Placeholder') {
    const shape = new messages.AttrValue();
    shape.setShape(shapeMessage(node.outputs[0].shape));
    attributes.set('shape', shape);
  }
  return message;
}

function tensorMessage({ elements, outputs: [{ shape, dtype }] }: GraphNode): Message {
  const tensor = new messages.Tensor();
  tensor.setDtype(DATA_TYPES[dtype]);
  tensor.setTensorShape(shapeMessage(shape));
  tensor.setTensorContent(new Uint8Array(elements!.buffer, elements!.byteOffset, elements!.byteLength));
  const message = new messages.AttrValue();
  message.setTensor(tensor);
  return message;
}

function shapeMessage(shape: number[]): Message {
  const message = new messages.TensorShape();
  message.setDimList(
    shape.map((size) => {
      const dimension = new messages.TensorShape.Dim();
      dimension.setSize(size);
      return dimension;
    }),
  );
  return message;
}

function attributeMessage({ kind, value }: Attribute): Message {
  const message = new messages.AttrValue();
  switch (kind) {
    case 'boolean':
      message.setB(value);
      break;
    case 'float':
      message.setF(value);
      break;
    case 'string':
      message.setS(Buffer.from(value));
      break;
    case 'integer':
      if (Array.isArray(value)) message.setList(listMessage((list) => list.setIList(value)));
      else message.setI(value);
      break;
    case 'type':
      if (Array.isArray(value))
        message.setList(listMessage((list) => list.setTypeList(value.map((type) => DATA_TYPES[type]))));
      else message.setType(DATA_TYPES[value]);
      break;
    case 'shapes':
      message.setList(listMessage((list) => list.setShapeList(value.map(shapeMessage))));
      break;
    case 'functions':
      message.setList(listMessage((list) => list.setFuncList(value.map(functionReference))));
      break;
  }
  return message;
}

function listMessage(fill: (list: Message) => void): Message {
  const message = new messages.AttrValue.ListValue();
  fill(message);
  return message;
}

function functionReference(name: string): Message {
  const message = new messages.NameAttrList();
  message.setName(name);
  return message;
}

/** Values of TensorFlow's DataType enumeration. */
const DATA_TYPES: Record<ElementType, number> = { float32: 1, int32: 3, bool: 10 };
