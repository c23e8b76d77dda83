/** What tuning came to, as a table and a chart. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { GridRun } from '../experiments/grid';
import type { TunedPart, TuningFactors } from '../experiments/questions/tuning';
import { accuracyInterval } from './confidence';
import { intervalLayers } from './interval-layers';
import { rounded, type ReportTable } from './tables';
import { caption as captionUnder, columnWidths, kindScales, points, theme } from './theme';

type TuningRuns = readonly GridRun<TuningFactors>[];

/** A row a setting that was tried; the best of each kind, over all settings, is marked. */
export function tuningTable(name: string, runs: TuningRuns): ReportTable {
  const bestOf = (kind: string) =>
    Math.max(...runs.filter(({ factors }) => factors.kind === kind).map(({ result }) => result.accuracy.mean));
  const column = <T>(of: (run: GridRun<TuningFactors>) => T) => runs.map(of);
  return {
    name,
    runs: [...new Set(column(({ result }) => result.run))],
    table: table({
      'training set': column(({ factors }) => factors.kind),
      setting: column(({ factors }) => factors.part),
      // Rates and counts in one column: as text, each keeps its own digits.
      value: column(({ factors }) => String(factors.value)),
      default: column(({ factors }) => (factors.isDefault ? 'yes' : '')),
      'test accuracy (%)': column(({ result }) => rounded(100 * result.accuracy.mean, 1)),
      'deviation (%)': column(({ result }) => rounded(100 * result.accuracy.std, 1)),
      students: column(({ result }) => result.accuracy.runs.length),
      best: column(({ factors, result }) => (result.accuracy.mean === bestOf(factors.kind) ? 'yes' : '')),
    }),
  };
}

/** A panel a setting: accuracy against its value, a colour and shape a kind of set. */
export function tuningChart(runs: TuningRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const parts = [...new Set(runs.map(({ factors }) => factors.part))];
  const kinds = [...new Set(runs.map(({ factors }) => factors.kind))];
  const scales = kindScales(kinds);
  // One scale for all panels.
  const accuracies = runs.flatMap(({ result }) => result.accuracy.runs).map((accuracy) => 100 * accuracy);
  const domain = [Math.floor(Math.min(...accuracies)), Math.ceil(Math.max(...accuracies))];
  const panels = parts.map((part) => panelOf(part, runs, { scales, domain }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(caption ? [caption] : [], points(columnWidths.double) - 20),
    padding: 2,
    vconcat: [{ hconcat: panels.slice(0, 2) }, ...(panels.length > 2 ? [{ hconcat: panels.slice(2) }] : [])],
  } as unknown as TopLevelSpec;
}

interface PanelOptions {
  scales: ReturnType<typeof kindScales>;
  /** Of accuracies, in percent. */
  domain: number[];
}

function panelOf(part: TunedPart, runs: TuningRuns, { scales, domain }: PanelOptions) {
  const tried = runs.filter(({ factors }) => factors.part === part);
  const rows = tried.map(({ factors, result: { accuracy } }) => ({
    kind: factors.kind,
    setting: factors.value,
    ...accuracyInterval(accuracy),
  }));
  const axis = { title: 'test accuracy (%)', scale: { domain } };
  const x = {
    field: 'setting',
    type: 'quantitative',
    title: part,
    scale: { type: 'log', nice: false, padding: 10 },
    axis: { values: [...new Set(rows.map(({ setting }) => setting))], grid: false, format: '~g' },
  };
  const color = { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend: { orient: 'top' } };
  return {
    width: (points(columnWidths.double) - 160) / 2,
    height: 100,
    layer: [
      {
        data: { values: rows.map((row) => ({ ...row, values: undefined })) },
        mark: { type: 'line', strokeWidth: 0.8, opacity: 0.6 },
        encoding: { x, y: { field: 'mean', type: 'quantitative', ...axis }, color },
      },
      ...intervalLayers(rows, {
        along: 'y',
        axis,
        encoding: { x, color },
        pointEncoding: { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape } },
      }),
    ],
  };
}
