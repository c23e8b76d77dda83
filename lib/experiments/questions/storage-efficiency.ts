/** RQ1: how much accuracy a stored float buys. */
import { datasetShapes } from '../../data/dataset-names';
import type { GridCell } from '../grid';
import { baselineCell, distillationCell, type QuestionSettings } from './cells';
import { setsAtBudget, type SetKind } from './sets-at-budget';

export interface StorageFactors {
  method: 'DM' | 'MTT' | 'none';
  kind: SetKind | 'random real images';
  /** The budget, in images per class. */
  budget: number;
}

export interface StorageOptions {
  /** Budgets under distribution matching, in images per class. Default 1 and 10; 1 and 3 in the smoke profile. */
  budgets?: readonly number[];
  /** Budgets under trajectory matching, whose runs take longer. Default 1 and 10; 1 in the smoke profile. */
  trajectoryBudgets?: readonly number[];
}

/** Every kind of set at every budget under DM; images and HaBa under MTT, too; beside random real images. */
export function storageEfficiency(
  { profile, dataset }: QuestionSettings,
  options: StorageOptions = {},
): GridCell<StorageFactors>[] {
  const smoke = profile === 'smoke';
  const { budgets = smoke ? [1, 3] : [1, 10], trajectoryBudgets = smoke ? [1] : [1, 10] } = options;
  const common = { profile, dataset };
  const shape = shapeOf(dataset);
  const random = budgets.map((budget) =>
    baselineCell<StorageFactors>(
      `random real images, budget ${budget}`,
      { method: 'none', kind: 'random real images', budget },
      { ...common, baseline: 'random', ipc: budget },
    ),
  );
  const distributions = budgets.flatMap((imagesPerClass) =>
    setsAtBudget({ ...shape, imagesPerClass }).map(({ kind, set }) =>
      distillationCell<StorageFactors>(
        `DM, ${kind}, budget ${imagesPerClass}`,
        { method: 'DM', kind, budget: imagesPerClass },
        { ...common, matching: { method: 'dm' }, set },
      ),
    ),
  );
  const trajectories = trajectoryBudgets.flatMap((imagesPerClass) => {
    const sets = setsAtBudget({ ...shape, imagesPerClass });
    // HaBa in the authors' form, in colour, or where that does not fit, with a single channel.
    const haba = sets.find(({ kind }) => kind === 'HaBa') ?? sets.find(({ kind }) => kind === 'HaBa, single-channel');
    return [...sets.filter(({ kind }) => kind === 'images'), ...(haba ? [haba] : [])].map(({ kind, set }) =>
      distillationCell<StorageFactors>(
        `MTT, ${kind}, budget ${imagesPerClass}`,
        { method: 'MTT', kind, budget: imagesPerClass },
        { ...common, matching: { method: 'mtt' }, set },
      ),
    );
  });
  return [...random, ...distributions, ...trajectories];
}

/** @throws RangeError for a dataset whose shape is not known beforehand */
export function shapeOf(dataset: QuestionSettings['dataset']) {
  if (dataset === 'folder') {
    throw new RangeError(
      `The questions need a dataset of known shape; allowed are ${Object.keys(datasetShapes).join(', ')}.`,
    );
  }
  return datasetShapes[dataset];
}
