/**
 * Instance normalisation, with the ReLU and the average pooling that follow it in a ConvNet: one operation where the native
 * addon carries it (lib/tensor/native/instance-normalisation.cc), else plain ones.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { tf } from './tensorflow';

export interface InstanceNormalisationOptions {
  /** Follow with a ReLU. Default false. */
  relu?: boolean;
  /** Follow with 2x2 average pooling, stride 2; a last odd row or column is left out. Default false. */
  pool?: boolean;
}

/** PyTorch's default. */
const epsilon = 1e-5;

/**
 * y = (x - mean) / sqrt(variance + 1e-5) * scale + shift, with the mean and (biased) variance of each image's channel; then
 * relu(y) and its 2x2 means, as the options say. Differentiable twice.
 * @param x [batch, height, width, channels]
 * @param scale [channels]
 * @param shift [channels]
 * @returns [batch, height, width, channels], or half the height and width
 */
export function instanceNormalisation(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  shift: tf.Tensor,
  options: InstanceNormalisationOptions = {},
): tf.Tensor4D {
  if (!hasNativeKernels()) return composedInstanceNormalisation(x, scale, shift, options);
  const { relu = false, pool = false } = options;
  return tf.engine().runKernel(FORWARD, { x, scale, shift }, { relu, pool });
}

/** The same as {@link instanceNormalisation}, in plain operations, for any backend and order of differentiation. */
export function composedInstanceNormalisation(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  shift: tf.Tensor,
  { relu = false, pool = false }: InstanceNormalisationOptions = {},
): tf.Tensor4D {
  const centred = x.sub<tf.Tensor4D>(x.mean([1, 2], true));
  const variance = centred.square().mean([1, 2], true);
  // The affine scale is multiplied into the small factor, so that the large map is read once less.
  const normalised = centred.mul<tf.Tensor4D>(variance.add(epsilon).rsqrt().mul(scale)).add<tf.Tensor4D>(shift);
  const activated: tf.Tensor4D = relu ? normalised.relu() : normalised;
  return pool ? tf.avgPool(activated, 2, 2, 'valid') : activated;
}

const FORWARD = 'HabaInstanceNormalisation';
const BACKWARD = 'HabaInstanceNormalisationGrad';
const BACKWARD_TWICE = 'HabaInstanceNormalisationGradGrad';

let native: boolean | undefined;

/** Whether the addon was compiled with our kernels, and computes on the CPU: they have no form for a GPU. */
function hasNativeKernels(): boolean {
  if (tf.getBackend() === 'wasm') return false;
  native ??= tryNativeKernel(tf.findBackend('tensorflow') as NodeJSKernelBackend);
  return native;
}

function tryNativeKernel({ binding, isUsingGpuDevice }: NodeJSKernelBackend): boolean {
  if (isUsingGpuDevice) return false;
  const tensor = (shape: number[]) => binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(1));
  const inputs = [tensor([1, 1, 1, 1]), tensor([1]), tensor([1])];
  const flags = ['relu', 'pool'].map((name) => ({ name, type: binding.TF_ATTR_BOOL, value: false }));
  try {
    const [{ id }] = binding.executeOp(FORWARD, flags, inputs, 1);
    binding.deleteTensor(id);
    return true;
  } catch {
    return false;
  } finally {
    inputs.forEach((id) => binding.deleteTensor(id));
  }
}

/** Registers a kernel that has TensorFlow run the operation of the same name; the tracer records it. */
function registerNativeKernel(kernelName: string, inputNames: string[], outputCount: number): void {
  tf.registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const executor = backend as NodeJSKernelBackend;
      const flags = ['relu', 'pool'].map((name) => ({
        name,
        type: executor.binding.TF_ATTR_BOOL,
        value: attrs![name],
      }));
      const given = inputNames.map((name) => inputs[name]!);
      const results = executor.executeMultipleOutputs(kernelName, flags as never, given, outputCount);
      return outputCount === 1 ? results[0] : results;
    },
  });
}

const forwardInputs = ['x', 'scale', 'shift'];
const backwardInputs = [...forwardInputs, 'dy'];
registerNativeKernel(FORWARD, forwardInputs, 1);
registerNativeKernel(BACKWARD, backwardInputs, 3);
registerNativeKernel(BACKWARD_TWICE, [...backwardInputs, 'vx', 'vscale', 'vshift'], 3);

tf.registerGradient({
  kernelName: FORWARD,
  inputsToSave: forwardInputs,
  gradFunc: (upstream, [x, scale, shift], attributes) => {
    const inputs = { x, scale, shift, dy: upstream as tf.Tensor };
    // Run here: each of the functions below is called in a scope of its own, which would free the others' results.
    const results: tf.Tensor[] = tf.engine().runKernel(BACKWARD, inputs, attributes);
    const [dx, dscale, dshift] = results;
    return { x: () => dx, scale: () => dscale, shift: () => dshift };
  },
});

tf.registerGradient({
  kernelName: BACKWARD,
  inputsToSave: backwardInputs,
  gradFunc: (upstream, [x, scale, shift, dy], attributes) => {
    const [vx, vscale, vshift] = upstream as tf.Tensor[];
    const inputs = { x, scale, shift, dy, vx, vscale, vshift };
    const results: tf.Tensor[] = tf.engine().runKernel(BACKWARD_TWICE, inputs, attributes);
    const [gx, gscale, gdy] = results;
    // The shift only moves the ReLU's kink, which has no derivative.
    return { x: () => gx, scale: () => gscale, shift: () => tf.zerosLike(shift), dy: () => gdy };
  },
});
