/** Many rows in batches, which bounds memory. */
import { tf } from '../tensor/tensorflow';

/**
 * What each batch comes to, one after the other; what it takes meanwhile is freed.
 * @param of rows from number `first` on, `size` of them; returns [size, ...]
 * @returns [count, ...]; the caller disposes of it
 */
export function inBatches<T extends tf.Tensor1D | tf.Tensor2D>(
  count: number,
  batchSize: number,
  of: (first: number, size: number) => T,
): T {
  return tf.tidy(() => {
    const parts: T[] = [];
    for (let first = 0; first < count; first += batchSize) {
      parts.push(tf.tidy(() => of(first, Math.min(batchSize, count - first))));
    }
    return tf.concat(parts as tf.Tensor[]) as T;
  });
}
