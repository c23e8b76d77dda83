/** Accuracy over seeds and students, as columns of a question's table and as rows of its chart. */
import { mean } from 'simple-statistics';
import type { RunResult } from '../runs/train-students';
import type { GridRun } from '../experiments/grid';
import type { SeededFactors, SeedGroup, Setting } from './seed-groups';
import { confidenceInterval, type Interval } from './confidence';
import { pairedDifferences, type Comparison, type PairedDifference } from './paired';
import { accuracyTitle, studentsLength, type StudentsRecipe } from './students-column';
import { runDetails, type RunDetails } from './run-details';
import { intervalText, rounded, signedText } from './number-text';

type Cells = Record<string, (string | number)[]>;

/** Accuracy with several seeds, each over its students; fractions. */
export interface SeededAccuracy {
  /** Over seeds, of the means over students. */
  mean: number;
  /** 95 % confidence interval of that mean over seeds, by Student's t; absent with one seed. */
  interval?: { low: number; high: number };
  /** Between students of one seed: root of the mean variance; absent where each seed has one student. */
  studentDeviation?: number;
  /** Means over students, a seed each. */
  values: number[];
}

/** @param results of one setting, a seed each */
export function accuracyOverSeeds(results: readonly Pick<RunResult, 'accuracy'>[]): SeededAccuracy {
  const values = results.map(({ accuracy }) => accuracy.mean);
  const { low, high, mean: centre } = confidenceInterval(values);
  const variances = results.flatMap(({ accuracy: { runs, std } }) => (runs.length > 1 ? [std ** 2] : []));
  return {
    mean: centre,
    values,
    ...(values.length > 1 ? { interval: { low, high } } : {}),
    ...(variances.length > 0 ? { studentDeviation: Math.sqrt(mean(variances)) } : {}),
  };
}

/** What a chart draws of it, in percent: an interval of no width with one seed. */
export function percentInterval(results: readonly RunResult[]): Interval & { values: number[]; of: RunDetails[] } {
  const { mean: centre, interval = { low: centre, high: centre }, values } = accuracyOverSeeds(results);
  const percent = (fraction: number) => 100 * fraction;
  return {
    mean: percent(centre),
    low: percent(interval.low),
    high: percent(interval.high),
    values: values.map(percent),
    of: results.map(runDetails),
  };
}

/** Of a setting, a seed each. */
export const resultsOf = ({ runs }: { runs: readonly { result: RunResult }[] }): RunResult[] =>
  runs.map(({ result }) => result);

/** How students of each run were trained and tested. */
export const recipesOf = (results: readonly RunResult[]): StudentsRecipe[] =>
  results.map(({ configuration, updates }) => ({ ...configuration.evaluation, steps: updates }));

/** Folders of the sets of results, and of their students, each once: several kinds of students may be of one set. */
export const foldersOf = (results: readonly RunResult[]): string[] => [
  ...new Set(results.flatMap(({ run, students }) => [run, students])),
];

/**
 * Columns of accuracy: the mean over seeds with its interval, the deviation over students, and how many of both, trained how long.
 * @param rows results of each row, a seed each
 * @throws RangeError where some were tested on one split and some on the other
 */
export function accuracyColumns(rows: readonly (readonly RunResult[])[]): Cells {
  const accuracies = rows.map(accuracyOverSeeds);
  return {
    [accuracyTitle(recipesOf(rows.flat()))]: accuracies.map(({ mean: centre }) => rounded(100 * centre, 1)),
    '95 % interval over seeds (%)': accuracies.map(({ interval }) =>
      interval ? intervalText(interval, (value) => (100 * value).toFixed(1)) : 'one seed',
    ),
    'deviation over students (%)': accuracies.map(({ studentDeviation }) =>
      studentDeviation === undefined ? 'one student' : (100 * studentDeviation).toFixed(1),
    ),
    seeds: rows.map((results) => results.length),
    'students a seed': rows.map((results) =>
      [...new Set(results.map(({ accuracy }) => accuracy.runs.length))]
        .sort((first, second) => first - second)
        .join(' or '),
    ),
    'length of a student': rows.map((results) => studentsLength(recipesOf(results))),
  };
}

