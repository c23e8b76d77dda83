/** The combinations of a small dictionary that come closest to given images. */
import { EigenvalueDecomposition, inverse, Matrix, QrDecomposition } from 'ml-matrix';
import { tf } from '../tensor/tensorflow';
import { bilinearMatrix } from './bilinear';
import { enlargement } from './linba';
import { mapRowsAndColumns } from './separable-map';

/**
 * Coefficients A and dictionary B for which A B, enlarged twofold, is nearest to the images in the sum of squares: with the
 * enlargement Q R of each axis, the singular vectors of the images' part in the span of Q, brought back by R^-1. Every column of A
 * has mean square 1, so that the dictionary is as bright as images are.
 *
 * The decomposition is of the smaller of [images, images] and [floats of a basis, floats of a basis]: seconds for CIFAR-10's 768,
 * and eight times as long for twice as many.
 * @param images [images, height, width, channels], both sides even
 * @param rank K, at most the images, and at most the floats of a basis
 * @returns `coefficients` [images, K] and `dictionary` [K, height / 2, width / 2, channels], largest singular value first
 */
export function bestRankFit(images: tf.Tensor4D, rank: number) {
  return tf.tidy(() => {
    const [count, height, width, channels] = images.shape;
    const [rows, columns] = [height, width].map((side) => orthogonalEnlargement(side));
    const inside = mapRowsAndColumns(images, rows.span, columns.span)
      .transpose([2, 1, 0, 3])
      .reshape<tf.Tensor2D>([count, -1]);
    const floats = inside.shape[1];
    const wide = count <= floats;
    const vectors = leadingVectors(tf.matMul(inside, inside, !wide, wide), rank);
    const scale = Math.sqrt(count);
    // Left singular vectors give the dictionary by a product; right ones the coefficients, whose size goes to the dictionary.
    const combined = wide ? vectors : tf.matMul(inside, vectors);
    // Where there is no such direction, the size is 0, and the dictionary is too.
    const size = combined.norm<tf.Tensor2D>(2, 0, true).maximum(1e-20);
    const coefficients = combined.div<tf.Tensor2D>(size).mul<tf.Tensor2D>(scale);
    const fitted = wide ? tf.matMul(vectors, inside, true) : vectors.mul<tf.Tensor2D>(size).transpose<tf.Tensor2D>();
    const small = fitted.div(scale).reshape<tf.Tensor4D>([rank, height / enlargement, width / enlargement, channels]);
    const dictionary = mapRowsAndColumns(small, rows.back, columns.back).transpose([2, 1, 0, 3]);
    return { coefficients, dictionary };
  });
}

/** Of the matrix that enlarges an axis, Q R: Q transposed, and the inverse of R. */
function orthogonalEnlargement(side: number): { span: tf.Tensor2D; back: tf.Tensor2D } {
  const enlarge = new QrDecomposition(new Matrix(bilinearMatrix(side / enlargement, side).arraySync()));
  return {
    span: tf.tensor2d(enlarge.orthogonalMatrix.transpose().to2DArray()),
    back: tf.tensor2d(inverse(enlarge.upperTriangularMatrix).to2DArray()),
  };
}

/** Eigenvectors of the largest eigenvalues, [size, count], largest first. */
function leadingVectors(symmetric: tf.Tensor2D, count: number): tf.Tensor2D {
  const { eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(symmetric.arraySync()), {
    assumeSymmetric: true,
  });
  const size = symmetric.shape[0];
  // Eigenvalues come in ascending order.
  const leading = Array.from({ length: count }, (_, place) => size - 1 - place);
  return tf.tensor2d(eigenvectorMatrix.subMatrixColumn(leading).to2DArray());
}
