/** Learning curves as a chart. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec, UnitSpec } from 'vega-lite/build/src/spec';
import { mean } from 'simple-statistics';
import { wholeLegend } from '../../report/labels';
import { percentInterval, recipesOf, resultsOf } from '../../report/over-seeds';
import { togetherDetails } from '../../report/run-details';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { columnWidth } from '../../report/style';
import { chartFrame, kindScales } from '../../report/theme';
import { curveGroups, type CurveAxis, type CurvePoint } from './measure';

export interface CurvesChartOptions {
  caption?: string;
  /** What accuracy is drawn against: iterations, or the seconds that they took, on average over seeds. Default 'iterations'. */
  against?: CurveAxis;
}

/** A row of panels a loss, a column a budget: the mean over seeds of each kind of set, and the band of its 95 % interval over them. */
export function learningCurvesChart(
  points: readonly CurvePoint[],
  { caption, against = 'iterations' }: CurvesChartOptions = {},
): TopLevelSpec {
  const groups = curveGroups(points.filter(({ factors }) => factors.iteration > 0));
  const rows = groups.map((group) => {
    const { mean: centre, low, high, of } = percentInterval(resultsOf(group));
    const { method, kind, budget, iteration } = group.setting;
    const seconds = mean(group.runs.map((run) => run.seconds));
    const seeds = group.runs.length;
    return { method, kind, budget, iteration, seconds, mean: centre, low, high, seeds, ...togetherDetails(of) };
  });
  const distinct = <T>(of: (factors: CurvePoint['factors']) => T) => [
    ...new Set(points.map(({ factors }) => of(factors))),
  ];
  const [methods, budgets, kinds] = [
    distinct((one) => one.method),
    distinct((one) => one.budget),
    distinct((one) => one.kind),
  ];
  const recipes = recipesOf(resultsOf({ runs: points }));
  const width = columnWidth('double') - 20;
  const panelWidth = (width - 40 * budgets.length) / budgets.length;
  const panels = methods.map((method) => {
    const inRow = budgets.flatMap((budget): LayerSpec<string>[] => {
      const values = rows.filter((row) => row.method === method && row.budget === budget);
      if (values.length === 0) return [];
      const title = `${method}, ${budget} ${budget === 1 ? 'image' : 'images'} a class`;
      return [
        {
          title: { text: title, anchor: 'middle' },
          width: panelWidth,
          height: 110,
          layer: layersOf(values, { kinds, against, title: accuracyTitle(recipes), legendWidth: width }),
        },
      ];
    });
    return { hconcat: inRow, resolve: { scale: { y: 'shared' as const } } };
  });
  const counts = rows.map(({ seeds }) => seeds);
  return {
    ...chartFrame([caption, studentsSentence(recipes), bandSentence(counts)], width),
    vconcat: panels,
  };
}

type Row = { kind: string; iteration: number; seconds: number; mean: number; low: number; high: number };

interface LayersOptions {
  kinds: readonly string[];
  against: CurveAxis;
  /** Of the axis of accuracies. */
  title: string;
  legendWidth: number;
}

function layersOf(values: readonly Row[], { kinds, against, title, legendWidth }: LayersOptions): UnitSpec<string>[] {
  const scales = kindScales(kinds);
  // A band is faint, what it is called is not.
  const legend = { orient: 'bottom' as const, symbolOpacity: 1, ...wholeLegend(kinds, legendWidth) };
  const field = against === 'iterations' ? 'iteration' : 'seconds';
  const at = values.map((row) => row[field]);
  const x = {
    field,
    type: 'quantitative' as const,
    title: against === 'iterations' ? 'iteration' : 'seconds of distillation',
    scale: { type: 'log' as const, nice: false, padding: 8 },
    axis: { values: roundPositions(Math.min(...at), Math.max(...at)), format: '~s', grid: false },
  };
  const y = { type: 'quantitative' as const, title, scale: { zero: false } };
  const color = { field: 'kind', type: 'nominal' as const, title: null, scale: scales.colour, legend };
  const layers: UnitSpec<string>[] = [
    {
      data: { values: values.filter(({ low, high }) => high > low) },
      mark: { type: 'area', opacity: 0.18, tooltip: null },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color },
    },
    {
      data: { values: [...values] },
      mark: { type: 'line', strokeWidth: 1.2, tooltip: null },
      encoding: { x, y: { ...y, field: 'mean' }, color },
    },
    {
      data: { values: [...values] },
      mark: { type: 'point', filled: true, size: 30, opacity: 1 },
      encoding: {
        ...{ x, y: { ...y, field: 'mean' }, color },
        shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape, legend },
      },
    },
  ];
  // Vega warns of a layer without values: of bands where there is one seed.
  return layers.filter(({ data }) => (data as { values: unknown[] }).values.length > 0);
}

/** Ones and threes of every decade that lie in a stretch; its ends where there are none. */
function roundPositions(low: number, high: number): number[] {
  const decades = Array.from({ length: 16 }, (_, power) => 10 ** (power - 4));
  const inside = decades.flatMap((ten) => [ten, 3 * ten]).filter((one) => one >= low * 0.999 && one <= high * 1.001);
  return inside.length > 1 ? inside : [low, high];
}

function bandSentence(counts: readonly number[]): string {
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return 'one seed: points are means over its students, without interval';
  const seeds = fewest === most ? `${most}` : `${fewest} to ${most}`;
  return `points: means over ${seeds} seeds; bands: their 95 % confidence intervals over seeds (t)`;
}
