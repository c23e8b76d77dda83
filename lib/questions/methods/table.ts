/** Every matching loss as a table. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import { accuracyColumns, accuracyDifferences, differenceColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import { storageColumns } from '../../report/storage-columns';
import type { ReportTable } from '../../report/tables';
import type { GridRun } from '../../experiments/grid';
import type { MethodFactors } from './grid';

/** A row a method and kind of set: accuracy over seeds, how far it is ahead of images by the same method, storage and time. */
export function methodsTable(name: string, runs: readonly GridRun<MethodFactors>[]): ReportTable {
  const groups = groupSeeds(runs);
  const comparisons = accuracyDifferences(groups, ({ method }) =>
    method === 'none' ? undefined : { method, kind: 'images' as const },
  );
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      method: groups.map(({ setting }) => setting.method),
      'training set': groups.map(({ setting }) => setting.kind),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        comparisons.map(({ difference }) => difference),
        { baseline: 'images' },
      ),
      ...storageColumns(groups.map(resultsOf)),
      'seconds of a run': groups.map((group) => Math.round(mean(resultsOf(group).map(({ seconds }) => seconds)))),
    }),
  };
}
