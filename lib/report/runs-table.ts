/** The stored runs as a table: a row each, or a row for those that differ only in their seed. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import { canonicalJson } from '../files/canonical-json';
import { nearestName } from '../files/nearest-name';
import type { Accuracy } from '../evaluation/evaluation';
import { hashInName } from '../runs/run-files';
import { findRuns, keysOf, requireKey, settingOf, type RunFilter, type RunRow } from '../runs/run-rows';
import { labelsText } from './labels-text';
import { intervalText, rounded } from './number-text';
import { accuracyOverSeeds, type SeededAccuracy } from './over-seeds';
import type { ReportTable } from './tables';

/** Which stored runs a table has, in which order and with which columns. */
export interface RunsTableOptions extends RunFilter {
  /** File name without extension. Default 'runs'. */
  name?: string;
  /** Put runs together that differ only in their seed: accuracy is then the mean over seeds, with its 95 % interval. Default false. */
  group?: boolean;
  /** Further columns: what configurations say of a key, e.g. ['matching.method', 'set.kind']. */
  columns?: readonly string[];
  /** Column to sort by, with or without its unit: 'accuracy'. Default: by name. */
  sort?: string;
  /** From the largest on. Default false. Empty cells are last either way. */
  descending?: boolean;
}

/** Runs that differ only in their seed; or one of which nothing is known, as an old one. */
export interface RunGroup {
  rows: RunRow[];
  /** Over seeds, of those that have students; absent where none has. */
  accuracy?: SeededAccuracy;
}

type Trained = RunRow & { accuracy: Accuracy };
const isTrained = (row: RunRow): row is Trained => row.accuracy !== undefined;

/** What a configuration says beside what its numbers follow from, and what runs of several seeds differ in. */
const besideSetting = new Set(['seed', 'compile', 'checkpointEvery', 'snapshots', 'evaluation.students', 'stored.of']);

/**
 * Puts runs together whose kind, data and configurations are the same but for their seed. Two of one seed stay apart, as those that
 * were made of one configuration under different defaults.
 */
export function groupRuns(rows: readonly RunRow[]): RunGroup[] {
  const groups: { key: string; seeds: Set<unknown>; rows: RunRow[] }[] = [];
  for (const row of rows) {
    const settings = Object.entries(row.settings).filter(([key]) => !besideSetting.has(key));
    const identity = row.kind === undefined ? row.run : [row.kind, Object.fromEntries(settings)];
    const key = canonicalJson([identity, row.students !== undefined, isTrained(row)]);
    const found = groups.find((group) => group.key === key && !group.seeds.has(row.settings.seed));
    if (found) {
      found.seeds.add(row.settings.seed);
      found.rows.push(row);
    } else groups.push({ key, seeds: new Set([row.settings.seed]), rows: [row] });
  }
  return groups.map(({ rows: own }) => {
    const trained = own.filter(isTrained);
    return { rows: own, ...(trained.length > 0 ? { accuracy: accuracyOverSeeds(trained) } : {}) };
  });
}

/** A name of a folder without the hash at its end. */
const readable = (name: string) => name.slice(0, -(hashInName(name).length + 1)) || name;

/**
 * Stored runs that fit, as a table:
 *
 *     show(runsTable({ where: { dataset: 'cifar10', 'matching.method': ['mtt', 'dm'] }, group: true, sort: 'accuracy', descending: true }));
 *
 * Accuracies are of the images that the column 'tested on' names. What cannot be read, and what is of a version of haba whose runs
 * are no longer read, is listed as such, without numbers.
 * @throws RangeError for a key that no configuration has and for a column that there is not, with the nearest
 */
export function runsTable({
  name = 'runs',
  group = false,
  columns = [],
  sort,
  descending = false,
  ...filter
}: RunsTableOptions = {}): ReportTable {
  const rows = findRuns(filter);
  if (columns.length > 0) {
    const keys = keysOf(rows);
    for (const key of columns) requireKey(key, keys);
  }
  const groups = group ? groupRuns(rows) : rows.map((row) => ({ rows: [row], accuracy: undefined }));
  const cells = group ? groupCells(groups, columns) : rowCells(rows, columns);
  const order = sort === undefined ? groups.map((_, row) => row) : orderBy(cells, sort, descending);
  return {
    name,
    runs: [...new Set(rows.map(({ folder }) => folder))],
    table: table(
      Object.fromEntries(Object.entries(cells).map(([title, values]) => [title, order.map((row) => values[row])])),
    ),
  };
}

type Cell = string | number | boolean | null;
type Cells = Record<string, Cell[]>;

const percent = (fraction: number | undefined) => (fraction === undefined ? null : rounded(100 * fraction, 1));

/** Nothing of a run that says nothing. */
function labelsOfRow({ kind, settings, result }: RunRow): string | undefined {
  if (kind === undefined) return undefined;
  return labelsText({ configuration: { labels: { kind: settings['labels.kind'] } }, ledger: result?.ledger });
}

