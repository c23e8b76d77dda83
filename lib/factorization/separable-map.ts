/** A linear map of an image's rows and another of its columns, each a matrix: interpolation, cosine transforms. */
import { tf } from '../tensor/tensorflow';

/**
 * rows X columns^T of every image X, channel by channel.
 * @param images [batch, height, width, channels]
 * @param rows [height of the result, height]
 * @param columns [width of the result, width]
 * @returns [width of the result, height of the result, batch, channels]: one transposition brings it into any order
 */
export function mapRowsAndColumns(images: tf.Tensor4D, rows: tf.Tensor2D, columns: tf.Tensor2D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const [tall, wide] = [rows.shape[0], columns.shape[0]];
  const down = tf.matMul(rows, images.transpose([1, 0, 2, 3]).reshape([height, -1]));
  const across = down.reshape([tall, batch, width, channels]).transpose([2, 0, 1, 3]).reshape([width, -1]);
  return tf.matMul(columns, across as tf.Tensor2D).reshape([wide, tall, batch, channels]);
}
