/** RQ2 as a table and charts: how far hallucinations lie apart, and what that buys. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { Diversity, DiversityJudge } from '../experiments/diversity-of-runs';
import type { GridRun } from '../experiments/grid';
import type { DiversityFactors } from '../experiments/questions/diversity';
import { intervalLayers } from './interval-layers';
import { rounded, type ReportTable } from './tables';
import { caption as captionUnder, columnWidths, kindColours, kindScales, points, theme } from './theme';

/** A run of the question, and how varied its training set is. */
export interface MeasuredRun extends GridRun<DiversityFactors> {
  diversity: Diversity;
}

/** Measures every set of the question with the features of its full-data run; the judge is the caller's. */
export function measureDiversity(runs: readonly GridRun<DiversityFactors>[], judge: DiversityJudge): MeasuredRun[] {
  return runs
    .filter(({ factors }) => factors.set !== 'full training set')
    .map((run) => ({ ...run, diversity: judge.measure(run.result) }));
}

/** Accuracy beside diversity, a set a row. */
export function diversityTable(name: string, runs: readonly MeasuredRun[]): ReportTable {
  const column = <T>(of: (run: MeasuredRun) => T) => runs.map(of);
  return {
    name,
    runs: column(({ result }) => result.run),
    table: table({
      'training set': column(({ factors }) => factors.set),
      hallucinators: column(({ factors }) => factors.hallucinators),
      'stored per class': column(({ factors }) => factors.perClass),
      'stored floats': column(({ result }) => result.storedFloats),
      'training images': column(({ diversity }) => diversity.images),
      'test accuracy (%)': column(({ result }) => rounded(100 * result.accuracy.mean, 1)),
      'deviation (%)': column(({ result }) => rounded(100 * result.accuracy.std, 1)),
      'spread of a basis': column(({ diversity }) => rounded(diversity.spreadOfBasis, 3)),
      'spread of a class': column(({ diversity }) => rounded(diversity.spreadOfClass, 3)),
      'effective rank': column(({ diversity }) => rounded(diversity.effectiveRank, 1)),
      'coverage (%)': column(({ diversity }) => rounded(100 * diversity.coverage, 1)),
    }),
  };
}

/** Accuracy, spread, rank and coverage against the number of hallucinators, a panel each; lines show images of equal floats. */
export function hallucinatorCountChart(
  runs: readonly MeasuredRun[],
  { caption }: { caption?: string } = {},
): TopLevelSpec {
  const haba = runs.filter(({ factors }) => factors.set === 'HaBa');
  const images = runs.find(({ factors }) => factors.set === 'images');
  const measures: [title: string, of: (run: MeasuredRun) => number[]][] = [
    ['test accuracy (%)', ({ result }) => result.accuracy.runs.map((run) => 100 * run)],
    ['spread of a basis', ({ diversity }) => [diversity.spreadOfBasis]],
    ['effective rank', ({ diversity }) => [diversity.effectiveRank]],
    ['coverage (%)', ({ diversity }) => [100 * diversity.coverage]],
  ];
  const x = {
    field: 'hallucinators',
    type: 'quantitative',
    title: 'hallucinators',
    axis: { values: haba.map(({ factors }) => factors.hallucinators), grid: false, format: 'd' },
    scale: { nice: false, padding: 8 },
  };
  const panels = measures.map(([title, of]) => {
    const rows = haba.map((run) => {
      const values = of(run);
      const mean = average(values);
      return {
        hallucinators: run.factors.hallucinators,
        mean,
        low: Math.min(...values),
        high: Math.max(...values),
        values,
      };
    });
    const axis = { title, scale: { zero: false } };
    const y = { field: 'mean', type: 'quantitative', ...axis };
    return {
      width: (points(columnWidths.double) - 160) / 2,
      height: 110,
      layer: [
        {
          data: { values: images ? [{ mean: average(of(images)) }] : [] },
          mark: { type: 'rule', strokeDash: [4, 3], color: kindColours.images },
          encoding: { y },
        },
        {
          data: { values: rows.map((row) => ({ ...row, values: undefined })) },
          mark: { type: 'line', strokeWidth: 0.8, opacity: 0.6, color: kindColours.HaBa },
          encoding: { x, y },
        },
        ...intervalLayers(rows, { along: 'y', axis, encoding: { x, color: { value: kindColours.HaBa } } }),
      ],
    };
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(
      [...(caption ? [caption] : []), 'dashed: images of equal floats'],
      points(columnWidths.double) - 20,
    ),
    padding: 2,
    vconcat: [{ hconcat: panels.slice(0, 2) }, { hconcat: panels.slice(2) }],
  } as unknown as TopLevelSpec;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface EmbeddingOptions {
  caption?: string;
  /** Real points drawn behind each panel. Default 500. */
  realPoints?: number;
}

/** Every set as a cloud over the real test images, in the plane in which those vary most. */
export function embeddingChart(
  runs: readonly MeasuredRun[],
  judge: DiversityJudge,
  { caption, realPoints = 500 }: EmbeddingOptions = {},
): TopLevelSpec {
  const real = judge.place('real').slice(0, realPoints);
  const kinds = [...new Set(runs.map(({ factors }) => factors.set))];
  const axisOf = (title: string) => ({ type: 'quantitative', title, axis: { grid: false, tickCount: 4 } });
  const [x, y] = [
    { field: 'x', ...axisOf('component 1') },
    { field: 'y', ...axisOf('component 2') },
  ];
  const panels = runs.map(({ factors, result }) => ({
    title: { text: factors.set, anchor: 'middle', fontSize: 8 },
    width: (points(columnWidths.double) - 180) / 3,
    height: (points(columnWidths.double) - 180) / 3,
    layer: [
      {
        data: { values: real.map(rough) },
        mark: { type: 'point', filled: true, size: 4, color: '#d0d0d0', opacity: 0.7 },
        encoding: { x, y },
      },
      {
        data: { values: judge.place(result).map(rough) },
        mark: {
          type: 'point',
          filled: true,
          size: 9,
          opacity: 0.8,
          color: kindScales(kinds).colour.range[kinds.indexOf(factors.set)],
        },
        encoding: { x, y },
      },
    ],
  }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(
      [...(caption ? [caption] : []), 'grey: real test images; axes: their first two principal components'],
      points(columnWidths.double) - 20,
    ),
    padding: 2,
    hconcat: panels,
    resolve: { scale: { x: 'shared', y: 'shared' } },
  } as unknown as TopLevelSpec;
}

/** Two digits are more than a point's width shows, and keep the figure's file small. */
function rough({ x, y }: { x: number; y: number }) {
  return { x: rounded(x, 2), y: rounded(y, 2) };
}
