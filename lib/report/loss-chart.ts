/** Learning curves of distillation. */
import type { TopLevelSpec } from 'vega-lite';
import { columnWidths, kindColours, points, theme } from './theme';

export interface LossCurve {
  /** What the line is called, e.g. 'HaBa'. */
  label: string;
  metrics: { iteration: number; loss: number }[];
}

export interface LossChartOptions {
  /** Iterations that each point averages, which tells the trend from the draws' noise. Default 10. */
  window?: number;
  /** Under the chart: the settings. */
  caption?: string;
}

/** Task loss against iterations, one line a set, averaged over windows of iterations. */
export function lossChart(curves: LossCurve[], { window = 10, caption }: LossChartOptions = {}): TopLevelSpec {
  const values = curves.flatMap(({ label, metrics }) =>
    averaged(metrics, window).map((point) => ({ label, ...point })),
  );
  const labels = curves.map(({ label }) => label);
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    width: points(columnWidths.single) - 60,
    height: 130,
    title: caption ? { text: caption, orient: 'bottom', fontSize: 7, offset: 4 } : undefined,
    padding: 2,
    data: { values },
    mark: { type: 'line', interpolate: 'monotone' },
    encoding: {
      x: { field: 'iteration', type: 'quantitative', title: 'iteration' },
      y: {
        field: 'loss',
        type: 'quantitative',
        title: `matching loss (mean of ${window} iterations)`,
        scale: { zero: false },
      },
      color: {
        field: 'label',
        type: 'nominal',
        title: null,
        scale: { domain: labels, range: labels.map((label) => kindColours[label] ?? '#000000') },
        legend: { orient: 'top', offset: 4, symbolSize: 300 },
      },
      strokeDash: { field: 'label', type: 'nominal', title: null, scale: { domain: labels } },
    },
  };
}

function averaged(metrics: LossCurve['metrics'], window: number): { iteration: number; loss: number }[] {
  const points: { iteration: number; loss: number }[] = [];
  for (let first = 0; first < metrics.length; first += window) {
    const part = metrics.slice(first, first + window);
    const loss = part.reduce((sum, point) => sum + point.loss, 0) / part.length;
    points.push({ iteration: part[part.length - 1].iteration, loss });
  }
  return points;
}
