/**
 * A TensorFlow.js backend that computes nothing: its kernels are those of tfjs-node, and what they would have
 * TensorFlow execute is recorded as a node of a graph. Automatic differentiation, of any order, is recorded with it.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { tf } from '../tensorflow';
import type {
  Attribute,
  Attributes,
  ElementType,
  Elements,
  Graph,
  GraphFunction,
  GraphValue,
  TensorForm,
} from './graph';
import { broadcastElements, elementsOf, record, recordFill } from './record';
import { registerTracingKernels } from './tracing-kernels';

/** Largest tensor that a graph may hold as a constant. */
const LARGEST_CONSTANT_BYTES = 4 * 2 ** 20;

/** What stands for a tensor's data while a graph is traced. */
class SymbolicData {
  /** Number of tensors that share this data. */
  references = 1;
  constructor(readonly value: GraphValue) {}
}

/** An attribute as tfjs-node's kernels give it. */
interface KernelAttribute {
  name: string;
  type: number;
  value: unknown;
}

type TensorInfo = tf.TensorInfo;

export class TracingBackend extends tf.KernelBackend {
  /** Bodies of branches, by name. */
  readonly functions = new Map<string, GraphFunction>();
  /** What was recorded of a body, by the form of its inputs. */
  readonly bodies = new Map<object, Map<string, GraphFunction>>();
  readonly binding: NodeJSKernelBackend['binding'];
  readonly createReductionOpAttrs: NodeJSKernelBackend['createReductionOpAttrs'];
  readonly applyActivation: NodeJSKernelBackend['applyActivation'];
  readonly getDTypeInteger: NodeJSKernelBackend['getDTypeInteger'];

  /** @param graph where operations are recorded; `branch` exchanges it for a while */
  constructor(
    public graph: Graph,
    native: NodeJSKernelBackend,
  ) {
    super();
    registerTracingKernels();
    this.binding = native.binding;
    this.createReductionOpAttrs = native.createReductionOpAttrs.bind(native);
    this.applyActivation = native.applyActivation.bind(native);
    this.getDTypeInteger = native.getDTypeInteger.bind(native);
  }

  executeSingleInput(name: string, input: TensorInfo): tf.Tensor {
    return this.executeSingleOutput(name, [], [input]);
  }

  executeSingleOutput(name: string, attributes: KernelAttribute[], inputs: TensorInfo[]): tf.Tensor {
    return this.executeMultipleOutputs(name, attributes, inputs)[0];
  }

  executeMultipleOutputs(name: string, attributes: KernelAttribute[], inputs: TensorInfo[]): tf.Tensor[] {
    const operands = inputs.map((input) => this.graphValue(input));
    try {
      return record(this.graph, name, operands, this.attributesOf(attributes)).map((value) => this.tensorOf(value));
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** A tensor that stands for a value of the graph. */
  tensorOf(value: GraphValue): tf.Tensor {
    const { shape, dtype } = value;
    return tf.engine().makeTensorFromTensorInfo({ dataId: new SymbolicData(value), shape, dtype }, this);
  }

  /** The value that a tensor stands for; a tensor from outside the traced function becomes a constant. */
  graphValue({ dataId, shape, dtype }: TensorInfo): GraphValue {
    if (dataId instanceof SymbolicData) return dataId.value;
    const elements = tensorInfo(dataId).backend.readSync(dataId) as Elements;
    return this.constant(elements, { shape, dtype: elementType(dtype) }, 'captured from outside the function');
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const elements = elementsOf(values as Elements, elementType(dtype));
    return new SymbolicData(this.constant(elements, { shape, dtype: elementType(dtype) }, 'made inside the function'));
  }

  private constant(elements: Elements, form: TensorForm, origin: string): GraphValue {
    // Short integer constants are shapes and axes, which must stay readable.
    const mayFill = form.dtype === 'float32' ? elements.length > 1 : elements.length > 1024;
    if (mayFill && elements.every((element) => element === elements[0])) {
      return recordFill(this.graph, elements[0], form);
    }
    if (elements.byteLength > LARGEST_CONSTANT_BYTES) {
      throw new Error(
        `a tensor of shape [${form.shape}] (${elements.byteLength} bytes) ${origin} would become a constant of the ` +
          `graph; at most ${LARGEST_CONSTANT_BYTES} bytes may. Pass it as an input.`,
      );
    }
    return this.graph.addConstant(elements, form);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const { value } = dataId as SymbolicData;
    const { node } = value;
    const constant = node.operation === 'BroadcastTo' ? node.inputs[0] : value;
    const { elements } = constant.node;
    if (elements === undefined) {
      throw new Error(
        `the values of ${node.operation === 'Placeholder' ? 'an input' : `a result of ${node.operation}`}, shape ` +
          `[${value.shape}], were read (data, dataSync, array, arraySync, print); they do not exist before the graph ` +
          "runs. Keep to tensor operations, or run with compile: false, or in withExecution('eager', ...).",
      );
    }
    return broadcastElements(elements, constant.shape, value);
  }

  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override disposeData(dataId: object): boolean {
    return --(dataId as SymbolicData).references <= 0;
  }

  override incRef(dataId: object): void {
    (dataId as SymbolicData).references++;
  }

  override refCount(dataId: object): number {
    return (dataId as SymbolicData).references;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  private attributesOf(attributes: KernelAttribute[]): Attributes {
    return Object.fromEntries(attributes.map(({ name, type, value }) => [name, this.attributeOf(type, value)]));
  }

  private attributeOf(type: number, value: unknown): Attribute {
    switch (type) {
      case this.binding.TF_ATTR_BOOL:
        return { kind: 'boolean', value: value as boolean };
      case this.binding.TF_ATTR_INT:
        return { kind: 'integer', value: value as number | number[] };
      case this.binding.TF_ATTR_FLOAT:
        return { kind: 'float', value: value as number };
      case this.binding.TF_ATTR_TYPE:
        return { kind: 'type', value: this.elementTypeOf(value as number) };
      default:
        return { kind: 'string', value: value as string };
    }
  }

  private elementTypeOf(type: number): ElementType {
    const types: [number, ElementType][] = [
      [this.binding.TF_FLOAT, 'float32'],
      [this.binding.TF_INT32, 'int32'],
      [this.binding.TF_BOOL, 'bool'],
    ];
    const found = types.find(([number]) => number === type);
    if (found === undefined)
      throw new Error(`TensorFlow's element type ${type} cannot be compiled; use float32, int32 or bool.`);
    return found[1];
  }
}

function elementType(dtype: tf.DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`a tensor of type ${dtype} cannot be compiled; use float32, int32 or bool.`);
}

function tensorInfo(dataId: object): { backend: tf.KernelBackend } {
  const { state } = tf.engine() as unknown as { state: { tensorInfo: WeakMap<object, { backend: tf.KernelBackend }> } };
  const info = state.tensorInfo.get(dataId);
  if (info === undefined) throw new Error('a tensor was used that has been disposed of.');
  return info;
}
