/** Learning curves of distillation. */
import type { TopLevelSpec } from 'vega-lite';
import { readMetrics } from '../runs/run-files';
import type { RunResult } from '../runs/train-students';
import { runDetails, type RunDetails } from './run-details';
import { wholeLegend } from './labels';
import { columnWidth } from './style';
import { chartFrame, kindScales } from './theme';

/** Of lines, in the order of the legend: told apart in grey. */
const dashes = [
  [1, 0],
  [4, 2],
  [2, 1],
  [1, 1],
  [6, 2, 1, 2],
  [1, 2],
];

type Metrics = { iteration: number; loss: number }[];

/** A run, whose losses are read from its folder, or losses; `label` is what the line is called, e.g. 'HaBa'. */
export type LossCurve = { label: string; result: RunResult; metrics?: Metrics } | { label: string; metrics: Metrics };

export interface LossChartOptions {
  /** Iterations that each point averages, which tells the trend from the draws' noise. Default a twentieth, at most 10. */
  window?: number;
  /** Under the chart: the settings. */
  caption?: string;
  /** Of the axis of losses. Default 'matching loss'. */
  title?: string;
}

/**
 * Task loss against iterations, one line a set, averaged over windows of iterations. Of runs, seed, run and configuration are shown
 * where a reader points at their line.
 */
export function lossChart(given: LossCurve[], options: LossChartOptions = {}): TopLevelSpec {
  const curves = given.map((curve) => ({
    label: curve.label,
    details: 'result' in curve ? runDetails(curve.result) : undefined,
    metrics: curve.metrics ?? readMetrics((curve as { result: RunResult }).result.run),
  }));
  const shortest = Math.min(...curves.map(({ metrics }) => metrics.length));
  const { window = Math.max(1, Math.min(10, Math.floor(shortest / 20))), caption, title = 'matching loss' } = options;
  const values = curves.flatMap(({ label, metrics }) =>
    averaged(metrics, window).map((point) => ({ label, ...point })),
  );
  // No more ticks than whole steps: there is no iteration 1.5.
  const iterations = values.map(({ iteration }) => iteration);
  const span = Math.max(...iterations) - Math.min(...iterations);
  const labels = curves.map(({ label }) => label);
  const details = curves.flatMap((curve) => (curve.details ? [{ label: curve.label, ...curve.details }] : []));
  const told = ['seed', 'run', 'configuration'] as const satisfies readonly (keyof RunDetails)[];
  return {
    ...chartFrame([caption, window > 1 ? `mean of ${window} iterations` : undefined], columnWidth('single') - 20),
    width: columnWidth('single'),
    height: 130,
    autosize: { type: 'fit-x', contains: 'padding' },
    data: { values },
    // A line is of many points: it tells what is the same of all, which stands once in the chart.
    ...(details.length > 0 && {
      transform: [{ lookup: 'label', from: { data: { values: details }, key: 'label', fields: [...told] } }],
    }),
    mark: 'line',
    encoding: {
      tooltip: ['label' as const, ...(details.length > 0 ? told : [])].map((field) => ({
        field,
        type: 'nominal' as const,
      })),
      x: { field: 'iteration', type: 'quantitative', title: 'iteration', axis: { tickCount: Math.min(4, span) } },
      y: {
        field: 'loss',
        type: 'quantitative',
        title,
        scale: { zero: false },
      },
      color: {
        field: 'label',
        type: 'nominal',
        title: null,
        scale: kindScales(labels).colour,
        legend: {
          orient: 'top',
          offset: 4,
          symbolSize: 300,
          ...wholeLegend(labels, columnWidth('single') - 20, { symbol: 20 }),
        },
      },
      strokeDash: {
        field: 'label',
        type: 'nominal',
        title: null,
        scale: { domain: labels, range: labels.map((_, place) => dashes[place % dashes.length]) },
      },
    },
  };
}

function averaged(metrics: Metrics, window: number): { iteration: number; loss: number }[] {
  const points: { iteration: number; loss: number }[] = [];
  for (let first = 0; first < metrics.length; first += window) {
    const part = metrics.slice(first, first + window);
    const loss = part.reduce((sum, point) => sum + point.loss, 0) / part.length;
    points.push({ iteration: part[part.length - 1].iteration, loss });
  }
  return points;
}
