/** RQ4 as tables and charts: what the constraints change. */
import { from, table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { Diversity, DiversityJudge } from '../diversity/judge';
import type { GridRun } from '../../runs/grid';
import type { ConstraintFactors } from './grid';
import { groupSeeds } from '../../report/seed-groups';
import type { RunResult } from '../../runs/train-students';
import { confidenceInterval, type Interval } from '../../report/confidence';
import { differenceChart } from '../../report/difference-chart';
import { intervalLayers } from '../../report/interval-layers';
import { intervalText, rounded } from '../../report/number-text';
import { accuracyColumns, differenceColumns, foldersOf, recipesOf, seedsSentence } from '../../report/over-seeds';
import { pairedDifference, type PairedDifference } from '../../report/paired';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';
import { chartFrame, columnWidths, kindColours, labelWidth, points } from '../../report/theme';

type MeasuredRun = GridRun<ConstraintFactors> & { diversity: Diversity };

const measureNames = ['accuracy', 'spreadOfBasis', 'effectiveRank'] as const;

type Measure = (typeof measureNames)[number];

/** How a measure is taken, and how it is printed. */
const measures: Record<Measure, { of: (run: MeasuredRun) => number; scale: number; digits: number }> = {
  accuracy: { of: ({ result }) => result.accuracy.mean, scale: 100, digits: 1 },
  spreadOfBasis: { of: ({ diversity }) => diversity.spreadOfBasis, scale: 1, digits: 3 },
  effectiveRank: { of: ({ diversity }) => diversity.effectiveRank, scale: 1, digits: 2 },
};

/** One setting of the constraints over its seeds. */
export interface AblationRow {
  constraints: string;
  /** The setting that others are compared with. */
  baseline: string;
  measures: Record<Measure, MeasureOverSeeds>;
  /** A seed each. */
  results: RunResult[];
}

/** Accuracies are fractions. */
export interface MeasureOverSeeds {
  /** A value a seed, and their mean with a 95 % confidence interval, of no width with one seed. */
  over: Interval & { values: number[] };
  /** Within seeds, to the baseline; nothing for the baseline itself. */
  difference?: PairedDifference;
}

export interface AblationOptions {
  /** The setting that others are compared with. Default 'none'. */
  baseline?: string;
}

/**
 * Puts the seeds of each setting together, and compares settings within seeds.
 * @throws RangeError where the baseline is not among the settings
 */
export function ablationRows(
  runs: readonly GridRun<ConstraintFactors>[],
  judge: DiversityJudge,
  { baseline = 'none' }: AblationOptions = {},
): AblationRow[] {
  const groups = groupSeeds(runs.map((run): MeasuredRun => ({ ...run, diversity: judge.measure(run.result) })));
  const names = groups.map(({ setting }) => setting.constraints);
  const base = groups.find(({ setting }) => setting.constraints === baseline);
  if (!base) {
    throw new RangeError(
      `ablationRows: there is no setting '${baseline}' to compare with; give as baseline one of ${names.join(', ')}.`,
    );
  }
  return groups.map((group) => {
    const overSeeds = (measure: Measure): MeasureOverSeeds => {
      const { of } = measures[measure];
      const seeded = (own: readonly MeasuredRun[]) => own.map((run) => ({ seed: run.factors.seed, value: of(run) }));
      const values = group.runs.map(of);
      return {
        over: { ...confidenceInterval(values), values },
        ...(group === base ? {} : { difference: pairedDifference(seeded(group.runs), seeded(base.runs)) }),
      };
    };
    return {
      constraints: group.setting.constraints,
      baseline,
      measures: {
        accuracy: overSeeds('accuracy'),
        spreadOfBasis: overSeeds('spreadOfBasis'),
        effectiveRank: overSeeds('effectiveRank'),
      },
      results: group.runs.map(({ result }) => result),
    };
  });
}

/** What the axes and rows of a measure are called. */
function titleOf(measure: Measure, rows: readonly AblationRow[]): string {
  if (measure === 'accuracy') return accuracyTitle(recipesOf(rows.flatMap(({ results }) => results)));
  return measure === 'spreadOfBasis' ? 'spread of a basis' : 'effective rank';
}

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

const baselineOf = ([first]: readonly AblationRow[]) => first?.baseline ?? 'none';

export interface AblationChartOptions {
  caption?: string;
}

/** A panel a measure: a tick for every seed, the mean, and its 95 % confidence interval over seeds. */
export function ablationChart(rows: readonly AblationRow[], { caption }: AblationChartOptions = {}): TopLevelSpec {
  const names = rows.map(({ constraints }) => constraints);
  const panels = measureNames.map((measure, place): LayerSpec<string> => {
    const { scale } = measures[measure];
    const values = rows.map(({ constraints, measures: { [measure]: measured } }) => ({
      constraints,
      mean: scale * measured.over.mean,
      low: scale * measured.over.low,
      high: scale * measured.over.high,
      values: measured.over.values.map((value) => scale * value),
    }));
    return {
      width: (points(columnWidths.double) - 60 - labelWidth(names)) / measureNames.length,
      height: { step: 20 },
      layer: intervalLayers(values, {
        axis: { title: titleOf(measure, rows), scale: { zero: false }, axis: { tickCount: 4, format: '.3~g' } },
        encoding: {
          y: {
            field: 'constraints',
            type: 'nominal',
            title: null,
            sort: names,
            ...(place === 0 ? {} : { axis: { labels: false, ticks: false } }),
          },
          color: { value: kindColours.HaBa },
        },
      }),
    };
  });
  return {
    ...chartFrame(
      [
        caption,
        studentsSentence(recipesOf(rows.flatMap(({ results }) => results))),
        seedsSentence(rows.map(({ results }) => results.length)),
      ],
      points(columnWidths.double) - 20,
    ),
    hconcat: panels,
  };
}

/** A panel a measure: how far each setting is from the baseline within seeds; what the ablation asks. */
export function ablationDifferenceChart(
  rows: readonly AblationRow[],
  { caption }: AblationChartOptions = {},
): TopLevelSpec {
  const panels = measureNames.map((measure) => ({
    title: titleOf(measure, rows),
    axis: `less '${baselineOf(rows)}'`,
    scale: measures[measure].scale,
    rows: rows.flatMap(({ constraints, measures: { [measure]: measured } }) =>
      measured.difference ? [{ label: constraints, colour: kindColours.HaBa, difference: measured.difference }] : [],
    ),
  }));
  const students = studentsSentence(recipesOf(rows.flatMap(({ results }) => results)));
  return differenceChart(panels, { captions: [caption, students] });
}
