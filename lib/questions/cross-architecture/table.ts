/** RQ3 as a table: students of other networks. */
import { table } from 'arquero';
import type { GridRun } from '../../experiments/grid';
import type { ArchitectureFactors } from './grid';
import { groupSeeds } from '../../report/seed-groups';
import { accuracyColumns, accuracyDifferences, differenceColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import type { ReportTable } from '../../report/tables';

/** A row a set and network: accuracy over seeds, and how far it is ahead of images, or of random real images where those are not there. */
export function architectureTable(name: string, runs: readonly GridRun<ArchitectureFactors>[]): ReportTable {
  const groups = groupSeeds(runs);
  const hasImages = groups.some(({ setting }) => setting.kind === 'images');
  const baseline: ArchitectureFactors['kind'] = hasImages ? 'images' : 'random real images';
  const comparisons = accuracyDifferences(groups, ({ network }) => ({ network, kind: baseline }));
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      network: groups.map(({ setting }) => setting.network),
      'training set': groups.map(({ setting }) => setting.kind),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        comparisons.map(({ difference }) => difference),
        { baseline },
      ),
    }),
  };
}
