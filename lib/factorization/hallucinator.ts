/** Hallucinators: the small networks that turn one basis into several training images. */
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

export interface HallucinatorOptions {
  /** [height, width, channels] of the images made. */
  imageShape: readonly [number, number, number];
  /** Number of hallucinators, whose parameters are stacked. */
  hallucinators: number;
  /** Channels of a basis. */
  baseChannels: number;
  /** Side of both kernels. Default 3, the authors'. */
  kernelSize?: number;
  /** Channels between encoder and decoder. Default 3, the authors'. */
  middleChannels?: number;
  /** 'pytorch': PyTorch's default initialisation, as the authors. 'identity': filters that pass a basis through. Default 'pytorch'. */
  hallucinatorInitialisation?: 'pytorch' | 'identity';
  /** Standard deviation of normal noise on identity filters, so that hallucinators differ. Default 0.05. */
  identityNoise?: number;
}

/** What decides the shapes of hallucinators' parameters. */
export type HallucinatorSizes = Omit<HallucinatorOptions, 'hallucinatorInitialisation' | 'identityNoise'>;

/**
 * Shapes of the parameters of all hallucinators, stacked along the first dimension (n hallucinators, k x k kernels, c channels of
 * a basis, m in the middle): `enc.weight` [n, k, k, c, m], `enc.bias` [n, m], `scale` and `shift` [n, h - k + 1, w - k + 1, m],
 * `dec.weight` [n, k, k, channels, m] (as a transposed convolution has it), `dec.bias` [n, channels].
 */
export function hallucinatorShapes(options: HallucinatorSizes) {
  const { imageShape, hallucinators, baseChannels, kernelSize = 3, middleChannels = 3 } = options;
  const [height, width, channels] = imageShape;
  const affine = [hallucinators, height - kernelSize + 1, width - kernelSize + 1, middleChannels];
  return {
    'enc.weight': [hallucinators, kernelSize, kernelSize, baseChannels, middleChannels],
    'enc.bias': [hallucinators, middleChannels],
    scale: affine,
    shift: affine,
    'dec.weight': [hallucinators, kernelSize, kernelSize, channels, middleChannels],
    'dec.bias': [hallucinators, channels],
  };
}

/**
 * Parameters of all hallucinators, of {@link hallucinatorShapes}.
 * @see Liu et al., NeurIPS 2022, section 3.1; `HallucinationNet` parts enc, scale, shift, dec in the authors' code
 */
export function initHallucinators(random: Random, options: HallucinatorOptions): Parameters {
  const { imageShape, baseChannels, kernelSize = 3, middleChannels = 3 } = options;
  const { hallucinatorInitialisation = 'pytorch', identityNoise = 0.05 } = options;
  const channels = imageShape[2];
  const shapes = hallucinatorShapes(options);
  const [encoder, decoder] = [shapes['enc.weight'], shapes['dec.weight']];
  const start =
    hallucinatorInitialisation === 'identity'
      ? {
          // Middle channel m takes colour m, and image colour o is read from middle channel o.
          encoder: identityFilters(random, encoder, identityNoise, (base, middle) => base === middle % baseChannels),
          encoderBias: tf.zeros(shapes['enc.bias']),
          decoder: identityFilters(
            random,
            decoder,
            identityNoise,
            (colour, middle) => middle === colour % middleChannels,
          ),
          decoderBias: tf.zeros(shapes['dec.bias']),
        }
      : {
          encoder: uniform(random, encoder, baseChannels * kernelSize ** 2),
          encoderBias: uniform(random, shapes['enc.bias'], baseChannels * kernelSize ** 2),
          // PyTorch counts a transposed convolution's fan-in over its output channels.
          decoder: uniform(random, decoder, channels * kernelSize ** 2),
          decoderBias: uniform(random, shapes['dec.bias'], channels * kernelSize ** 2),
        };
  return {
    'enc.weight': start.encoder,
    'enc.bias': start.encoderBias,
    scale: tf.ones(shapes.scale),
    shift: tf.zeros(shapes.shift),
    'dec.weight': start.decoder,
    'dec.bias': start.decoderBias,
  };
}

function uniform(random: Random, shape: number[], fanIn: number): tf.Tensor {
  return random.uniform(shape, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
}

/** Filters [n, k, k, outer, middle] with ones at the centre where `passes` says so, plus noise. */
function identityFilters(
  random: Random,
  shape: number[],
  noise: number,
  passes: (outer: number, middle: number) => boolean,
): tf.Tensor {
  const [, size, , outerChannels, middleChannels] = shape;
  const centre = Math.floor(size / 2);
  return tf.tidy(() => {
    const one = tf.buffer(shape.slice(1));
    for (let outer = 0; outer < outerChannels; outer++) {
      for (let middle = 0; middle < middleChannels; middle++) {
        if (passes(outer, middle)) one.set(1, centre, centre, outer, middle);
      }
    }
    return random.normal(shape).mul(noise).add(one.toTensor());
  });
}

/**
 * H_j(b): encoder convolution (valid), affine map of every pixel, transposed convolution. Every basis of a batch goes through
 * a hallucinator of its own: all encode it, a mask keeps the one chosen, and one transposed convolution sums over the kept.
 * @param parameters stacked, as {@link initHallucinators} makes them
 * @param bases [batch, height, width, channels of a basis]
 * @param chosen int32 [batch], 0 to hallucinators - 1
 * @returns [batch, height, width, channels]
 */
export function hallucinate(parameters: Parameters, bases: tf.Tensor4D, chosen: tf.Tensor1D): tf.Tensor4D {
  const {
    'enc.weight': encoder,
    'enc.bias': encoderBias,
    scale,
    shift,
    'dec.weight': decoder,
    'dec.bias': decoderBias,
  } = parameters;
  const [count, size, , baseChannels, middle] = encoder.shape;
  const channels = decoder.shape[3]!;
  const [batch, height, width] = bases.shape;
  // One hallucinator needs neither masks nor gathered parameters.
  const mask = count === 1 ? undefined : (tf.oneHot(chosen, count) as tf.Tensor2D);
  /** The chosen hallucinator's rows of a stacked parameter, [batch, ...]. */
  const ofChosen = (stacked: tf.Tensor): tf.Tensor =>
    mask === undefined
      ? stacked
      : mask.matMul(stacked.reshape([count, -1])).reshape([batch, ...stacked.shape.slice(1)]);

  const allFilters: tf.Tensor4D = encoder
    .transpose([1, 2, 3, 0, 4])
    .reshape([size, size, baseChannels, count * middle]);
  const encodedByAll = tf.conv2d(bases, allFilters, 1, 'valid');
  const [, rows, columns] = encodedByAll.shape;
  const wide = mask?.reshape([batch, 1, 1, count, 1]);
  const encoded = wide ? encodedByAll.reshape([batch, rows, columns, count, middle]).mul(wide).sum(3) : encodedByAll;
  const affine = encoded
    .add(ofChosen(encoderBias).reshape([-1, 1, 1, middle]))
    .mul(ofChosen(scale))
    .add(ofChosen(shift));
  const kept = wide
    ? affine
        .expandDims(3)
        .mul(wide)
        .reshape([batch, rows, columns, count * middle])
    : affine;
  const decoders: tf.Tensor4D = decoder.transpose([1, 2, 3, 0, 4]).reshape([size, size, channels, count * middle]);
  return tf
    .conv2dTranspose(kept as tf.Tensor4D, decoders, [batch, height, width, channels], 1, 'valid')
    .add(ofChosen(decoderBias).reshape([-1, 1, 1, channels]));
}
