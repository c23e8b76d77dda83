/** Scores against numbers reckoned by hand from the formulas. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  augmentationRobustScore,
  hardLabelRecovery,
  improvementOverRandom,
  labelRobustScore,
  rankCorrelation,
} from '../../lib/evaluation/scores';

const close = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test('HLR is what the set loses on the full data, IOR what it is ahead of random images', () => {
  close(hardLabelRecovery(0.85, 0.6), 0.25);
  close(hardLabelRecovery(0.5, 0.6), -0.1);
  close(improvementOverRandom(0.6, 0.3), 0.3);
});

test('LRS is 0 and 1 at the ends, 0.2689414214 where nothing is gained or lost', () => {
  // Weight 1, alpha = IOR = 1 and -1: the ends. alpha = 0: (1 - 1/e) / (e - 1/e) = 1 / (e + 1) = 0.26894142137.
  close(labelRobustScore({ full: 1, distilled: 1, random: 0 }, 1), 1);
  close(labelRobustScore({ full: 1, distilled: 0, random: 1 }, 1), 0);
  close(labelRobustScore({ full: 0.4, distilled: 0.4, random: 0.4 }), 0.26894142137);
});

test('LRS weighs IOR against HLR, by halves unless something else is said', () => {
  // alpha = 0.3 / 2 - 0.25 / 2 = 0.025: exp 1.02531512052, less 0.36787944117, over 2.35040238729.
  close(labelRobustScore({ full: 0.85, distilled: 0.6, random: 0.3 }), 0.657435679346 / 2.350402387287);
  // A quarter: 0.075 - 0.1875 = -0.1125, exp 0.893597160.
  const quarter = labelRobustScore({ full: 0.85, distilled: 0.6, random: 0.3 }, 0.25);
  assert.ok(Math.abs(quarter - (0.89359715 - 0.36787944) / 2.35040239) < 1e-7);
  // Soft labels count in IOR alone: alpha = 0.4 / 2 - 0.25 / 2 = 0.075, exp 1.07788415088.
  const soft = labelRobustScore({ full: 0.85, distilled: 0.6, random: 0.3, labelled: 0.7 });
  close(soft, (1.07788415088 - 0.36787944117) / 2.350402387287);
});

test('ARS is of the differences with and without augmentation', () => {
  // beta = (0.2 + 0.1) / 2 = 0.15: exp 1.16183424273.
  const [augmented, plain] = [
    { distilled: 0.5, random: 0.3 },
    { distilled: 0.35, random: 0.25 },
  ];
  close(augmentationRobustScore(augmented, plain), (1.16183424273 - 0.36787944117) / 2.350402387287);
  // All weight on one side: exp 0.2 = 1.22140275816, exp 0.1 = 1.10517091808.
  close(augmentationRobustScore(augmented, plain, 1), (1.22140275816 - 0.36787944117) / 2.350402387287);
  close(augmentationRobustScore(augmented, plain, 0), (1.10517091808 - 0.36787944117) / 2.350402387287);
});

test('percentages and weights beyond 0 to 1 are refused: the published code takes percentages, the formulas do not', () => {
  assert.throws(() => hardLabelRecovery(85, 0.6), /'full' is 85; expected a fraction from 0 to 1, not percent/);
  assert.throws(() => improvementOverRandom(0.6, NaN), /'random' is NaN/);
  assert.throws(() => labelRobustScore({ full: 0.8, distilled: 0.6, random: 0.3 }, 2), /a weight is 2/);
});

test('rank correlation: by ranks alone, ties at their mean, whatever the order of the pairs', () => {
  close(rankCorrelation([1, 10, 100], [3, 2, 1]), -1);
  // Squared differences of ranks 0, 1, 1, 0: 1 - 6 x 2 / (4 x 15) = 0.8.
  close(rankCorrelation([1, 2, 3, 4], [10, 30, 20, 40]), 0.8);
  // Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5 over sqrt(1.5 x 2) = sqrt 3 / 2.
  close(rankCorrelation([5, 5, 7], [1, 2, 3]), Math.sqrt(3) / 2);
  close(rankCorrelation([5, 5, 7], [2, 1, 3]), Math.sqrt(3) / 2);
});

test('there is no rank correlation of two pairs, or of a constant', () => {
  assert.equal(rankCorrelation([1, 2], [1, 2]), undefined);
  assert.equal(rankCorrelation([1, 1, 1], [1, 2, 3]), undefined);
  assert.throws(() => rankCorrelation([1], [1, 2]), /got 1 and 2/);
  assert.throws(() => rankCorrelation([1, NaN, 2], [1, 2, 3]), /a value is NaN/);
});
