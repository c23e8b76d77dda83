/** Differences within seeds as a chart: how far settings are ahead of their baseline, and whether an interval leaves 0 out. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { PairedDifference } from './paired';
import { rowHeight, wholeLabels, type WholeLabels } from './labels';
import { togetherDetails, type RunDetails } from './run-details';
import { columnWidth } from './style';
import { chartFrame } from './theme';

/** A setting in such a chart. */
export interface DifferenceRow {
  label: string;
  /** E.g. of `kindColours`. */
  colour: string;
  difference: PairedDifference;
  /** Runs of the setting and of its baseline, a seed each: shown where a reader points at a mark. Default: seeds alone. */
  of?: readonly RunDetails[];
  baseline?: readonly RunDetails[];
}

/** Settings with one baseline, measured by one measure. */
export interface DifferencePanel {
  /** Above the panel. Default: nothing. */
  title?: string;
  /** Of the axis, with its unit, e.g. 'ahead of images (%)': short, for a narrow panel. */
  axis: string;
  /** Factor on the differences, e.g. 100 for fractions in percent. Default 1. */
  scale?: number;
  rows: readonly DifferenceRow[];
}

export interface DifferenceChartOptions {
  /** Paragraphs under the chart, before what points and lines are; what is missing is left out. Default: none. */
  captions?: readonly (string | undefined)[];
  /** Whether all panels have one scale. Default false: measures of different units. */
  shared?: boolean;
}

/**
 * Panels one below the other, a column wide: a rule at 0, for each setting its mean difference, the interval, and a tick a seed.
 * @throws RangeError where there is nothing to show
 */
export function differenceChart(
  panels: readonly DifferencePanel[],
  { captions = [], shared = false }: DifferenceChartOptions = {},
): TopLevelSpec {
  const rows = panels.flatMap((panel) => panel.rows);
  if (rows.length === 0) {
    throw new RangeError(
      'differenceChart: expected at least one setting with a baseline that it is compared with, got none.',
    );
  }
  const whole = wholeLabels(
    rows.map(({ label }) => label),
    0.45 * columnWidth('single'),
  );
  return {
    ...chartFrame([...captions, differencesSentence(rows.map(({ difference }) => difference))], columnWidth('single')),
    vconcat: panels.map((panel) => panelOf(panel, whole)),
    resolve: { scale: { x: shared ? 'shared' : 'independent' } },
  };
}

function panelOf({ title, axis, scale = 1, rows }: DifferencePanel, whole: WholeLabels): LayerSpec<string> {
  const labels = rows.map(({ label }) => label);
  const x = { type: 'quantitative' as const, title: axis, axis: { tickCount: 4 }, scale: { nice: false, padding: 8 } };
  const y = {
    field: 'label',
    type: 'nominal' as const,
    title: null,
    scale: { domain: labels },
    axis: { minExtent: whole.width, ...whole.shown },
  };
  const color = { field: 'colour', type: 'nominal' as const, scale: null };
  const means = rows.flatMap(({ label, colour, difference: { mean }, ...row }) =>
    mean === undefined ? [] : [{ label, colour, ...pairsOf(row), mean: scale * mean }],
  );
  const intervals = rows.flatMap(({ label, colour, difference: { interval }, ...row }) =>
    interval ? [{ label, colour, ...pairsOf(row), low: scale * interval.low, high: scale * interval.high }] : [],
  );
  const seeds = rows.flatMap(({ label, colour, difference: { differences }, ...row }) =>
    differences.map(({ seed, value }) => ({ label, colour, ...pairsOf(row, seed), value: scale * value })),
  );
  return {
    ...(title === undefined ? {} : { title: { text: title, anchor: 'start', fontSize: 8 } }),
    width: columnWidth('single') - 25 - whole.width,
    height: { step: rowHeight(whole, 14) },
    layer: [
      {
        data: { values: [{ none: 0 }] },
        mark: { type: 'rule' as const, strokeWidth: 0.8, color: '#707070' },
        encoding: { x: { ...x, field: 'none' } },
      },
      {
        data: { values: intervals },
        mark: { type: 'rule' as const, strokeWidth: 1.2 },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color },
      },
      {
        data: { values: seeds },
        mark: { type: 'tick' as const, opacity: 0.5, thickness: 1, size: 8, orient: 'vertical' as const },
        encoding: { x: { ...x, field: 'value' }, y, color },
      },
      {
        data: { values: means },
        mark: { type: 'point' as const, filled: true, size: 40, opacity: 1 },
        encoding: { x: { ...x, field: 'mean' }, y, color },
      },
      // Vega warns of a layer without values, e.g. of intervals where there is one seed.
    ].filter(({ data }) => data.values.length > 0),
  };
}

/** The runs of a pair, or of all pairs. */
function pairsOf({ of = [], baseline = [] }: Pick<DifferenceRow, 'of' | 'baseline'>, only?: number) {
  if (baseline.length === 0) return { seed: only };
  const paired = (own: readonly RunDetails[], others: readonly RunDetails[]) =>
    own.filter(({ seed }) => (only === undefined ? others.some((other) => other.seed === seed) : seed === only));
  return {
    ...togetherDetails(paired(of, baseline)),
    'baseline run': togetherDetails(paired(baseline, of)).run,
  };
}

/** For captions: what points, lines and ticks are, over how many pairs, and what could not be paired. */
export function differencesSentence(differences: readonly PairedDifference[]): string {
  const counts = differences.map(({ differences: { length } }) => length);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const leftOut = new Set(differences.flatMap((difference) => difference.leftOut)).size;
  const without =
    leftOut === 0
      ? ''
      : `; ${leftOut} ${leftOut === 1 ? 'seed is' : 'seeds are'} not on both sides of a pair and left out`;
  if (most <= 1) return `points: differences within one seed, without interval${without}`;
  const seeds = fewest === most ? `${most}` : `${fewest} to ${most}`;
  return `points: mean differences within ${seeds} seeds; lines: their 95 % confidence intervals over seeds (paired t); ticks: seeds${without}`;
}
