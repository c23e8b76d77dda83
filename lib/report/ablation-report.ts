/** RQ4 as a table and a chart: what the constraints change. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { Diversity, DiversityJudge } from '../experiments/diversity-of-runs';
import type { GridRun } from '../experiments/grid';
import type { ConstraintFactors } from '../experiments/questions/constraint-ablation';
import { confidenceInterval, type Interval } from './confidence';
import { intervalLayers } from './interval-layers';
import { rounded, type ReportTable } from './tables';
import { caption as captionUnder, columnWidths, kindColours, labelWidth, points, theme } from './theme';

/** What is compared: a title, and its value for a run. */
const measures: [
  title: string,
  of: (run: { result: { accuracy: { mean: number } }; diversity: Diversity }) => number,
][] = [
  ['test accuracy (%)', ({ result }) => 100 * result.accuracy.mean],
  ['spread of a basis', ({ diversity }) => diversity.spreadOfBasis],
  ['effective rank', ({ diversity }) => diversity.effectiveRank],
];

/** One setting of the constraints over its seeds. */
export interface AblationRow {
  constraints: string;
  seeds: number;
  /** By measure: its value for every seed, and their mean with a 95 % confidence interval. */
  measures: Record<string, Interval & { values: number[] }>;
  runs: string[];
}

/** Puts the seeds of each setting together. */
export function ablationRows(runs: readonly GridRun<ConstraintFactors>[], judge: DiversityJudge): AblationRow[] {
  const measured = runs.map((run) => ({ ...run, diversity: judge.measure(run.result) }));
  const names = [...new Set(runs.map(({ factors }) => factors.constraints))];
  return names.map((constraints) => {
    const ofSetting = measured.filter(({ factors }) => factors.constraints === constraints);
    const each = measures.map(([title, of]) => {
      const values = ofSetting.map(of);
      return [title, { ...confidenceInterval(values), values }] as const;
    });
    return {
      constraints,
      seeds: ofSetting.length,
      measures: Object.fromEntries(each),
      runs: ofSetting.map(({ result }) => result.run),
    };
  });
}

/** A row a setting: mean and half width of the confidence interval of each measure. */
export function ablationTable(name: string, rows: readonly AblationRow[]): ReportTable {
  const columns = measures.flatMap(([title]) => [
    [title, rows.map((row) => rounded(row.measures[title].mean, 2))],
    [`+- (${title})`, rows.map((row) => rounded(row.measures[title].high - row.measures[title].mean, 2))],
  ]);
  return {
    name,
    runs: rows.flatMap(({ runs }) => runs),
    table: table({
      constraints: rows.map(({ constraints }) => constraints),
      seeds: rows.map(({ seeds }) => seeds),
      ...(Object.fromEntries(columns) as Record<string, number[]>),
    }),
  };
}

/** A panel a measure: a tick for every seed, the mean, and its 95 % confidence interval. */
export function ablationChart(rows: readonly AblationRow[], { caption }: { caption?: string } = {}): TopLevelSpec {
  const names = rows.map(({ constraints }) => constraints);
  const panels = measures.map(([title], place) => {
    const values = rows.map(({ constraints, measures: { [title]: measure } }) => ({ constraints, ...measure }));
    const y = {
      field: 'constraints',
      type: 'nominal',
      title: null,
      sort: names,
      ...(place === 0 ? {} : { axis: { labels: false, ticks: false } }),
    };
    return {
      width: (points(columnWidths.double) - 50 - labelWidth(names)) / measures.length,
      height: { step: 20 },
      layer: intervalLayers(values, {
        axis: { title, scale: { zero: false }, axis: { tickCount: 4, format: '.3~g' } },
        encoding: { y, color: { value: kindColours.HaBa } },
      }),
    };
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(
      [...(caption ? [caption] : []), 'ticks: seeds; lines: 95 % confidence intervals of the mean (t)'],
      points(columnWidths.double) - 20,
    ),
    padding: 2,
    hconcat: panels,
  } as unknown as TopLevelSpec;
}
