/** A sweep as a table. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import type { GridRun } from '../../experiments/grid';
import { rounded } from '../../report/number-text';
import {
  accuracyColumns,
  accuracyDifferences,
  differenceColumns,
  foldersOf,
  measuredColumns,
  resultsOf,
} from '../../report/over-seeds';
import { groupSeeds, settingKey } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import type { SweepFactors } from './grid';

export interface SweepTableOptions {
  /** Columns to measure beside: a number of each run, by title; e.g. `{ 'values beyond black and white': saturationOf }`. */
  measures?: Record<string, (run: GridRun<SweepFactors>) => number>;
}

/**
 * A row a combination of values: accuracy over seeds with its interval, how far it is ahead of the first combination within seeds,
 * what else is measured, storage and time.
 * @throws RangeError where some students were tested on one split and some on the other
 */
export function sweepTable(
  name: string,
  runs: readonly GridRun<SweepFactors>[],
  { measures = {} }: SweepTableOptions = {},
): ReportTable {
  const groups = groupSeeds(runs);
  const [first] = groups;
  const keys = first ? Object.keys(first.setting) : [];
  const compared = accuracyDifferences(groups, (setting) =>
    settingKey(setting) === settingKey(first.setting) ? undefined : first.setting,
  );
  const measured = Object.entries(measures).map(([title, measure]) =>
    measuredColumns(
      groups.map((group) => group.runs.map(measure)),
      { title },
    ),
  );
  const differences = differenceColumns(
    compared.map(({ difference }) => difference),
    { baseline: 'the first row' },
  );
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      ...Object.fromEntries(keys.map((key) => [key, groups.map(({ setting }) => (setting as SweepFactors)[key])])),
      ...accuracyColumns(groups.map(resultsOf)),
      ...(groups.length > 1 ? differences : {}),
      ...Object.fromEntries(measured.flatMap(Object.entries)),
      'stored floats': groups.map(({ runs: [{ result }] }) => result.storedFloats),
      'images per class': groups.map(({ runs: [{ result }] }) => rounded(result.imagesPerClass, 2)),
      'seconds of a run': groups.map((group) => Math.round(mean(resultsOf(group).map(({ seconds }) => seconds)))),
    }),
  };
}
