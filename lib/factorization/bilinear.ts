/** Bilinear interpolation with half-pixel centres, as a matrix. */
import { tf } from '../tensor/tensorflow';

/**
 * What brings one axis from `from` pixels to `to`, as PyTorch's `interpolate` (`bilinear`, corners not aligned). An axis may be
 * cut into equal parts, each brought to `to` pixels by itself.
 * @returns [parts * to, parts * from]: row r * to + i weighs the pixels that make pixel i of part r
 */
export function bilinearMatrix(from: number, to: number, parts = 1): tf.Tensor2D {
  const weights = tf.buffer([parts * to, parts * from]);
  for (let part = 0; part < parts; part++) {
    for (let pixel = 0; pixel < to; pixel++) {
      const place = Math.min(Math.max(((pixel + 0.5) * from) / to - 0.5, 0), from - 1);
      const lower = Math.floor(place);
      const upper = Math.min(lower + 1, from - 1);
      const [row, start] = [part * to + pixel, part * from];
      weights.set(weights.get(row, start + lower) + 1 - (place - lower), row, start + lower);
      weights.set(weights.get(row, start + upper) + place - lower, row, start + upper);
    }
  }
  return weights.toTensor() as tf.Tensor2D;
}
