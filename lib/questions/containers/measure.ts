/** What the grid of containers measured, as tables and charts take it. */
import type { GridRun } from '../../experiments/grid';
import { accuracyOverSeeds, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import type { ScoredSet, ScoresOptions } from '../scores/table';
import { floatsForAccuracy } from '../storage-efficiency/measure';
import type { ContainerFactors } from './grid';

export type ContainerRuns = readonly GridRun<ContainerFactors>[];

/** Containers as they were distilled, and real images, with students of the usual recipe: for tables and charts of equal floats. */
export function asDistilled(runs: ContainerRuns): GridRun<ContainerFactors>[] {
  return withAugmentation(runs).filter(
    ({ factors: { precision, kind } }) =>
      (precision === 'float32' || precision === '8-bit pixels') && kind !== 'full training set',
  );
}

/** Without students that are there for scores alone. */
export function withAugmentation(runs: ContainerRuns): GridRun<ContainerFactors>[] {
  return runs.filter(({ factors }) => factors.augmentation === 'with');
}

/** What containers were distilled by, and in the floats of how many images: each is a comparison of its own. */
export function containerComparisons(runs: ContainerRuns): { method: 'DM' | 'MTT'; budget: number }[] {
  const found = new Map<string, { method: 'DM' | 'MTT'; budget: number }>();
  for (const { factors } of runs) {
    const { method, budget } = factors;
    if (method !== 'none') found.set(`${method} ${budget}`, { method, budget });
  }
  return [...found.values()];
}

/** Every container of one method and budget as `scoresTable` takes it: `scoresTable('scores', ...containerScores(runs, 'DM', 10))`. */
export function containerScores(
  runs: ContainerRuns,
  method: 'DM' | 'MTT',
  budget: number,
): [sets: ScoredSet[], baselines: Pick<ScoresOptions, 'full' | 'random'>] {
  const studentsOf = (wanted: Partial<ContainerFactors>) => {
    const results = (augmentation: ContainerFactors['augmentation']) =>
      runs.flatMap(({ factors, result }) => (agree(factors, { ...wanted, augmentation }) ? [result] : []));
    return { augmented: results('with'), plain: results('without') };
  };
  const ofBudget = { method, budget, precision: 'float32' } as const;
  const kinds = new Set(runs.flatMap(({ factors }) => (agree(factors, ofBudget) ? [factors.kind] : [])));
  return [
    [...kinds].map((kind) => ({ label: kind, ...studentsOf({ ...ofBudget, kind }) })),
    {
      full: studentsOf({ kind: 'full training set' }).augmented,
      random: studentsOf({ kind: 'random real images', budget }),
    },
  ];
}

function agree(factors: ContainerFactors, wanted: Partial<ContainerFactors>): boolean {
  return Object.entries(wanted).every(([key, value]) => factors[key as keyof ContainerFactors] === value);
}

/**
 * How many random real images per class students need for an accuracy: read off the line between the measured numbers of them.
 * @returns a number, or 'more than N', 'less than N', 'not measured'
 */
export function randomImagesForAccuracy(runs: ContainerRuns): (accuracy: number) => number | string {
  const random = withAugmentation(runs).filter(({ factors }) => factors.kind === 'random real images');
  const curve = groupSeeds(random).map((group) => ({
    floats: group.setting.budget,
    accuracy: accuracyOverSeeds(resultsOf(group)).mean,
  }));
  return (accuracy) => floatsForAccuracy(curve, accuracy);
}
