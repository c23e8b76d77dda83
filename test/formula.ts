/** Values by a formula, so that golden numbers need no files: the same wave is a line of PyTorch. */
import assert from 'node:assert/strict';
import { tf } from '../lib/tensor/tensorflow';

/** sin(0.7 i + phase), as `torch.sin(torch.arange(n) * 0.7 + phase).reshape(shape)`. */
export function wave(shape: number[], phase: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, index) => Math.sin(0.7 * index + phase)),
    shape,
  );
}

/** Numbers agree within `tolerance` of the largest of them. */
export function assertClose(
  actual: tf.Tensor | ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 1e-5,
): void {
  const values = Array.from(actual instanceof tf.Tensor ? actual.dataSync<'float32'>() : actual);
  assert.equal(values.length, expected.length, 'as many numbers');
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-6);
  const worst = Math.max(...values.map((value, index) => Math.abs(value - expected[index])));
  assert.ok(
    worst <= tolerance * largest,
    `differ by ${worst}: got ${values.slice(0, 12).join(', ')}, expected ${Array.from(expected).slice(0, 12).join(', ')}`,
  );
}
