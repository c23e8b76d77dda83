/** Instance normalisation with a learnable affine map: PyTorch's GroupNorm with a group for each channel. */
import { tf } from '../tensor/tensorflow';

/** PyTorch's default. */
const epsilon = 1e-5;

/**
 * y = (x - mean) / sqrt(variance + 1e-5) * scale + shift, with the mean and (biased) variance of each image's channel.
 * @param x [batch, height, width, channels]
 * @param scale [channels]
 * @param shift [channels]
 */
export function instanceNormalisation(x: tf.Tensor4D, scale: tf.Tensor, shift: tf.Tensor): tf.Tensor4D {
  const centred = x.sub(x.mean([1, 2], true));
  const variance = centred.square().mean([1, 2], true);
  // The affine scale is multiplied into the small factor, so that the large map is read once less.
  return centred.mul(variance.add(epsilon).rsqrt().mul(scale)).add(shift);
}
