/** RQ2 as tables: how far hallucinations lie apart, and what that buys. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import type { DiversityFactors } from './grid';
import type { Diversity } from './judge';
import type { MeasuredRun } from './measure';
import { groupSeeds, type SeedGroup } from '../../report/seed-groups';
import { rounded } from '../../report/number-text';
import {
  accuracyColumns,
  accuracyDifferences,
  differenceColumns,
  foldersOf,
  recipesOf,
  resultsOf,
} from '../../report/over-seeds';
import { accuracyTitle } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';

/** Diversity beside accuracy, a set a row: means over seeds. */
export function diversityTable(name: string, runs: readonly MeasuredRun[]): ReportTable {
  const groups = groupSeeds(runs);
  const over = (of: (run: MeasuredRun) => number, digits: number) =>
    groups.map((group) => rounded(mean(group.runs.map(of)), digits));
  const title = accuracyTitle(recipesOf(resultsOf({ runs })));
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      ...settingColumns(groups),
      'stored floats': over(({ result }) => result.storedFloats, 0),
      'training images': over(({ diversity }) => diversity.images, 0),
      seeds: groups.map((group) => group.runs.length),
      [title]: over(({ result }) => 100 * result.accuracy.mean, 1),
      'spread of a basis': over(({ diversity }) => diversity.spreadOfBasis, 3),
      'spread of a class': over(({ diversity }) => diversity.spreadOfClass, 3),
      'effective rank': over(({ diversity }) => diversity.effectiveRank, 1),
      ...(runs.some(({ diversity }) => diversity.bases)
        ? {
            'spread of a class, bases alone': basesOver(groups, ({ spreadOfClass }) => spreadOfClass, 3),
            'effective rank, bases alone': basesOver(groups, ({ effectiveRank }) => effectiveRank, 1),
          }
        : {}),
      'coverage (%)': over(({ diversity }) => 100 * diversity.coverage, 1),
    }),
  };
}

/** Means over seeds of what is measured of bases; nothing for sets without hallucinators. */
function basesOver(
  groups: readonly SeedGroup<MeasuredRun>[],
  of: (bases: NonNullable<Diversity['bases']>) => number,
  digits: number,
): string[] {
  return groups.map(({ runs }) => {
    const values = runs.flatMap(({ diversity: { bases } }) => (bases ? [of(bases)] : []));
    return values.length === 0 ? '' : mean(values).toFixed(digits);
  });
}

/** Accuracy over seeds, a set a row, and how far it is ahead of images of equal floats within them. */
export function diversityAccuracyTable(name: string, runs: readonly MeasuredRun[]): ReportTable {
  const groups = groupSeeds(runs);
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      ...settingColumns(groups),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        accuracyDifferences<DiversityFactors>(groups, () => ({ set: 'images' })).map(({ difference }) => difference),
        { baseline: 'images' },
      ),
    }),
  };
}

function settingColumns(groups: readonly SeedGroup<MeasuredRun>[]) {
  return {
    'training set': groups.map(({ setting }) => setting.set),
    hallucinators: groups.map(({ setting }) => setting.hallucinators),
    'stored per class': groups.map(({ setting }) => setting.perClass),
  };
}
