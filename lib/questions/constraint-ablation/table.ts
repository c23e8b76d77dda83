/** RQ4 as tables: what the constraints change. */
import { from, table } from 'arquero';
import { baselineOf, measures, titleOf, type AblationRow } from './measure';
import { intervalText, rounded } from '../../report/number-text';
import { accuracyColumns, differenceColumns, foldersOf } from '../../report/over-seeds';
import type { ReportTable } from '../../report/tables';

/** A row a setting: accuracy over seeds, and how far it is from the baseline within them. */
export function ablationTable(name: string, rows: readonly AblationRow[]): ReportTable {
  return {
    name,
    runs: runsOf(rows),
    table: table({
      constraints: rows.map(({ constraints }) => constraints),
      ...accuracyColumns(rows.map(({ results }) => results)),
      ...differenceColumns(
        rows.map((row) => row.measures.accuracy.difference),
        { baseline: baselineOf(rows) },
      ),
    }),
  };
}

/** A row a measure of diversity and setting: its mean over seeds, and how far it is from the baseline within them. */
export function ablationDiversityTable(name: string, rows: readonly AblationRow[]): ReportTable {
  const baseline = baselineOf(rows);
  const lines = (['spreadOfBasis', 'effectiveRank'] as const).flatMap((measure) => {
    const { scale, digits } = measures[measure];
    return rows.map((row) => {
      const { over, difference } = row.measures[measure];
      const columns = differenceColumns([difference], { baseline, scale, unit: '', digits });
      return {
        measure: titleOf(measure, rows),
        constraints: row.constraints,
        mean: rounded(over.mean, digits),
        '95 % interval over seeds':
          over.values.length > 1 ? intervalText(over, (value) => value.toFixed(digits)) : 'one seed',
        seeds: over.values.length,
        ...Object.fromEntries(Object.entries(columns).map(([header, [cell]]) => [header, cell])),
      };
    });
  });
  return { name, runs: runsOf(rows), table: from(lines) };
}

const runsOf = (rows: readonly AblationRow[]) => foldersOf(rows.flatMap(({ results }) => results));
