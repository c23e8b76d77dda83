/** The best combinations of a few enlarged images: against the optimum that singular values give. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { combineBases } from '../../lib/factorization/linba';
import { bestRankFit } from '../../lib/factorization/rank-fit';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';

before(() => useBackend());

/** Every image of one pixel of the small size, enlarged by TensorFlow, a row each. */
function enlargements([height, width, channels]: number[]): Matrix {
  const count = (height * width * channels) / 4;
  const units = tf.eye(count).reshape<tf.Tensor4D>([count, height / 2, width / 2, channels]);
  const enlarged = tf.image.resizeBilinear(units, [height, width], false, true);
  return new Matrix(enlarged.reshape<tf.Tensor2D>([count, -1]).arraySync());
}

/**
 * The smallest sum of squares that a rank leaves: what lies outside the span of enlarged images, and the smaller singular values of
 * what lies inside. The span by another way than the library's: the right singular vectors of the enlargements.
 */
function leastError(images: tf.Tensor4D, rank: number): number {
  const [count, ...shape] = images.shape;
  const flat = new Matrix(images.reshape<tf.Tensor2D>([count, -1]).arraySync());
  const span = new SingularValueDecomposition(enlargements(shape), { autoTranspose: true }).rightSingularVectors;
  const inside = flat.mmul(span);
  const kept = new SingularValueDecomposition(inside, { autoTranspose: true }).diagonal.slice(0, rank);
  return flat.norm('frobenius') ** 2 - kept.reduce((sum, value) => sum + value ** 2, 0);
}

for (const [count, shape, rank] of [
  [5, [4, 6, 3], 2],
  [40, [4, 6, 1], 3],
  [18, [4, 6, 3], 7],
] as const) {
  test(`${count} images of ${shape.join('x')}, rank ${rank}: no combination of as many comes closer`, () => {
    const before = tf.memory().numTensors;
    const images = Random.stream(1, 'test').normal([count, ...shape]) as tf.Tensor4D;
    const { coefficients, dictionary } = bestRankFit(images, rank);
    assert.equal(tf.memory().numTensors, before + 3);
    tf.tidy(() => {
      assert.deepEqual(coefficients.shape, [count, rank]);
      assert.deepEqual(dictionary.shape, [rank, shape[0] / 2, shape[1] / 2, shape[2]]);
      const error = combineBases(coefficients, dictionary as tf.Tensor4D)
        .sub(images)
        .square()
        .sum()
        .dataSync()[0];
      const least = leastError(images, rank);
      assert.ok(Math.abs(error - least) < 1e-4 * least, `${error}, at best ${least}`);
      assertClose(coefficients.square().mean(0), new Array<number>(rank).fill(1));
    });
    tf.dispose([images, coefficients, dictionary]);
  });
}

test('images that are combinations of two come back exactly with rank 2, and a third direction that is not there is no NaN', () => {
  tf.tidy(() => {
    const random = Random.stream(2, 'test');
    const small = random.normal([2, 3, 2, 1]) as tf.Tensor4D;
    const images = combineBases(random.normal([9, 2]) as tf.Tensor2D, small);
    for (const rank of [2, 3]) {
      const { coefficients, dictionary } = bestRankFit(images, rank);
      assertClose(combineBases(coefficients, dictionary as tf.Tensor4D), images.dataSync<'float32'>(), 1e-4);
    }
  });
});
