/** IDC's uniform multi-formation: one stored image holds factor x factor smaller ones. */
import { tf } from '../tensor/tensorflow';

/** What continues an image whose side the factor does not divide: IDC's, the middle of its pixels, which run from 0 to 1. */
const padding = 0.5;

/**
 * Cuts every image into factor x factor crops and enlarges each to the full size, bilinearly with half-pixel centres. All crops
 * are of one size: where the factor does not divide a side, the image is continued by 0.5 below and on the right.
 * @param images [batch, height, width, channels]
 * @returns [factor * factor * batch, height, width, channels], crop by crop, row by row of crops
 * @see Kim et al., Dataset Condensation via Efficient Synthetic-Data Parameterization, ICML 2022, arXiv 2205.14959;
 * `decode_zoom` in their code
 */
export function multiFormation(images: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (factor === 1) return images;
  const [batch, height, width, channels] = images.shape;
  const rows = enlargement(height, factor);
  const columns = enlargement(width, factor);
  const continued = tf.pad(
    images,
    [
      [0, 0],
      [0, rows.shape[1] - height],
      [0, columns.shape[1] - width],
      [0, 0],
    ],
    padding,
  );
  const [, tall, wide] = continued.shape;
  // Enlarging is linear and separable: a matrix for rows, one for columns; each holds all crops, one below the other.
  const down = tf.matMul(rows, continued.transpose([1, 0, 2, 3]).reshape([tall, -1]));
  const across = down.reshape([factor, height, batch, wide, channels]).transpose([3, 0, 1, 2, 4]).reshape([wide, -1]);
  return tf
    .matMul(columns, across as tf.Tensor2D)
    .reshape([factor, width, factor, height, batch, channels])
    .transpose([2, 0, 4, 3, 1, 5])
    .reshape([factor * factor * batch, height, width, channels]);
}

/**
 * Interpolation matrix [factor * size, factor * crop], crop = ceil(size / factor): row r * size + i weighs the pixels that make
 * pixel i of crop r.
 */
function enlargement(size: number, factor: number): tf.Tensor2D {
  const crop = Math.ceil(size / factor);
  const weights = tf.buffer([factor * size, factor * crop]);
  for (let part = 0; part < factor; part++) {
    for (let pixel = 0; pixel < size; pixel++) {
      const place = Math.min(Math.max(((pixel + 0.5) * crop) / size - 0.5, 0), crop - 1);
      const lower = Math.floor(place);
      const upper = Math.min(lower + 1, crop - 1);
      const [row, from] = [part * size + pixel, part * crop];
      weights.set(weights.get(row, from + lower) + 1 - (place - lower), row, from + lower);
      weights.set(weights.get(row, from + upper) + place - lower, row, from + upper);
    }
  }
  return weights.toTensor() as tf.Tensor2D;
}
