/** Accuracy of training sets side by side. */
import type { TopLevelSpec } from 'vega-lite';
import type { TestSplit } from '../evaluation/student-settings';
import type { RunResult } from '../runs/train-students';
import { runDetails } from './run-details';
import { accuracyTitle } from './students-column';
import { rowHeight, wholeLabels } from './labels';
import { columnWidth } from './style';
import { chartFrame, kindScales } from './theme';

/** A run, as tables take it, or accuracies as fractions; `label` is e.g. 'HaBa'. */
export type AccuracyRow =
  | { label: string; result: RunResult }
  | { label: string; accuracy: { mean: number; std: number; runs: number[] } };

export interface AccuracyChartOptions {
  caption?: string;
  /** Images that students were tested on. Default 'test'. */
  split?: TestSplit;
}

/**
 * A point for the mean of each set, a line for one standard deviation to both sides, a tick for every student. Of runs, seed, run
 * and configuration are shown where a reader points at them.
 */
export function accuracyChart(
  rows: AccuracyRow[],
  { caption, split = 'test' }: AccuracyChartOptions = {},
): TopLevelSpec {
  const labels = rows.map(({ label }) => label);
  const whole = wholeLabels(labels, 0.4 * columnWidth('single'));
  const color = {
    field: 'label',
    type: 'nominal' as const,
    legend: null,
    scale: kindScales(labels).colour,
  };
  const y = { field: 'label', type: 'nominal' as const, title: null, sort: labels, axis: whole.shown };
  const shown = rows.map((row) => ({
    label: row.label,
    details: 'result' in row ? runDetails(row.result) : {},
    accuracy: 'accuracy' in row ? row.accuracy : row.result.accuracy,
  }));
  const means = shown.map(({ label, details, accuracy: { mean, std } }) => ({
    label,
    ...details,
    percent: 100 * mean,
    low: 100 * (mean - std),
    high: 100 * (mean + std),
  }));
  const students = shown.flatMap(({ label, details, accuracy }) =>
    accuracy.runs.map((run, place) => ({
      label,
      student: place + 1,
      ...details,
      percent: 100 * run,
    })),
  );
  const drawn = [...students.map(({ percent }) => percent), ...means.flatMap(({ low, high }) => [low, high])];
  const x = { type: 'quantitative' as const, title: accuracyTitle([{ split }]), scale: scaleOver(drawn) };
  return {
    ...chartFrame([caption, 'lines: one deviation over students of one run; ticks: students'], columnWidth('single')),
    width: columnWidth('single') - 15 - whole.width,
    height: { step: rowHeight(whole, 20) },
    layer: [
      {
        data: { values: means },
        mark: { type: 'rule', strokeWidth: 1.2 },
        encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' }, color },
      },
      {
        data: { values: students },
        mark: { type: 'tick', opacity: 0.5, thickness: 1, size: 10 },
        encoding: { y, x: { field: 'percent', ...x }, color },
      },
      {
        data: { values: means },
        mark: { type: 'point', filled: true, size: 40, opacity: 1 },
        encoding: { y, x: { field: 'percent', ...x }, color },
      },
    ],
  };
}

/** Of accuracies in percent: where all are the same but for rounding, as on few test images, a percent to both sides of them. */
function scaleOver(percents: readonly number[]) {
  const [low, high] = [Math.min(...percents), Math.max(...percents)];
  return { zero: false, ...(high - low < 1e-6 ? { domain: [low - 1, high + 1] } : {}) };
}
