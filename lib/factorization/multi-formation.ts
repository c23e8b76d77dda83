/** IDC's uniform multi-formation: one stored image holds factor x factor smaller ones. */
import { tf } from '../tensor/tensorflow';

/**
 * Cuts every image into factor x factor crops and enlarges each to the full size, bilinearly with half-pixel centres.
 * @param images [batch, height, width, channels]
 * @returns [factor * factor * batch, height, width, channels], crop by crop, row by row of crops
 * @throws RangeError when the factor does not divide the sides
 * @see Kim et al., Dataset Condensation via Efficient Synthetic-Data Parameterization, ICML 2022, arXiv 2205.14959
 */
export function multiFormation(images: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (factor === 1) return images;
  const [batch, height, width, channels] = images.shape;
  const rows = enlargement(height, factor);
  const columns = enlargement(width, factor);
  // Enlarging is linear and separable: a matrix for rows, one for columns; each holds all crops, one below the other.
  const tall = tf.matMul(rows, images.transpose([1, 0, 2, 3]).reshape([height, -1]));
  const across = tall.reshape([factor, height, batch, width, channels]).transpose([3, 0, 1, 2, 4]).reshape([width, -1]);
  return tf
    .matMul(columns, across as tf.Tensor2D)
    .reshape([factor, width, factor, height, batch, channels])
    .transpose([2, 0, 4, 3, 1, 5])
    .reshape([factor * factor * batch, height, width, channels]);
}

/** Interpolation matrix [factor * size, size]: row r * size + i weighs the pixels that make pixel i of crop r. */
function enlargement(size: number, factor: number): tf.Tensor2D {
  const crop = Math.ceil(size / factor);
  const weights = tf.buffer([factor * size, size]);
  for (let part = 0; part < factor; part++) {
    const from = part * crop;
    const length = Math.min(crop, size - from);
    for (let pixel = 0; pixel < size; pixel++) {
      const place = Math.min(Math.max(((pixel + 0.5) * length) / size - 0.5, 0), length - 1);
      const lower = Math.floor(place);
      const upper = Math.min(lower + 1, length - 1);
      const row = part * size + pixel;
      weights.set(weights.get(row, from + lower) + 1 - (place - lower), row, from + lower);
      weights.set(weights.get(row, from + upper) + place - lower, row, from + upper);
    }
  }
  return weights.toTensor() as tf.Tensor2D;
}
