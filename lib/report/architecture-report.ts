/** RQ3 as a table and a chart: students of other networks. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { GridRun } from '../experiments/grid';
import type { ArchitectureFactors } from '../experiments/questions/cross-architecture';
import { accuracyInterval } from './confidence';
import { intervalLayers } from './interval-layers';
import { rounded, type ReportTable } from './tables';
import { caption as captionUnder, columnWidths, kindScales, points, theme } from './theme';

type ArchitectureRuns = readonly GridRun<ArchitectureFactors>[];

const percent = (fraction: number) => rounded(100 * fraction, 1);

/** A row a network; for every kind of set mean and deviation, and how far HaBa is ahead of images. */
export function architectureTable(name: string, runs: ArchitectureRuns): ReportTable {
  const networks = [...new Set(runs.map(({ factors }) => factors.network))];
  const kinds = [...new Set(runs.map(({ factors }) => factors.kind))];
  const at = (network: string, kind: string) =>
    runs.find(({ factors }) => factors.network === network && factors.kind === kind)!.result.accuracy;
  const columns = kinds.flatMap((kind) => [
    [`${kind} (%)`, networks.map((network) => percent(at(network, kind).mean))],
    [`deviation of ${kind}`, networks.map((network) => percent(at(network, kind).std))],
  ]);
  const gain = networks.map((network) => percent(at(network, 'HaBa').mean - at(network, 'images').mean));
  return {
    name,
    runs: runs.map(({ result }) => result.run),
    table: table({
      network: networks,
      students: networks.map((network) => at(network, 'HaBa').runs.length),
      ...(Object.fromEntries(columns) as Record<string, number[]>),
      'HaBa less images (%)': gain,
    }),
  };
}

/** Accuracy by network, a colour and shape a kind of set. */
export function architectureChart(runs: ArchitectureRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const networks = [...new Set(runs.map(({ factors }) => factors.network))];
  const kinds = [...new Set(runs.map(({ factors }) => factors.kind))];
  const rows = runs.map(({ factors: { network, kind }, result: { accuracy } }) => ({
    network,
    kind,
    ...accuracyInterval(accuracy),
  }));
  const scales = kindScales(kinds);
  const encoding = {
    y: { field: 'network', type: 'nominal', title: null, sort: networks },
    yOffset: { field: 'kind', type: 'nominal', sort: kinds },
    color: { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend: { orient: 'top', columns: 3 } },
  };
  const pointEncoding = { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape } };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(caption ? [caption] : [], points(columnWidths.single)),
    padding: 2,
    width: points(columnWidths.single) - 70,
    height: { step: 11 },
    layer: intervalLayers(rows, {
      axis: { title: 'test accuracy (%)', scale: { zero: false } },
      encoding,
      pointEncoding,
    }),
  } as unknown as TopLevelSpec;
}
