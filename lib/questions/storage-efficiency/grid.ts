/** RQ1: how much accuracy a stored float buys. */
import type { ConfigurationInput } from '../../distillation/configuration';
import { baselineCell, defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';
import { comparedSets, dataOf, setsAtBudget, usualBudgets, type SetKind } from '../sets-at-budget';

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
  /**
   * 'images and HaBa' is what the paper's claims are about: HaBa in colour, or with a single channel where no colour basis fits. Default
   * 'all' under DM; under MTT images and HaBa, all in the study profile.
   */
  kinds?: 'all' | 'images and HaBa';
  /** Of all distillations, beside what their profile has, e.g. `{ stepSize: { clipNorm: 20 } }`. */
  optimisers?: ConfigurationInput['optimisers'];
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
    kinds,
    optimisers,
    seeds = defaultSeeds(profile),
  } = options;
  const setsOf = (imagesPerClass: number, usually: typeof kinds) =>
    ((kinds ?? usually) === 'all' ? setsAtBudget : comparedSets)({ ...data, imagesPerClass, profile });
  return seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    const distilled = { ...common, ...(optimisers && { optimisers }) };
    const random = budgets.map((budget) =>
      baselineCell<StorageFactors>(
        `random real images, budget ${budget}, seed ${seed}`,
        { method: 'none', kind: 'random real images', budget, seed },
        { ...common, baseline: 'random', ipc: budget },
      ),
    );
    const distributions = budgets.flatMap((imagesPerClass) =>
      setsOf(imagesPerClass, 'all').map(({ kind, set }) =>
        distillationCell<StorageFactors>(
          `DM, ${kind}, budget ${imagesPerClass}, seed ${seed}`,
          { method: 'DM', kind, budget: imagesPerClass, seed },
          { ...distilled, matching: { method: 'dm' }, set },
        ),
      ),
    );
    const trajectories = trajectoryBudgets.flatMap((imagesPerClass) =>
      setsOf(imagesPerClass, profile === 'study' ? 'all' : 'images and HaBa').map(({ kind, set }) =>
        distillationCell<StorageFactors>(
          `MTT, ${kind}, budget ${imagesPerClass}, seed ${seed}`,
          { method: 'MTT', kind, budget: imagesPerClass, seed },
          { ...distilled, matching: { method: 'mtt' }, set },
        ),
      ),
    );
    return [...random, ...distributions, ...trajectories];
  });
}
