/** RQ1: how much accuracy a stored float buys. */
import type { ProfileName } from '../../settings/profile-names';
import { baselineCell, defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';
import { dataOf, imagesAndHaba, setsAtBudget, usualBudgets, type BudgetedSet, type SetKind } from '../sets-at-budget';

export interface StorageFactors {
  method: 'DM' | 'MTT' | 'none';
  kind: SetKind | 'random real images';
  /** The budget, in images per class. */
  budget: number;
  seed: number;
}

export interface StorageOptions {
  /**
   * Budgets under distribution matching, in images per class. Default 1 and 10; 1, 2, 5 and 10 in the study profile, 1 and 3 in the
   * smoke profile; no more than the smallest class of one's own has.
   */
  budgets?: readonly number[];
  /** Budgets under trajectory matching, whose runs take longer. Default 1 and 10; 1, 2 and 5 in the study profile, 1 in the smoke profile. */
  trajectoryBudgets?: readonly number[];
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/**
 * Every kind of set, those that were registered too, at every budget under DM; images and HaBa under MTT, too, every kind in the study
 * profile; beside random real images.
 */
export function storageEfficiency(
  { profile, dataset }: QuestionSettings,
  options: StorageOptions = {},
): QuestionCell<StorageFactors>[] {
  const data = dataOf(dataset);
  const {
    budgets = usualBudgets({ smoke: [1, 3], quick: [1, 10], study: [1, 2, 5, 10], paper: [1, 10] }[profile], data),
    trajectoryBudgets = usualBudgets({ smoke: [1], quick: [1, 10], study: [1, 2, 5], paper: [1, 10] }[profile], data),
    seeds = defaultSeeds(profile),
  } = options;
  return seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    const random = budgets.map((budget) =>
      baselineCell<StorageFactors>(
        `random real images, budget ${budget}, seed ${seed}`,
        { method: 'none', kind: 'random real images', budget, seed },
        { ...common, baseline: 'random', ipc: budget },
      ),
    );
    const distributions = budgets.flatMap((imagesPerClass) =>
      setsAtBudget({ ...data, imagesPerClass, profile }).map(({ kind, set }) =>
        distillationCell<StorageFactors>(
          `DM, ${kind}, budget ${imagesPerClass}, seed ${seed}`,
          { method: 'DM', kind, budget: imagesPerClass, seed },
          { ...common, matching: { method: 'dm' }, set },
        ),
      ),
    );
    const trajectories = trajectoryBudgets.flatMap((imagesPerClass) =>
      trajectorySets(profile, setsAtBudget({ ...data, imagesPerClass, profile })).map(({ kind, set }) =>
        distillationCell<StorageFactors>(
          `MTT, ${kind}, budget ${imagesPerClass}, seed ${seed}`,
          { method: 'MTT', kind, budget: imagesPerClass, seed },
          { ...common, matching: { method: 'mtt' }, set },
        ),
      ),
    );
    return [...random, ...distributions, ...trajectories];
  });
}

/** Images and HaBa in the authors' form; all kinds in the study profile. */
function trajectorySets(profile: ProfileName, sets: readonly BudgetedSet[]): readonly BudgetedSet[] {
  return profile === 'study' ? sets : imagesAndHaba(sets);
}
