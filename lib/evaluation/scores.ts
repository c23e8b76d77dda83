/**
 * Scores of a distilled set beside its accuracy: how far it falls behind the full data, what it is ahead of random real images, and
 * both in one number; measured with and without augmentation, so that a recipe is not taken for a set. Accuracies are fractions.
 * @see Li et al., DD-Ranking: Rethinking the Evaluation of Dataset Distillation, arXiv 2505.13300. Its released code puts percentages
 * into the exponential; here are the formulas as they are written.
 */
import { sampleCorrelation } from 'simple-statistics';

/** Hard label recovery, HLR = accuracy of the full data - accuracy of the set, both with hard labels: 0 where nothing is lost, less is better. */
export function hardLabelRecovery(full: number, distilled: number): number {
  return required({ full }) - required({ distilled });
}

/** Improvement over random, IOR = accuracy of the set - accuracy of as many stored random real images, labelled and trained alike. */
export function improvementOverRandom(distilled: number, random: number): number {
  return required({ distilled }) - required({ random });
}

/** Accuracies that {@link labelRobustScore} compares. */
export interface LabelAccuracies {
  /** Of the full data, with hard labels. */
  full: number;
  /** Of the set, with hard labels. */
  distilled: number;
  /** Of random real images, labelled as `labelled` is. */
  random: number;
  /** Of the set with the labels that it is used with. Default: `distilled`, for hard labels. */
  labelled?: number;
}

/**
 * Label robust score: alpha = w IOR - (1 - w) HLR, mapped to 0 .. 1 by LRS = (exp(alpha) - exp(-1)) / (e - exp(-1)).
 * @param weight w, from 0 (HLR alone) to 1 (IOR alone). Default 1/2
 */
export function labelRobustScore(accuracies: LabelAccuracies, weight: number = 1 / 2): number {
  const { full, distilled, random, labelled = distilled } = accuracies;
  const share = requiredWeight(weight);
  return mapped(share * improvementOverRandom(labelled, random) - (1 - share) * hardLabelRecovery(full, distilled));
}

/** Accuracies of a set and of random real images, whose students are trained alike. */
export interface RandomComparison {
  distilled: number;
  random: number;
}

/**
 * Augmentation robust score: beta = g (IOR with augmentation) + (1 - g) (IOR without), mapped as {@link labelRobustScore}.
 * @param weight g, from 0 to 1. Default 1/2
 */
export function augmentationRobustScore(
  augmented: RandomComparison,
  plain: RandomComparison,
  weight: number = 1 / 2,
): number {
  const share = requiredWeight(weight);
  const of = ({ distilled, random }: RandomComparison) => improvementOverRandom(distilled, random);
  return mapped(share * of(augmented) + (1 - share) * of(plain));
}

/** -1 .. 1 to 0 .. 1. */
function mapped(exponent: number): number {
  const least = Math.exp(-1);
  return (Math.exp(exponent) - least) / (Math.E - least);
}

/** @throws RangeError for what is no fraction, e.g. a percentage */
function required(named: Record<string, number>): number {
  const [[name, value]] = Object.entries(named);
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`Scores: the accuracy '${name}' is ${value}; expected a fraction from 0 to 1, not percent.`);
}

function requiredWeight(weight: number): number {
  if (weight >= 0 && weight <= 1) return weight;
  throw new RangeError(`Scores: a weight is ${weight}; expected a number from 0 to 1.`);
}

/**
 * Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs (simple-statistics'
 * `sampleRankCorrelation` gives them the order in which they stand).
 * @returns -1 to 1; undefined with fewer than three pairs, or where a side is constant: then there is none
 * @throws RangeError where the sides are not equally long, or a value is no number
 */
export function rankCorrelation(first: readonly number[], second: readonly number[]): number | undefined {
  if (first.length !== second.length) {
    throw new RangeError(
      `rankCorrelation: expected as many values on both sides, got ${first.length} and ${second.length}.`,
    );
  }
  const wrong = [...first, ...second].find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`rankCorrelation: a value is ${wrong}; expected finite numbers.`);
  const isConstant = (values: readonly number[]) => new Set(values).size < 2;
  if (first.length < 3 || isConstant(first) || isConstant(second)) return undefined;
  return sampleCorrelation(ranks(first), ranks(second));
}

/** From 1; of equal values, the mean of the ranks that they take up. */
function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((one, other) => one - other);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}
