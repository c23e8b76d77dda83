/**
 * Instance normalisation, with the ReLU and the average pooling that follow it in a ConvNet: one operation where the native
 * addon carries it (lib/tensor/native/instance-normalisation.cc), else plain ones.
 */
import { registerNativeKernels } from './native-kernels';
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

const forwardInputs = ['x', 'scale', 'shift'];
const backwardInputs = [...forwardInputs, 'dy'];
const flags = ['relu', 'pool'];
const hasNativeKernels = registerNativeKernels(
  [
    { name: FORWARD, inputs: forwardInputs, flags },
    { name: BACKWARD, inputs: backwardInputs, outputs: 3, flags },
    { name: BACKWARD_TWICE, inputs: [...backwardInputs, 'vx', 'vscale', 'vshift'], outputs: 3, flags },
  ],
  [[1, 1, 1, 1], [1], [1]],
);

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
