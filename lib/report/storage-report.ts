/** RQ1 as tables and a chart: what accuracy a stored float buys. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { GridRun } from '../experiments/grid';
import { setKinds } from '../experiments/questions/sets-at-budget';
import type { StorageFactors } from '../experiments/questions/storage-efficiency';
import { accuracyInterval } from './confidence';
import { intervalLayers } from './interval-layers';
import { publishedAccuracies, type PublishedAccuracy } from './published';
import { rounded, type ReportTable } from './tables';
import { caption as captionUnder, columnWidths, kindScales, points, theme } from './theme';

type StorageRuns = readonly GridRun<StorageFactors>[];

/** Accuracy and storage of every set, ordered as the runs were. */
export function storageTable(name: string, runs: StorageRuns): ReportTable {
  const column = <T>(of: (run: GridRun<StorageFactors>) => T) => runs.map(of);
  return {
    name,
    runs: column(({ result }) => result.run),
    table: table({
      method: column(({ factors }) => factors.method),
      'training set': column(({ factors }) => factors.kind),
      'budget (images per class)': column(({ factors }) => factors.budget),
      'stored floats': column(({ result }) => result.storedFloats),
      'images per class': column(({ result }) => rounded(result.imagesPerClass, 2)),
      'test accuracy (%)': column(({ result }) => rounded(100 * result.accuracy.mean, 1)),
      'deviation (%)': column(({ result }) => rounded(100 * result.accuracy.std, 1)),
      students: column(({ result }) => result.accuracy.runs.length),
      seconds: column(({ result }) => Math.round(result.seconds)),
    }),
  };
}

/**
 * For each set with hallucinators or multi-formation: the floats that plain images of the same method need for its accuracy, read
 * off the line between their measurements (over the logarithm of floats), and which fraction of them the set stores.
 */
export function equalAccuracyTable(name: string, runs: StorageRuns): ReportTable {
  const rows = runs
    .filter(({ factors }) => factors.method !== 'none' && factors.kind !== 'images')
    .map(({ factors, result }) => {
      const curve = runs
        .filter((other) => other.factors.kind === 'images' && other.factors.method === factors.method)
        .map((other) => ({ floats: other.result.storedFloats, accuracy: other.result.accuracy.mean }));
      const needed = floatsForAccuracy(curve, result.accuracy.mean);
      return {
        method: factors.method,
        'training set': factors.kind,
        'stored floats': result.storedFloats,
        'test accuracy (%)': rounded(100 * result.accuracy.mean, 1),
        'floats of images for this accuracy': typeof needed === 'number' ? String(Math.round(needed)) : needed,
        'fraction of them': typeof needed === 'number' ? (result.storedFloats / needed).toFixed(2) : '',
      };
    });
  const names = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
  const columns = Object.fromEntries(names.map((key) => [key, rows.map((row) => row[key])]));
  return { name, runs: runs.map(({ result }) => result.run), table: table(columns) };
}

/**
 * Floats at which a curve reaches an accuracy.
 * @param curve measurements, in any order
 * @returns floats, interpolated between the two measurements around it, over the logarithm of floats; or, where the curve does
 * not reach so far, 'more than N' or 'less than N'
 */
export function floatsForAccuracy(
  curve: readonly { floats: number; accuracy: number }[],
  accuracy: number,
): number | string {
  const ordered = [...curve].sort((first, second) => first.floats - second.floats);
  if (ordered.length === 0) return 'not measured';
  if (accuracy < ordered[0].accuracy) return `less than ${ordered[0].floats}`;
  for (const [place, next] of ordered.entries()) {
    if (accuracy > next.accuracy) continue;
    if (place === 0) return next.floats;
    const before = ordered[place - 1];
    const share = (accuracy - before.accuracy) / (next.accuracy - before.accuracy);
    return Math.exp(Math.log(before.floats) + share * Math.log(next.floats / before.floats));
  }
  return `more than ${ordered[ordered.length - 1].floats}`;
}

/** What papers report for a dataset, each with its source. */
export function publishedTable(name: string, dataset: string): ReportTable {
  const rows = publishedAccuracies.filter((row) => row.dataset === dataset);
  const column = <T>(of: (row: PublishedAccuracy) => T) => rows.map(of);
  return {
    name,
    runs: [],
    table: table({
      'method (published)': column(({ method }) => method),
      'nominal images per class': column(({ nominalImagesPerClass }) => nominalImagesPerClass),
      'images per class, all floats': column(({ imagesPerClass }) => rounded(imagesPerClass, 2)),
      'test accuracy (%)': column(({ accuracy }) => rounded(100 * accuracy, 1)),
      source: column(({ source }) => source),
    }),
  };
}

/** Accuracy against stored floats, one panel a method, a colour and shape a kind of set. */
export function storageChart(runs: StorageRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const random = runs.filter(({ factors }) => factors.method === 'none');
  const methods = [...new Set(runs.map(({ factors }) => factors.method))].filter((method) => method !== 'none');
  const present = new Set(runs.map(({ factors }) => factors.kind));
  const kinds = (['random real images', ...setKinds] as const).filter((kind) => present.has(kind));
  const scales = kindScales(kinds);
  const legend = { orient: 'bottom', columns: 3 };
  const panels = methods.map((method) => {
    const shown = [...runs.filter(({ factors }) => factors.method === method), ...random];
    const rows = shown.map(({ factors, result: { accuracy, imagesPerClass } }) => ({
      kind: factors.kind,
      imagesPerClass,
      ...accuracyInterval(accuracy),
    }));
    const encoding = {
      x: {
        field: 'imagesPerClass',
        type: 'quantitative',
        title: 'stored floats, in images per class',
        scale: { type: 'log', nice: false, padding: 8 },
        axis: { values: [1, 2, 3, 5, 10, 20, 50], grid: false },
      },
      color: { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend },
    };
    const pointEncoding = { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape, legend } };
    const axis = { title: 'test accuracy (%)', scale: { zero: false } };
    return {
      title: { text: method, anchor: 'middle' },
      width: (points(columnWidths.double) - 110) / 2,
      height: 170,
      layer: [
        {
          data: { values: rows.map((row) => ({ ...row, values: undefined })) },
          mark: { type: 'line', strokeWidth: 0.8, opacity: 0.6 },
          encoding: { ...encoding, y: { field: 'mean', type: 'quantitative', ...axis } },
        },
        ...intervalLayers(rows, { along: 'y', axis, encoding, pointEncoding }),
      ],
    };
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
    title: captionUnder(caption ? [caption] : [], points(columnWidths.double) - 20),
    padding: 2,
    hconcat: panels,
    resolve: { scale: { y: 'shared' } },
  } as unknown as TopLevelSpec;
}