function rowCells(rows: readonly RunRow[], columns: readonly string[]): Cells {
  const column = (of: (row: RunRow) => Cell | undefined) => rows.map((row) => of(row) ?? null);
  return {
    run: column(({ run }) => run),
    students: column(({ students }) => students && readable(students)),
    ...Object.fromEntries(columns.map((key) => [key, column((row) => cellOf(settingOf(row, key)))])),
    seed: column((row) => cellOf(settingOf(row, 'seed'))),
    state: column(({ state }) => state),
    'accuracy (%)': column(({ accuracy }) => percent(accuracy?.mean)),
    'deviation (%)': column(({ accuracy }) =>
      accuracy && accuracy.runs.length > 1 ? percent(accuracy.std) : undefined,
    ),
    'students trained': column(({ accuracy }) => accuracy?.runs.length),
    'tested on': column(({ split }) => split),
    labels: column(labelsOfRow),
    'images per class': column(({ result }) => result && rounded(result.imagesPerClass, 2)),
    'bits per class': column(({ result }) => result?.ledger && rounded(result.ledger.bitsPerClass, 0)),
    'seconds of the set': column(({ result }) => result && Math.round(result.seconds)),
    MB: column(({ bytes }) => rounded(bytes / 1e6, 1)),
  };
}

function groupCells(groups: readonly RunGroup[], columns: readonly string[]): Cells {
  const column = (of: (group: RunGroup) => Cell | undefined) => groups.map((one) => of(one) ?? null);
  const first = (of: (row: RunRow) => Cell | undefined) => column(({ rows: [row] }) => of(row));
  const results = ({ rows }: RunGroup) => rows.flatMap(({ result }) => result ?? []);
  const meanOf = (values: readonly number[], digits: number) =>
    values.length === 0 ? undefined : rounded(mean([...values]), digits);
  return {
    runs: first(({ run, kind }) => (kind === undefined ? run : readable(run))),
    students: first(({ students }) => students && readable(students)),
    ...Object.fromEntries(
      columns.map((key) => [
        key,
        column(({ rows }) => [...new Set(rows.map((row) => cellOf(settingOf(row, key))))].join(', ')),
      ]),
    ),
    seeds: column(({ rows }) =>
      rows
        .flatMap(({ settings: { seed } }) => (typeof seed === 'number' ? [seed] : []))
        .sort((one, other) => one - other)
        .join(', '),
    ),
    state: column(({ rows }) => [...new Set(rows.map(({ state }) => state))].join(', ')),
    'accuracy (%)': column(({ accuracy }) => percent(accuracy?.mean)),
    '95 % interval over seeds (%)': column(
      ({ accuracy }) =>
        accuracy &&
        (accuracy.interval ? intervalText(accuracy.interval, (value) => (100 * value).toFixed(1)) : 'one seed'),
    ),
    'deviation over students (%)': column(({ accuracy }) => percent(accuracy?.studentDeviation)),
    'tested on': first(({ split }) => split),
    labels: first(labelsOfRow),
    'images per class': column((group) =>
      meanOf(
        results(group).map(({ imagesPerClass }) => imagesPerClass),
        2,
      ),
    ),
    'bits per class': column((group) =>
      meanOf(
        results(group).flatMap(({ ledger }) => ledger?.bitsPerClass ?? []),
        0,
      ),
    ),
    'seconds of a set': column((group) =>
      meanOf(
        results(group).map(({ seconds }) => seconds),
        0,
      ),
    ),
  };
}

/** A list as JSON. */
function cellOf(value: unknown): Cell | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? canonicalJson(value) : (value as Cell);
}

/** Places of rows; empty cells last. @throws RangeError for a column that there is not */
function orderBy(cells: Cells, sort: string, descending: boolean): number[] {
  const titles = Object.keys(cells);
  const plain = (title: string) => title.replace(/ \(.*\)$/, '');
  const title = titles.find((one) => one === sort || plain(one) === sort);
  if (title === undefined) {
    const nearest = nearestName(sort, titles.map(plain));
    const meant = nearest ? ` Did you mean '${nearest}'?` : '';
    throw new RangeError(
      `There is no column '${sort}' to sort by; there are ${titles.map(plain).join(', ')}.${meant} A key of configurations is a column where it is asked for: --columns ${sort}.`,
    );
  }
  const values = cells[title];
  const isEmpty = (row: number) => values[row] === null || values[row] === '';
  return values
    .map((_, row) => row)
    .sort((one, other) => {
      if (isEmpty(one) || isEmpty(other)) return Number(isEmpty(one)) - Number(isEmpty(other));
      return (descending ? -1 : 1) * compare(values[one], values[other]);
    });
}

function compare(first: Cell, second: Cell): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  return String(first) < String(second) ? -1 : String(first) > String(second) ? 1 : 0;
}

/** The same for programs: what {@link runsTable} rounds is in full. */
export function runsJson({ group = false, ...filter }: RunFilter & Pick<RunsTableOptions, 'group'>): object[] {
  const rows = findRuns(filter);
  return group ? groupRuns(rows) : rows;
}
