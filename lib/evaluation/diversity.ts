/** How varied a training set is, measured in the features of a network that knows the classes. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { tf } from '../tensor/tensorflow';

/** Euclidean distances between rows, [first rows, second rows]. @param first [rows, features] @param second [rows, features] */
export function pairwiseDistances(first: tf.Tensor2D, second: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const norms = (features: tf.Tensor2D) => features.square().sum(1);
    const products = tf.matMul(first, second, false, true);
    // Rounding may leave a distance of zero slightly below it.
    const squares = norms(first).expandDims(1).add(norms(second)).sub<tf.Tensor2D>(products.mul(2));
    return squares.maximum<tf.Tensor2D>(0).sqrt();
  });
}

/**
 * Mean distance between two different members of a group, averaged over groups.
 * @param groups [groups, members, features], e.g. all hallucinations of each basis
 * @returns 0 where groups have one member
 */
export function spread(groups: tf.Tensor3D): number {
  const [count, members] = groups.shape;
  if (members < 2) return 0;
  return tf.tidy(() => {
    const sums = tf.unstack(groups).map((group) => pairwiseDistances(group as tf.Tensor2D, group as tf.Tensor2D).sum());
    // The members' distances to themselves, all zero, are among those summed.
    return tf.addN(sums).dataSync()[0] / (count * members * (members - 1));
  });
}

/**
 * exp(-sum_k p_k ln p_k), where p are the singular values of the centred features divided by their sum: how many directions
 * a set fills evenly.
 * @param features [rows, features]
 * @returns from 1 (all on a line) to the smaller side
 * @see Roy and Vetterli, The Effective Rank, EUSIPCO 2007
 */
export function effectiveRank(features: tf.Tensor2D): number {
  const singular = principalVariances(features).map(Math.sqrt);
  const sum = singular.reduce((total, value) => total + value, 0);
  const shares = singular.map((value) => value / sum).filter((share) => share > 0);
  return Math.exp(-shares.reduce((total, share) => total + share * Math.log(share), 0));
}

/** Eigenvalues of the scatter matrix, of whichever side is smaller. */
function principalVariances(features: tf.Tensor2D): number[] {
  const [rows, columns] = features.shape;
  const scatter = tf.tidy(() => {
    const centred = features.sub<tf.Tensor2D>(features.mean(0));
    return tf.matMul(centred, centred, rows > columns, rows <= columns).arraySync() as number[][];
  });
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(scatter), { assumeSymmetric: true });
  return realEigenvalues.map((value) => Math.max(0, value));
}

export interface CoverageOptions {
  /** Real neighbours that a real sample's ball reaches to. Default 5, the paper's. */
  neighbours?: number;
}

/**
 * Share of real samples whose ball, up to their k-th real neighbour, holds a sample of the set.
 * @param real [real samples, features]
 * @param made [samples of the set, features]
 * @returns from 0 to 1
 * @throws RangeError when there are not more real samples than neighbours
 * @see Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020, arXiv 2002.09797
 */
export function coverage(real: tf.Tensor2D, made: tf.Tensor2D, { neighbours = 5 }: CoverageOptions = {}): number {
  if (real.shape[0] <= neighbours) {
    throw new RangeError(
      `coverage: ${real.shape[0]} real samples have no ${neighbours}th neighbour; give more samples or fewer neighbours.`,
    );
  }
  return tf.tidy(() => {
    // Of the smallest distances the first is a sample's own, zero.
    const { values } = tf.topk(pairwiseDistances(real, real).neg(), neighbours + 1);
    const radii = values.slice([0, neighbours], [-1, 1]).squeeze([1]).neg();
    const nearest = pairwiseDistances(real, made).min(1);
    return nearest.lessEqual(radii).toFloat().mean().dataSync()[0];
  });
}

/** A plane through the features of a sample, to draw other features in. */
export interface Projection {
  /** @param features [rows, features] @returns [rows, 2] */
  (features: tf.Tensor2D): [number, number][];
}

/**
 * The plane in which a sample varies most (its first two principal components).
 * @param features [rows, features]
 */
export function principalPlane(features: tf.Tensor2D): Projection {
  const mean = tf.tidy(() => features.mean(0).arraySync() as number[]);
  const covariance = tf.tidy(() => {
    const centred = features.sub<tf.Tensor2D>(tf.tensor1d(mean));
    return tf.matMul(centred, centred, true, false).arraySync() as number[][];
  });
  const { eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(covariance), { assumeSymmetric: true });
  // Eigenvalues come in ascending order.
  const last = covariance.length - 1;
  const axes = [last, last - 1].map((column) => eigenvectorMatrix.getColumn(column));
  return (rows) =>
    tf.tidy(() => {
      const basis = tf.tensor2d(axes);
      return tf.matMul(rows.sub<tf.Tensor2D>(tf.tensor1d(mean)), basis, false, true).arraySync() as [number, number][];
    });
}