export interface MeasuredColumnsOptions {
  title: string;
  /** Default '95 % interval of ' and the title. */
  intervalTitle?: string;
  /** Default three digits. */
  text?: (value: number) => string;
}

/** Columns of something else that was measured: its mean over seeds, and that mean's interval. @param rows values of each row, a seed each */
export function measuredColumns(
  rows: readonly (readonly number[])[],
  { title, intervalTitle = `95 % interval of ${title}`, text = threeDigits }: MeasuredColumnsOptions,
): Cells {
  const intervals = rows.map((values) => confidenceInterval(values));
  return {
    [title]: intervals.map((interval) => text(interval.mean)),
    [intervalTitle]: intervals.map((interval, row) =>
      rows[row].length > 1 ? intervalText(interval, text) : 'one seed',
    ),
  };
}

const threeDigits = (value: number) => String(Number(value.toPrecision(3)));

/** Differences of mean accuracies within seeds, of every setting to its baseline; fractions. @see pairedDifferences */
export function accuracyDifferences<Factors extends SeededFactors>(
  groups: readonly SeedGroup<GridRun<Factors>>[],
  baselineOf: (setting: Setting<Factors>) => Partial<Setting<Factors>> | undefined,
): Comparison<Setting<Factors>>[] {
  const observations = groups.flatMap(({ setting, runs }) =>
    runs.map(({ factors: { seed }, result }) => ({ setting, seed, value: result.accuracy.mean })),
  );
  return pairedDifferences(observations, baselineOf);
}

export interface DifferenceColumnsOptions {
  /** What is compared with, e.g. 'images'. */
  baseline: string;
  /** Factor on values. Default 100, for fractions in percent. */
  scale?: number;
  /** Of the differences, in brackets in the header. Default '%'; '' for none. */
  unit?: string;
  /** After the point. Default 1. */
  digits?: number;
}

/** Columns of differences: their mean, its interval by the paired t, and over how many pairs; empty cells for the baseline itself. */
export function differenceColumns(
  differences: readonly (PairedDifference | undefined)[],
  { baseline, scale = 100, unit = '%', digits = 1 }: DifferenceColumnsOptions,
): Cells {
  const column = (of: (difference: PairedDifference) => string) =>
    differences.map((difference) => (difference ? of(difference) : ''));
  const text = (value: number) => signedText(scale * value, digits);
  const ending = unit === '' ? '' : ` (${unit})`;
  return {
    [`difference to ${baseline}${ending}`]: column(({ mean: centre }) =>
      centre === undefined ? 'no pair' : text(centre),
    ),
    [`95 % interval of the difference${ending}`]: column(({ interval, differences: { length } }) =>
      interval ? intervalText(interval, text) : length === 1 ? 'one seed' : 'no pair',
    ),
    pairs: column(pairsText),
  };
}

/** How many pairs there are, and how many seeds have no partner: '3', or '2 (1 seed left out)'. */
export function pairsText({ differences, leftOut }: PairedDifference): string {
  if (leftOut.length === 0) return String(differences.length);
  return `${differences.length} (${leftOut.length} ${leftOut.length === 1 ? 'seed' : 'seeds'} left out)`;
}

/** For captions of charts whose points are means over seeds. @param counts seeds of each point */
export function seedsSentence(counts: readonly number[]): string {
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return 'one seed: points are means over its students, without interval';
  const seeds = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const exception = fewest === 1 ? ' where there are several' : '';
  return `points: means over ${seeds} seeds; lines: their 95 % confidence intervals over seeds (t)${exception}; ticks: seeds, each a mean over its students`;
}
