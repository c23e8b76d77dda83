/** Layers that several networks share, as pure functions of named parameters; and those parameters' first values. */
import { instanceNormalisation, type InstanceNormalisationOptions } from '../tensor/instance-normalisation';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { initialBias, initialWeight } from './initialisation';
import type { NetworkInputs } from './network';

/** Weight and bias with PyTorch's defaults. @param shape [height, width, in, out], or [in, out] of a linear layer */
export function initialLayer(random: Random, name: string, shape: number[]): Parameters {
  return { [`${name}.weight`]: initialWeight(random, shape), [`${name}.bias`]: initialBias(random, shape) };
}

/** Scale 1 and shift 0 of a normalisation. @param shape [channels], or [height, width, channels] of layer normalisation */
export function initialNormalisation(name: string, shape: number[]): Parameters {
  return { [`${name}.weight`]: tf.ones(shape), [`${name}.bias`]: tf.zeros(shape) };
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

/** PyTorch's default. */
const smallestVariance = 1e-5;

/**
 * Normalises an image's channels in groups, each to mean 0 and variance 1 over its pixels and channels, then scales and shifts by
 * `NAME.weight` and `NAME.bias`, [channels] or [height, width, channels].
 * @param x [batch, height, width, channels]
 * @param groups 1 is layer normalisation
 * @throws RangeError when the channels do not make so many groups of one size
 */
export function groupNormalisation(parameters: Parameters, name: string, x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (channels % groups !== 0) {
    throw new RangeError(
      `Group normalisation needs channels in ${groups} groups of one size, and there are ${channels}; choose a width that ${groups} divides.`,
    );
  }
  const grouped = x.reshape([batch, height * width, groups, channels / groups]);
  const centred = grouped.sub(grouped.mean([1, 3], true));
  const variance = centred.square().mean([1, 3], true);
  const normalised = centred.mul(variance.add(smallestVariance).rsqrt()).reshape<tf.Tensor4D>(x.shape);
  return normalised.mul<tf.Tensor4D>(parameters[`${name}.weight`]).add(parameters[`${name}.bias`]);
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

/** Zeros around the images of a network; see {@link NetworkInputs}. */
export function borderOf({ imageShape: [height, , channels], border }: NetworkInputs): number {
  return border ?? (channels === 1 && height === 28 ? 2 : 0);
}

/**
 * Means over side x side windows that cover a map of any size, as PyTorch's `AdaptiveAvgPool2d`: the authors' networks that end
 * in it have as many features for 64x64 images as for 32x32.
 * @param x [batch, height, width, channels]
 * @returns [batch, side, side, channels]
 */
export function averageTo(x: tf.Tensor4D, side: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (height === side && width === side) return x;
  const down = tf.matMul(windowWeights(height, side), x.transpose([1, 0, 2, 3]).reshape<tf.Tensor2D>([height, -1]));
  const turned = down.reshape([side, batch, width, channels]).transpose([2, 0, 1, 3]).reshape<tf.Tensor2D>([width, -1]);
  const across = tf.matMul(windowWeights(width, side), turned).reshape([side, side, batch, channels]);
  return across.transpose([2, 1, 0, 3]);
}

/** [windows, size]: row w averages the places that window w covers. */
function windowWeights(size: number, windows: number): tf.Tensor2D {
  const weights = tf.buffer<tf.Rank.R2>([windows, size]);
  for (let window = 0; window < windows; window++) {
    const [first, end] = [Math.floor((window * size) / windows), Math.ceil(((window + 1) * size) / windows)];
    for (let place = first; place < end; place++) weights.set(1 / (end - first), window, place);
  }
  return weights.toTensor();
}
