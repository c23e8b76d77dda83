/** Tables of runs, as arquero tables and as text for papers. */
import path from 'node:path';
import { table, type ColumnTable } from 'arquero';
import { mean } from 'simple-statistics';
import type { RunResult } from '../runs/train-students';
import { rounded } from './number-text';
import { accuracyColumns, foldersOf, recipesOf } from './over-seeds';
import { storageColumns } from './storage-columns';
import { accuracyTitle, studentsLength } from './students-column';

/** A table with its name, under which it is exported, and the runs that it is of. */
export interface ReportTable {
  /** File name without extension. */
  name: string;
  table: ColumnTable;
  /** Folders of the runs in it, and of their students. */
  runs: string[];
}

/** What a row shows, e.g. { label: 'HaBa', result }. */
export interface LabelledRun {
  label: string;
  result: RunResult;
  /** Of training experts, beside the run's own. */
  expertSeconds?: number;
}

/** A row of a table: one run, or several that differ only in their seed. */
export type SeededRow = [LabelledRun, ...LabelledRun[]];

/**
 * Accuracy beside storage and time, a run a row; but runs of one label that differ only in their seed are one row: then accuracy is
 * the mean over seeds, with its interval, and seconds are those of a run on average.
 * @param options `folders`: name each run's folder too, default false
 * @throws RangeError where some students were tested on the test images and some on the validation images
 */
export function accuracyTable(
  name: string,
  runs: LabelledRun[],
  { folders = false }: { folders?: boolean } = {},
): ReportTable {
  const rows = groupSeedsOfLabels(runs);
  const seeded = rows.some(({ length }) => length > 1);
  const resultsOf = (row: SeededRow) => row.map(({ result }) => result);
  const column = <T>(of: (row: LabelledRun) => T) => rows.map(([first]) => of(first));
  const meanColumn = (of: (row: LabelledRun) => number) => rows.map((row) => mean(row.map(of)));
  return {
    name,
    runs: foldersOf(rows.flatMap(resultsOf)),
    table: table({
      'training set': column(({ label }) => label),
      ...(seeded
        ? accuracyColumns(rows.map(resultsOf))
        : {
            [accuracyTitle(recipesOf(rows.flatMap(resultsOf)))]: column(({ result }) =>
              rounded(100 * result.accuracy.mean, 1),
            ),
            'deviation (%)': column(({ result }) => rounded(100 * result.accuracy.std, 1)),
            students: column(({ result }) => result.accuracy.runs.length),
            'length of a student': column(({ result }) => studentsLength(recipesOf([result]))),
          }),
      ...storageColumns(rows.map(resultsOf)),
      [seeded ? 'seconds of a run' : 'seconds']: meanColumn(({ result }) => result.seconds).map(Math.round),
      ...(runs.some(({ expertSeconds }) => expertSeconds !== undefined)
        ? { 'seconds of experts': meanColumn(({ expertSeconds = 0 }) => expertSeconds).map(Math.round) }
        : {}),
      ...(folders ? { run: rows.map((row) => row.map(({ result }) => path.basename(result.run)).join(' ')) } : {}),
    }),
  };
}

/** Puts runs of one label together that differ only in their seed; a run that is there twice stays two rows. */
export function groupSeedsOfLabels(runs: readonly LabelledRun[]): SeededRow[] {
  const rows: { key: string; seeds: Set<number>; row: SeededRow }[] = [];
  for (const run of runs) {
    const { kind, configuration, stored } = run.result;
    const key = JSON.stringify([run.label, kind, { ...stored, of: undefined }, { ...configuration, seed: undefined }]);
    const found = rows.find((other) => other.key === key && !other.seeds.has(configuration.seed));
    if (found) {
      found.seeds.add(configuration.seed);
      found.row.push(run);
    } else rows.push({ key, seeds: new Set([configuration.seed]), row: [run] });
  }
  return rows.map(({ row }) => row);
}
