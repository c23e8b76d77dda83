/** Network inputs back to pixels, by the statistics that a distilled set carries; and in as many channels as pixels have. */
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';

/**
 * @param images [batch, height, width, channels]
 * @param statistics `mean` and `deviation` [channels], with ZCA also `zca.mean` and `zca.inverse`
 * @returns 0 to 255, rounded and clipped, in the order of the images
 */
export function pixelsOf(images: tf.Tensor4D, statistics: Parameters): Uint8Array {
  return tf.tidy(() => {
    const { mean, deviation, 'zca.mean': centre, 'zca.inverse': inverse } = statistics;
    const unwhitened =
      inverse === undefined
        ? images.mul(deviation).add(mean)
        : images
            .reshape<tf.Tensor2D>([images.shape[0], -1])
            .matMul(inverse as tf.Tensor2D)
            .add(centre);
    return new Uint8Array(Uint8ClampedArray.from(unwhitened.dataSync(), (value) => value * 255).buffer);
  });
}

/** Images of one channel as grey ones of as many as are wanted; others as they are. */
export function coloured(images: tf.Tensor4D, channels: number): tf.Tensor4D {
  return images.shape[3] === channels ? images : tf.tile(images, [1, 1, 1, channels]);
}
