/** RQ4: what the two constraints do. */
import type { ConfigurationInput } from '../../distillation/configuration';
import { defaultMethod, type MatchingInput } from '../../matching/methods';
import { defaultSeeds, distillationCell, matchingOf, type QuestionCell, type QuestionSettings } from '../cells';
import { authorsHaba } from '../authors-row/grid';
import { dataOf, setAtBudget } from '../sets-at-budget';

/**
 * Weights of the constraints by what the row is called. 'L_con alone' equals 'none' by construction: L_con teaches the adversary, and
 * only L_cos lets the set hear of it. The row of the paper's table stays, with the numbers of 'none' for each seed.
 */
export const constraintSettings = {
  none: { cosine: 0, contrastive: 0 },
  'L_cos alone': { cosine: 0.1, contrastive: 0 },
  'L_con alone': { cosine: 0, contrastive: 0.1 },
  both: { cosine: 0.1, contrastive: 0.1 },
} as const;

/** Rows of an ablation of the weight of L_cos: the authors', and ten and a hundred times it, with their L_con. */
export const cosineWeights = {
  none: constraintSettings.none,
  'L_cos 0.1': { cosine: 0.1, contrastive: 0.1 },
  'L_cos 1': { cosine: 1, contrastive: 0.1 },
  'L_cos 10': { cosine: 10, contrastive: 0.1 },
} as const;

export interface ConstraintFactors {
  constraints: string;
  seed: number;
}

export interface ConstraintOptions {
  /** Rows of the ablation: a name, and the weights it stands for, e.g. {@link cosineWeights}. Default: none, each alone, both. */
  settings?: Record<string, { cosine: number; contrastive: number }>;
  /** What distillations are matched by, with its options, e.g. `{ method: 'mtt' }`. Default DM; in the study and paper profiles MTT. */
  matching?: MatchingInput;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
  /** Whose floats HaBa takes. Default 10; 3 in the smoke profile; in the study profile none, and the set is {@link authorsHaba}. */
  imagesPerClass?: number;
  /** What is distilled, whatever its floats. Default: see above. */
  set?: NonNullable<ConfigurationInput['set']>;
}

/** HaBa with each setting of the constraints, over several seeds. */
export function constraintAblation(
  { profile, dataset }: QuestionSettings,
  {
    settings = constraintSettings,
    matching = matchingOf(defaultMethod(profile)),
    seeds = defaultSeeds(profile),
    imagesPerClass,
    set = imagesPerClass === undefined && profile === 'study'
      ? authorsHaba
      : setAtBudget('constraintAblation', 'HaBa', {
          ...dataOf(dataset),
          imagesPerClass: imagesPerClass ?? (profile === 'smoke' ? 3 : 10),
        }),
  }: ConstraintOptions = {},
): QuestionCell<ConstraintFactors>[] {
  return seeds.flatMap((seed) =>
    Object.entries(settings).map(([name, weights]) =>
      distillationCell<ConstraintFactors>(
        `${name}, seed ${seed}`,
        { constraints: name, seed },
        { profile, dataset, seed, matching, set, constraints: weights },
      ),
    ),
  );
}
