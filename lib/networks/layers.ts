/** Layers that several networks share, as pure functions of named parameters; and those parameters' first values. */
import { instanceNormalisation, type InstanceNormalisationOptions } from '../tensor/instance-normalisation';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { initialBias, initialWeight } from './initialisation';

/** Weight and bias with PyTorch's defaults. @param shape [height, width, in, out], or [in, out] of a linear layer */
export function initialLayer(random: Random, name: string, shape: number[]): Parameters {
  return { [`${name}.weight`]: initialWeight(random, shape), [`${name}.bias`]: initialBias(random, shape) };
}

/** Scale 1 and shift 0 of a normalisation. */
export function initialNormalisation(name: string, channels: number): Parameters {
  return { [`${name}.weight`]: tf.ones([channels]), [`${name}.bias`]: tf.zeros([channels]) };
}

export interface ConvolutionOptions {
  /** Default 1. */
  stride?: number;
  /** Zeros on every side, as PyTorch counts them. Default: half the kernel, which keeps the size. */
  padding?: number;
}

/**
 * Convolution with `NAME.weight`, without its bias.
 * @param x [batch, height, width, channels]
 */
export function convolution(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  { stride = 1, padding }: ConvolutionOptions = {},
): tf.Tensor4D {
  const weight = parameters[`${name}.weight`] as tf.Tensor4D;
  const half = (weight.shape[0] - 1) / 2;
  const zeros = padding ?? half;
  if (stride === 1 && zeros === half) return tf.conv2d(x, weight, 1, 'same');
  // TensorFlow's 'same' would pad a strided convolution on the far side only.
  const sides: [number, number] = [zeros, zeros];
  const padded = zeros === 0 ? x : tf.pad(x, [[0, 0], sides, sides, [0, 0]]);
  return tf.conv2d(padded, weight, stride, 'valid');
}

/** Convolution with `NAME.weight` and `NAME.bias`, then ReLU. */
export function activatedConvolution(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  options?: ConvolutionOptions,
): tf.Tensor4D {
  return convolution(parameters, name, x, options).add<tf.Tensor4D>(parameters[`${name}.bias`]).relu();
}

/** Instance normalisation with `NAME.weight` and `NAME.bias` (PyTorch's GroupNorm with a group for each channel). */
export function normalisation(
  parameters: Parameters,
  name: string,
  x: tf.Tensor4D,
  options?: InstanceNormalisationOptions,
): tf.Tensor4D {
  return instanceNormalisation(x, parameters[`${name}.weight`], parameters[`${name}.bias`], options);
}

/** 2x2 maxima, stride 2; a last odd row or column is left out. */
export function maxPool(x: tf.Tensor4D): tf.Tensor4D {
  return tf.maxPool(x, 2, 2, 'valid');
}

/** `x W + b` with `NAME.weight` and `NAME.bias`; a feature map is flattened, in the order that the weight's shape has. */
export function linear(parameters: Parameters, name: string, x: tf.Tensor): tf.Tensor2D {
  const bias = parameters[`${name}.bias`];
  const weight = parameters[`${name}.weight`].reshape<tf.Tensor2D>([-1, bias.size]);
  return x.reshape<tf.Tensor2D>([x.shape[0], -1]).matMul(weight).add(bias);
}

/** The authors pad 28x28 images of one channel in the first convolution as if they were 32x32. */
export function missingBorder([height, , channels]: readonly [number, number, number]): number {
  return channels === 1 && height === 28 ? 2 : 0;
}
