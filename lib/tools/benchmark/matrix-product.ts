/** The row that is no row: a product of two large matrices, the machine's measure. */
import { tf } from '../../tensor/tensorflow';
import type { Repetition } from './rows';

const side = 2048;

export const matrixProduct = { name: 'matrix product', operations: 2 * side ** 3 };

export function productOfMatrices(): Repetition {
  const [first, second] = [0, 1].map(() => tf.randomNormal<tf.Rank.R2>([side, side], 0, 1, 'float32', 0));
  return () => {
    const product = tf.matMul(first, second);
    product.slice([0, 0], [1, 1]).dataSync();
    product.dispose();
  };
}
