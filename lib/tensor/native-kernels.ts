/** Operations that the native addon carries where it was compiled with them (lib/tensor/native), as kernels of tfjs. */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { tf } from './tensorflow';

export interface NativeKernel {
  /** Of the operation, and of the kernel. */
  name: string;
  /** In the operation's order. */
  inputs: string[];
  /** How many results. Default 1. */
  outputs?: number;
  /** Boolean attributes. Default none. */
  flags?: string[];
}

/**
 * Registers kernels that have TensorFlow run the operation of the same name; the tracer records it.
 * @param kernels of one source file of the addon
 * @param probe shapes of inputs that the first of them takes
 * @returns a function that tells whether the addon has them, and computes on the CPU: they have no form for a GPU
 */
export function registerNativeKernels(kernels: NativeKernel[], probe: number[][]): () => boolean {
  kernels.forEach(register);
  let native: boolean | undefined;
  return () => {
    if (tf.getBackend() === 'wasm') return false;
    native ??= runs(kernels[0], probe, tf.findBackend('tensorflow') as NodeJSKernelBackend);
    return native;
  };
}

function register({ name: kernelName, inputs: inputNames, outputs = 1, flags = [] }: NativeKernel): void {
  tf.registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const executor = backend as NodeJSKernelBackend;
      const type = executor.binding.TF_ATTR_BOOL;
      const attributes = flags.map((name) => ({ name, type, value: attrs![name] }));
      const given = inputNames.map((name) => inputs[name]!);
      const results = executor.executeMultipleOutputs(kernelName, attributes as never, given, outputs);
      return outputs === 1 ? results[0] : results;
    },
  });
}

function runs(
  { name, outputs = 1, flags = [] }: NativeKernel,
  probe: number[][],
  { binding, isUsingGpuDevice }: NodeJSKernelBackend,
): boolean {
  if (isUsingGpuDevice) return false;
  const inputs = probe.map((shape) =>
    binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(tf.util.sizeFromShape(shape))),
  );
  const attributes = flags.map((flag) => ({ name: flag, type: binding.TF_ATTR_BOOL, value: false }));
  try {
    binding.executeOp(name, attributes, inputs, outputs).forEach(({ id }) => binding.deleteTensor(id));
    return true;
  } catch {
    return false;
  } finally {
    inputs.forEach((id) => binding.deleteTensor(id));
  }
}
