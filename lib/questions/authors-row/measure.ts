/** The authors' first row measured: which images a set is compared with, as papers count and by what is stored. */
import type { GridRun } from '../../experiments/grid';
import { accuracyDifferences, resultsOf } from '../../report/over-seeds';
import type { PairedDifference } from '../../report/paired';
import { atSetting, groupSeeds, type Setting } from '../../report/seed-groups';
import type { RunResult } from '../../runs/train-students';
import type { AuthorsRowFactors } from './grid';

export type AuthorsRowRuns = readonly GridRun<AuthorsRowFactors>[];

/** How a set's images are counted: as papers do, without hallucinators, or by every stored float. */
export const countings = ['nominal', 'floats'] as const;
export type Counting = (typeof countings)[number];

/**
 * Images that a set with hallucinators is compared with: as many as it is said to have, or the fewest that store no fewer floats.
 * @returns undefined of images themselves, and where no such images are among the runs
 */
export function imagesBeside(
  runs: AuthorsRowRuns,
  counting: Counting,
): (setting: Setting<AuthorsRowFactors>) => Setting<AuthorsRowFactors> | undefined {
  const floatsOf = (wanted: Setting<AuthorsRowFactors>) =>
    runs.find(({ factors }) => factors.kind === wanted.kind && factors.nominal === wanted.nominal)!.result.storedFloats;
  const images = runs
    .filter(({ factors }) => factors.kind === 'images')
    .sort((first, second) => first.factors.nominal - second.factors.nominal);
  return (setting) => {
    if (setting.kind === 'images') return undefined;
    const found = images.find(({ factors, result }) =>
      counting === 'nominal' ? factors.nominal === setting.nominal : result.storedFloats >= floatsOf(setting),
    );
    return found && { kind: 'images', nominal: found.factors.nominal };
  };
}

/** E.g. 'images, 2 a class'. */
export function nameOf({ kind, nominal }: Setting<AuthorsRowFactors>): string {
  return kind === 'images' ? `images, ${nominal} a class` : kind;
}

/** A set with hallucinators beside images, by one counting. */
export interface RowComparison {
  counting: Counting;
  setting: Setting<AuthorsRowFactors>;
  images: Setting<AuthorsRowFactors>;
  /** Of accuracies within seeds; fractions. */
  difference: PairedDifference | undefined;
  /** Results of the set, and of the images, a seed each. */
  results: { set: RunResult[]; images: RunResult[] };
}

/** Every set with hallucinators beside images of both countings, as far as there are any. */
export function rowComparisons(runs: AuthorsRowRuns): RowComparison[] {
  const groups = groupSeeds(runs);
  return countings.flatMap((counting) => {
    const beside = imagesBeside(runs, counting);
    return accuracyDifferences(groups, beside).flatMap(({ setting, difference }) => {
      const images = beside(setting);
      if (!images) return [];
      const [set, others] = [setting, images].map((wanted) => resultsOf(atSetting(groups, wanted)!));
      return [{ counting, setting, images, difference, results: { set, images: others } }];
    });
  });
}
