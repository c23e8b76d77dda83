/**
 * What scores are reckoned from: the full data, random real images at the budget, and every set that is asked for, each set and the
 * random images with students that are trained with augmentation and without.
 */
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import type { GridRun } from '../../experiments/grid';
import type { BaselineInput } from '../../runs/run';
import type { RunResult } from '../../runs/train-students';
import {
  baselineCell,
  defaultSeeds,
  distillationCell,
  withoutAugmentationCell,
  type QuestionCell,
  type QuestionSettings,
  type StudentsInput,
} from '../cells';
import type { ScoredSet } from './table';

export interface ScoreFactors {
  /** As the table calls it; 'full data' and 'random real images' are what sets are compared with. */
  set: string;
  augmentation: 'with' | 'without';
  seed: number;
}

/** What all sets of the grid share. */
type Shared = 'profile' | 'dataset' | 'seed' | 'network' | 'evaluation';

/** A set that is scored: a distillation, or other real images, e.g. `{ baseline: 'herding' }`. */
export type ScoredInput = Omit<ConfigurationInput, Shared> | Omit<BaselineInput, Shared | 'ipc'>;

export interface ScoresGridOptions {
  /** By the name that the table gives them, e.g. `{ 'HaBa, DM': { matching: { method: 'dm' }, set: { kind: 'haba' } } }`. */
  sets: Readonly<Record<string, ScoredInput>>;
  /** The budget that random real images, and other real ones, get, in images per class; distilled sets say theirs. Default 10. */
  ipc?: number;
  /** Default 0, 1, 2; 0 and 1 in the smoke profile. The full data is trained on with the first alone. */
  seeds?: readonly number[];
  /** Of all sets, and of their students. Default: the profile's. */
  network?: ConfigurationInput['network'];
  /** How students of all sets are trained with augmentation; of the full data, with another length. Default: the profile's. */
  evaluation?: StudentsInput;
}

const [fullData, randomImages] = ['full data', 'random real images'];

/**
 * Cells of what scores are reckoned from, with each seed: for `runGrid`, {@link scoredSets} and `scoresTable`.
 * @throws RangeError for a setting that there is not, before anything is run
 */
export function scoresGrid(
  { profile, dataset }: QuestionSettings,
  { sets, ipc = 10, seeds = defaultSeeds(profile), network, evaluation }: ScoresGridOptions,
): QuestionCell<ScoreFactors>[] {
  for (const name of [fullData, randomImages]) {
    if (!Object.hasOwn(sets, name)) continue;
    throw new RangeError(`scoresGrid: '${name}' is in the grid in any case; call a set of 'sets' something else.`);
  }
  const full = baselineCell<ScoreFactors>(
    `${fullData}, seed ${seeds[0]}`,
    { set: fullData, augmentation: 'with', seed: seeds[0] },
    {
      ...{ profile, dataset, seed: seeds[0], network, baseline: 'full' },
      // As many updates as a few images get would leave it half trained.
      evaluation: { ...evaluation, updates: undefined, epochs: undefined },
    },
  );
  const compared: [name: string, input: ScoredInput][] = [
    [randomImages, { baseline: 'random' }],
    ...Object.entries(sets),
  ];
  const cells = seeds.flatMap((seed) =>
    compared.flatMap(([set, input]) => {
      const label = `${set}, seed ${seed}`;
      const factors: ScoreFactors = { set, augmentation: 'with', seed };
      const common = { profile, dataset, seed, network, evaluation };
      if (!('baseline' in input)) configure({ ...common, ...input });
      const cell =
        'baseline' in input
          ? baselineCell(label, factors, { ...input, ...common, ipc })
          : distillationCell(label, factors, { ...input, ...common });
      return [cell, withoutAugmentationCell(cell)];
    }),
  );
  return [full, ...cells];
}

/** The runs of {@link scoresGrid} as the table of scores takes them: `scoresTable('scores', ...scoredSets(runs))`. */
export function scoredSets(
  runs: readonly GridRun<ScoreFactors>[],
): [sets: ScoredSet[], baselines: { full: RunResult[]; random: Omit<ScoredSet, 'label'> }] {
  const resultsOf = (set: string, augmentation: ScoreFactors['augmentation']) =>
    runs
      .filter(({ factors }) => factors.set === set && factors.augmentation === augmentation)
      .map(({ result }) => result);
  const studentsOf = (set: string) => ({ augmented: resultsOf(set, 'with'), plain: resultsOf(set, 'without') });
  const labels = [...new Set(runs.map(({ factors }) => factors.set))].filter((set) => set !== fullData);
  return [
    labels.filter((set) => set !== randomImages).map((label) => ({ label, ...studentsOf(label) })),
    { full: resultsOf(fullData, 'with'), random: studentsOf(randomImages) },
  ];
}
