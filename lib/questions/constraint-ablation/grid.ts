/** RQ4: what the two constraints do. */
import { defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';
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

export interface ConstraintFactors {
  constraints: string;
  seed: number;
}

export interface ConstraintOptions {
  /** Rows of the ablation: a name, and the weights it stands for. Default: none, each alone, both. */
  settings?: Record<string, { cosine: number; contrastive: number }>;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
  /** In images per class. Default 10; 3 in the smoke profile. */
  imagesPerClass?: number;
}

/** HaBa under DM with each setting of the constraints, over several seeds. */
export function constraintAblation(
  { profile, dataset }: QuestionSettings,
  {
    settings = constraintSettings,
    seeds = defaultSeeds(profile),
    imagesPerClass = profile === 'smoke' ? 3 : 10,
  }: ConstraintOptions = {},
): QuestionCell<ConstraintFactors>[] {
  const set = setAtBudget('constraintAblation', 'HaBa', { ...dataOf(dataset), imagesPerClass });
  return seeds.flatMap((seed) =>
    Object.entries(settings).map(([name, weights]) =>
      distillationCell<ConstraintFactors>(
        `${name}, seed ${seed}`,
        { constraints: name, seed },
        { profile, dataset, seed, matching: { method: 'dm' }, set, constraints: weights },
      ),
    ),
  );
}
