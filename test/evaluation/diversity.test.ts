import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { coverage, effectiveRank, pairwiseDistances, principalPlane, spread } from '../../lib/evaluation/diversity';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

const near = (value: number, expected: number, tolerance = 1e-4) =>
  assert.ok(Math.abs(value - expected) < tolerance, `${value}, expected ${expected}`);

test('distances: a 3-4-5 triangle', () => {
  const distances = tf.tidy(() =>
    pairwiseDistances(
      tf.tensor2d([
        [0, 0],
        [3, 4],
      ]),
      tf.tensor2d([
        [0, 0],
        [3, 0],
      ]),
    ).arraySync(),
  );
  assert.deepEqual(distances, [
    [0, 3],
    [5, 4],
  ]);
});

test('spread: the mean over pairs of two members, averaged over groups; 0 for groups of one', () => {
  tf.tidy(() => {
    // Pairs of the first group lie 1, 1 and 2 apart, those of the second not at all.
    near(
      spread(
        tf.tensor3d([
          [[0], [1], [2]],
          [[7], [7], [7]],
        ]),
      ),
      4 / 3 / 2,
    );
    assert.equal(spread(tf.tensor3d([[[1]], [[5]]])), 0);
  });
});

test('effective rank: as many as there are equal directions, whichever side is longer; 1 on a line', () => {
  tf.tidy(() => {
    // The corners of a cross-polytope vary alike along every axis.
    const corners = tf.concat([tf.eye(4), tf.eye(4).neg()]);
    near(effectiveRank(corners), 4, 1e-3);
    near(effectiveRank(tf.concat([corners, tf.zeros([8, 20])], 1)), 4, 1e-3);
    near(
      effectiveRank(
        tf.tensor2d([
          [1, 2],
          [2, 4],
          [3, 6],
        ]),
      ),
      1,
      1e-2,
    );
  });
});

test('effective rank of two directions, one four times the other: by hand', () => {
  tf.tidy(() => {
    const entropy = -(0.8 * Math.log(0.8) + 0.2 * Math.log(0.2));
    near(
      effectiveRank(
        tf.tensor2d([
          [4, 0],
          [-4, 0],
          [0, 1],
          [0, -1],
        ]),
      ),
      Math.exp(entropy),
      1e-3,
    );
  });
});

test('coverage: all of what is there, half of what is half there, nothing far away', () => {
  tf.tidy(() => {
    const left = [0, 1, 2, 3].map((x) => [x]);
    const right = [100, 101, 102, 103].map((x) => [x]);
    const real = tf.tensor2d([...left, ...right]);
    assert.equal(coverage(real, real, { neighbours: 2 }), 1);
    assert.equal(coverage(real, tf.tensor2d(left), { neighbours: 2 }), 0.5);
    assert.equal(coverage(real, tf.tensor2d([[50]]), { neighbours: 2 }), 0);
    // 1.6 lies in the balls of 1 and 2 (radius 1) and of 0 and 3 (radius 2).
    assert.equal(coverage(real, tf.tensor2d([[1.6]]), { neighbours: 2 }), 0.5);
    // With one neighbour every radius is 1: only 1 and 2 reach it.
    assert.equal(coverage(real, tf.tensor2d([[1.6]]), { neighbours: 1 }), 0.25);
  });
});

test('coverage by more neighbours than there are is refused', () => {
  const few = tf.zeros<tf.Rank.R2>([5, 1]);
  assert.throws(() => coverage(few, few), /^RangeError: coverage: 5 real samples have no 5th neighbour; give more/);
  few.dispose();
});

test('the principal plane keeps distances of points that lie in a plane, and drops what is square to it', () => {
  const kept = tf.memory().numTensors;
  const flat = tf.tidy(() => {
    // Along (1, 1, 0) / sqrt 2 widely, along (0, 0, 1) less.
    const random = Random.stream(1, 'test');
    const [along, across] = [random.normal([50, 1]).mul(5), random.normal([50, 1])];
    return tf.concat([along, along, across], 1) as tf.Tensor2D;
  });
  const project = principalPlane(flat);
  tf.tidy(() => {
    const placed = tf.tensor2d(project(flat));
    const lost = pairwiseDistances(placed, placed).sub(pairwiseDistances(flat, flat)).abs().max().dataSync()[0];
    near(lost, 0, 1e-2);
    const square = flat.add<tf.Tensor2D>(tf.tensor2d([[3, -3, 0]]));
    near(tf.tensor2d(project(square)).sub(placed).abs().max().dataSync()[0], 0, 1e-3);
  });
  flat.dispose();
  assert.equal(tf.memory().numTensors, kept);
});
