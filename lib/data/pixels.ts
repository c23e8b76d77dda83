/** Network inputs back to pixels, by the statistics that a distilled set carries; and in as many channels as pixels have. */
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';

/**
 * Whitening undone: 0 is black, 1 is white; images that were made, and not photographed, go beyond.
 * @param images [batch, height, width, channels]
 * @param statistics `mean` and `deviation` [channels], with ZCA also `zca.mean` and `zca.inverse`
 * @returns of the shape of the images, or [batch, values of an image]
 */
function unwhitened(images: tf.Tensor4D, statistics: Parameters): tf.Tensor {
  const { mean, deviation, 'zca.mean': centre, 'zca.inverse': inverse } = statistics;
  return inverse === undefined
    ? images.mul(deviation).add(mean)
    : images
        .reshape<tf.Tensor2D>([images.shape[0], -1])
        .matMul(inverse as tf.Tensor2D)
        .add(centre);
}

/**
 * @param images and @param statistics as of {@link unwhitened}
 * @returns 0 to 255, rounded and clipped, in the order of the images
 */
export function pixelsOf(images: tf.Tensor4D, statistics: Parameters): Uint8Array {
  return tf.tidy(() => {
    const values = unwhitened(images, statistics).dataSync();
    return new Uint8Array(Uint8ClampedArray.from(values, (value) => value * 255).buffer);
  });
}

/**
 * How much of images no picture can show: the fraction of values that are darker than black or brighter than white, by more than
 * rounding to a pixel of 8 bits takes away.
 * @param images and @param statistics as of {@link unwhitened}
 */
export function shareBeyondPixels(images: tf.Tensor4D, statistics: Parameters): number {
  const rounding = 0.5 / 255;
  return tf.tidy(() => {
    const values = unwhitened(images, statistics);
    const beyond = tf.logicalOr(values.less(-rounding), values.greater(1 + rounding));
    return beyond.toFloat().mean().dataSync()[0];
  });
}

/** Images of one channel as grey ones of as many as are wanted; others as they are. */
export function coloured(images: tf.Tensor4D, channels: number): tf.Tensor4D {
  return images.shape[3] === channels ? images : tf.tile(images, [1, 1, 1, channels]);
}
