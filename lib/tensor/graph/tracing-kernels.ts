/** The kernels of the tracing backend: tfjs-node's own, but for those that read values or do more than they must. */
import { tf } from '../tensorflow';
import type { TracingBackend } from './tracing-backend';
import type { ElementType } from './graph';
import { recordFill } from './record';

/** Name under which the kernels are registered; not a backend that can be selected. */
export const TRACING_BACKEND = 'haba-tracing';

type Inputs = Record<string, tf.Tensor>;
type TracingKernel = (inputs: Inputs, backend: TracingBackend, attributes: Record<string, unknown>) => tf.Tensor;

let registered = false;

/** Registers every kernel of the native backend for tracing, once. */
export function registerTracingKernels(): void {
  if (registered) return;
  registered = true;
  tf.copyRegisteredKernels('tensorflow', TRACING_BACKEND);
  for (const [kernelName, trace] of Object.entries(TRACING_KERNELS)) {
    if (tf.getKernel(kernelName, TRACING_BACKEND) !== undefined) tf.unregisterKernel(kernelName, TRACING_BACKEND);
    tf.registerKernel({
      kernelName,
      backendName: TRACING_BACKEND,
      kernelFunc: ({ inputs, backend, attrs }) =>
        trace(inputs as Inputs, backend as TracingBackend, attrs as Record<string, unknown>),
    });
  }
}

const TRACING_KERNELS: Record<string, TracingKernel> = {
  // tfjs-node's kernel reads the indices to check them; TensorFlow checks them when the graph runs.
  GatherV2: ({ x, indices }, backend, { axis, batchDims }) =>
    backend.executeSingleOutput(
      'GatherV2',
      [{ name: 'batch_dims', type: backend.binding.TF_ATTR_INT, value: batchDims }],
      [x, indices, tf.scalar(axis as number, 'int32')],
    ),
  // tfjs-node's kernel also carries NaN through, in five operations.
  Step: ({ x }, _backend, { alpha }) => {
    const positive = tf.cast(tf.greater(x, 0), 'float32');
    return alpha === 0 ? positive : tf.add(tf.mul(positive, 1 - (alpha as number)), alpha as number);
  },
  // TensorFlow's Select does not broadcast, SelectV2 does.
  Select: ({ condition, t, e }, backend) => backend.executeSingleOutput('SelectV2', [], [condition, t, e]),
  ZerosLike: ({ x }, backend) => filled(backend, 0, x),
  OnesLike: ({ x }, backend) => filled(backend, 1, x),
  Fill: (_inputs, backend, { shape, value, dtype }) =>
    filled(backend, value as number, {
      shape: shape as number[],
      dtype: (dtype as tf.DataType | undefined) ?? 'float32',
    }),
};

function filled(
  backend: TracingBackend,
  element: number,
  { shape, dtype }: { shape: number[]; dtype: tf.DataType },
): tf.Tensor {
  return backend.tensorOf(recordFill(backend.graph, element, { shape, dtype: dtype as ElementType }));
}
