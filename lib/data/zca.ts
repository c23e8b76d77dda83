/** ZCA whitening: the linear map that decorrelates pixels and stays closest to them. */
import { tf } from '../tensor/tensorflow';
import type { Parameters } from '../tensor/parameters';
import type { ImageSource } from './image-source';

export interface ZcaOptions {
  /** Added to the eigenvalues of the covariance. Default 0.1, the authors'. */
  epsilon?: number;
}

/** A fitted whitening. Owns its tensors. */
export interface Zca {
  /** y = (x - mean) W. @param images [batch, height, width, channels] @returns of the same shape; the caller disposes of it */
  whiten(images: tf.Tensor4D): tf.Tensor4D;
  /** x = y W^-1 + mean. @returns of the same shape; the caller disposes of it */
  invert(images: tf.Tensor4D): tf.Tensor4D;
  /**
   * What inverts it: `zca.mean` [pixels] and `zca.inverse` [pixels, pixels], where pixels = height * width * channels,
   * flattened in that order; the caller disposes of them.
   */
  statistics(): Parameters;
  /** All that {@link zcaOf} takes: the statistics and `zca.matrix` [pixels, pixels], W; the caller disposes of them. */
  parameters(): Parameters;
  dispose(): void;
}

/**
 * Fits ZCA to images: W = (C + epsilon I)^(-1/2), W^-1 = (C + epsilon I)^(1/2), where C is the covariance of the
 * flattened images (divided by count - 1).
 *
 * The authors take both roots from an SVD (kornia's ZCAWhitening); here they are iterated (see {@link squareRoots}),
 * which gives the same matrices on every backend.
 * @param source images from 0 to 1
 * @throws Error where W does not whiten: pixels that are no numbers, or products that are rounded too coarsely
 */
export function fitZca(source: ImageSource, { epsilon = 0.1 }: ZcaOptions = {}): Zca {
  return zcaOf(
    tf.tidy(() => {
      const { mean, covariance } = meanAndCovariance(source);
      const size = mean.size;
      const regular = covariance.add<tf.Tensor2D>(tf.eye(size).mul(epsilon));
      const { root, inverseRoot } = squareRoots(regular);
      requireInverseRoot(inverseRoot, regular);
      return { 'zca.mean': mean, 'zca.matrix': inverseRoot, 'zca.inverse': root };
    }),
  );
}

/** The whitening of stored parameters, which it takes over. */
export function zcaOf(parameters: Parameters): Zca {
  const { 'zca.mean': mean, 'zca.matrix': matrix, 'zca.inverse': inverse } = parameters;
  const flat = (images: tf.Tensor4D) => images.reshape<tf.Tensor2D>([images.shape[0], mean.size]);
  return {
    whiten: (images) => tf.tidy(() => tf.matMul(flat(images).sub(mean), matrix as tf.Tensor2D).reshape(images.shape)),
    invert: (images) =>
      tf.tidy(() =>
        tf
          .matMul(flat(images), inverse as tf.Tensor2D)
          .add(mean)
          .reshape(images.shape),
      ),
    statistics: () => ({ 'zca.mean': mean.clone(), 'zca.inverse': inverse.clone() }),
    parameters: () => ({ 'zca.mean': mean.clone(), 'zca.matrix': matrix.clone(), 'zca.inverse': inverse.clone() }),
    dispose: () => tf.dispose(parameters),
  };
}

/** Images at a time: bounds memory. */
const chunk = 1000;

function meanAndCovariance(source: ImageSource): { mean: tf.Tensor1D; covariance: tf.Tensor2D } {
  const size = source.imageShape.reduce((product, extent) => product * extent, 1);
  const sumOverChunks = (each: (flat: tf.Tensor2D) => tf.Tensor) => {
    let sum: tf.Tensor | undefined;
    for (let first = 0; first < source.count; first += chunk) {
      const indices = Int32Array.from({ length: Math.min(chunk, source.count - first) }, (_, index) => first + index);
      const next = tf.tidy(() => {
        const part = each(source.batch(indices).reshape([indices.length, size]));
        return sum === undefined ? part : sum.add(part);
      });
      sum?.dispose();
      sum = next;
    }
    return sum as tf.Tensor;
  };
  const mean = sumOverChunks((flat) => flat.sum(0)).div<tf.Tensor1D>(source.count);
  const scatter = sumOverChunks((flat) => {
    const centred = flat.sub(mean);
    return tf.matMul(centred, centred, true, false);
  });
  return { mean, covariance: scatter.div(source.count - 1) };
}

