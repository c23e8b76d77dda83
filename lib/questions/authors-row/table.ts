/** The authors' first row as a table. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import { accuracyColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import { storageColumns } from '../../report/storage-columns';
import type { ReportTable } from '../../report/tables';
import type { AuthorsRowRuns } from './measure';

/** A row a set, as papers count it and as it is stored, with its accuracy over seeds. */
export function authorsRowTable(name: string, runs: AuthorsRowRuns): ReportTable {
  const groups = groupSeeds(runs);
  const results = groups.map(resultsOf);
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      'training set': groups.map(({ setting }) => setting.kind),
      'images per class, as papers count': groups.map(({ setting }) => setting.nominal),
      ...storageColumns(results),
      ...accuracyColumns(results),
      'seconds of a run': results.map((own) => Math.round(mean(own.map(({ seconds }) => seconds)))),
    }),
  };
}
