/** The one place where PyTorch's layouts (NCHW, OIHW, [out, in]) become TensorFlow's (NHWC, HWIO, [in, out]) and back. */
import { tf } from './tensorflow';

/** Images or activations [batch, channels, height, width] to [batch, height, width, channels]; leading dimensions may be more. */
export function imagesFromPyTorch(images: tf.Tensor): tf.Tensor {
  return moveChannels(images, 'last');
}

/** Images or activations [..., height, width, channels] to [..., channels, height, width]. */
export function imagesToPyTorch(images: tf.Tensor): tf.Tensor {
  return moveChannels(images, 'before-size');
}

function moveChannels(images: tf.Tensor, to: 'last' | 'before-size'): tf.Tensor {
  const leading = Array.from({ length: images.rank - 3 }, (_, index) => index);
  const first = images.rank - 3;
  return tf.transpose(images, [
    ...leading,
    ...(to === 'last' ? [first + 1, first + 2, first] : [first + 2, first, first + 1]),
  ]);
}

/**
 * A network parameter from PyTorch's layout to ours. Convolutions OIHW (transposed ones IOHW) become HWIO (HWOI);
 * linear weights [out, in] become [in, out], or, where `shape` has four dimensions, [height, width, channels, out]:
 * a classifier keeps the shape of the feature map it reads, so that flattening order never matters. The maps of layer
 * normalisation [channels, height, width] become [height, width, channels].
 * @param shape the parameter's shape in our layout, as `init` makes it
 */
export function parameterFromPyTorch(parameter: tf.Tensor, shape: number[]): tf.Tensor {
  if (shape.length === 4) {
    const [height, width, inputs, outputs] = shape;
    return parameter.reshape([outputs, inputs, height, width]).transpose([2, 3, 1, 0]);
  }
  if (shape.length === 3) return imagesFromPyTorch(parameter);
  return shape.length === 2 ? parameter.transpose() : parameter.clone();
}