/**
 * A^(1/2) and A^(-1/2) of a symmetric positive definite matrix by the coupled Newton-Schulz iteration
 * T = (3 I - Z Y) / 2, Y' = Y T, Z' = T Z from Y = A / c, Z = I, which uses only products.
 * For CIFAR-10 (3,072 pixels, condition 550) 12 iterations agree with a decomposition in double precision to 3e-6;
 * a decomposition in single precision to 4e-5.
 * @throws Error when it does not converge
 * @see Higham, Functions of Matrices, SIAM 2008, section 6.7
 */
function squareRoots(matrix: tf.Tensor2D): { root: tf.Tensor2D; inverseRoot: tf.Tensor2D } {
  const size = matrix.shape[0];
  // No eigenvalue exceeds the largest absolute row sum; the iteration converges for eigenvalues of A / c from 0 to 2.
  const scale = matrix.abs().sum(1).max().dataSync()[0];
  if (!Number.isFinite(scale)) {
    throw new Error(
      `ZCA was not fitted: the covariance of the images, [${size}, ${size}], has entries that are no finite numbers; every ` +
        'pixel must be one. Read the dataset anew, or mend it.',
    );
  }
  const identity = tf.eye(size);
  let root = matrix.div<tf.Tensor2D>(scale);
  let inverseRoot = identity.clone();
  let distance = Infinity;
  for (let iteration = 0; distance > tolerance && iteration < mostIterations; iteration++) {
    const next = tf.tidy((): tf.Tensor2D[] => {
      const step = identity.mul<tf.Tensor2D>(1.5).sub<tf.Tensor2D>(tf.matMul(inverseRoot, root).mul(0.5));
      return [tf.matMul(root, step), tf.matMul(step, inverseRoot), step.sub<tf.Tensor2D>(identity)];
    });
    tf.dispose([root, inverseRoot]);
    [root, inverseRoot] = next;
    distance = next[2].norm().dataSync()[0];
    next[2].dispose();
  }
  if (!(distance <= tolerance)) throw notFitted(size, 'its last correction has norm', distance, tolerance);
  return { root: root.mul(Math.sqrt(scale)), inverseRoot: inverseRoot.div(Math.sqrt(scale)) };
}

const mostIterations = 100;

/** Convergence is quadratic: what remains after a correction of this norm is lost in rounding. */
const tolerance = 1e-3;

/** For CIFAR-10 it is 1.8e-5, and 6e-4 with an epsilon of 0.001, the condition then being a hundred times as large. */
const largestResidual = 1e-3;

/** A coupled iteration whose roundings add up may converge to something else: W A W = I is what makes images white. */
function requireInverseRoot(inverseRoot: tf.Tensor2D, matrix: tf.Tensor2D): void {
  const size = matrix.shape[0];
  const residual = tf.tidy(() => {
    const product = tf.matMul(tf.matMul(inverseRoot, matrix), inverseRoot);
    return product.sub(tf.eye(size)).norm().dataSync()[0] / Math.sqrt(size);
  });
  if (!(residual <= largestResidual)) {
    throw notFitted(size, '||W (C + epsilon I) W - I|| / ||I|| is', residual, largestResidual);
  }
}

function notFitted(size: number, what: string, measured: number, allowed: number): Error {
  return new Error(
    `ZCA was not fitted: of the inverse square root W of the images' covariance C, [${size}, ${size}], ${what} ` +
      `${measured.toPrecision(2)}, and at most ${allowed} is allowed: products are rounded too coarsely for it. On a GPU leave ` +
      "NVIDIA_TF32_OVERRIDE unset, which keeps TF32 off; elsewhere raise fitZca's epsilon, or take the whitening 'normalise'.",
  );
}
