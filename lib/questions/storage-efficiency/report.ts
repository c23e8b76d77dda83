/** RQ1 as tables and charts: what accuracy a stored float buys. */
import { from, table } from 'arquero';
import { mean } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { GridRun } from '../../runs/grid';
import { setKinds } from '../sets-at-budget';
import type { StorageFactors } from './grid';
import { groupSeeds, type Setting } from '../../report/seed-groups';
import { differenceChart } from '../../report/difference-chart';
import { intervalLayers } from '../../report/interval-layers';
import { publishedAccuracies, type PublishedAccuracy } from './published';
import { rounded } from '../../report/number-text';
import {
  accuracyColumns,
  accuracyDifferences,
  accuracyOverSeeds,
  differenceColumns,
  foldersOf,
  percentInterval,
  recipesOf,
  resultsOf,
  seedsSentence,
} from '../../report/over-seeds';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';
import { chartFrame, columnWidths, kindColours, kindScales, points } from '../../report/theme';

type StorageRuns = readonly GridRun<StorageFactors>[];

/** Images under the same method in the same budget are what a set is compared with; random images, under no method, with nothing. */
function imagesOf({ method, budget }: Setting<StorageFactors>): Partial<Setting<StorageFactors>> | undefined {
  return method === 'none' ? undefined : { method, budget, kind: 'images' };
}

/** Accuracy and storage of every set over its seeds, and how far it is ahead of images; ordered as the runs were. */
export function storageTable(name: string, runs: StorageRuns): ReportTable {
  const groups = groupSeeds(runs);
  const results = groups.map(resultsOf);
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      method: groups.map(({ setting }) => setting.method),
      'training set': groups.map(({ setting }) => setting.kind),
      'budget (images per class)': groups.map(({ setting }) => setting.budget),
      'stored floats': results.map(([{ storedFloats }]) => storedFloats),
      'images per class': results.map(([{ imagesPerClass }]) => rounded(imagesPerClass, 2)),
      ...accuracyColumns(results),
      ...differenceColumns(
        accuracyDifferences(groups, imagesOf).map(({ difference }) => difference),
        { baseline: 'images' },
      ),
      'seconds of a run': results.map((own) => Math.round(mean(own.map(({ seconds }) => seconds)))),
    }),
  };
}

/**
 * For each set with hallucinators or multi-formation: the floats that plain images of the same method need for its accuracy, read
 * off the line between their measurements (over the logarithm of floats), and which fraction of them the set stores. Accuracies
 * are means over seeds.
 */
export function equalAccuracyTable(name: string, runs: StorageRuns): ReportTable {
  const groups = groupSeeds(runs).map((group) => ({
    ...group.setting,
    floats: group.runs[0].result.storedFloats,
    accuracy: accuracyOverSeeds(resultsOf(group)).mean,
    seeds: group.runs.length,
  }));
  const title = accuracyTitle(recipesOf(resultsOf({ runs })));
  const rows = groups
    .filter(({ method, kind }) => method !== 'none' && kind !== 'images')
    .map(({ method, kind, floats, accuracy, seeds }) => {
      const curve = groups.filter((other) => other.kind === 'images' && other.method === method);
      const needed = floatsForAccuracy(curve, accuracy);
      return {
        method,
        'training set': kind,
        'stored floats': floats,
        [title]: rounded(100 * accuracy, 1),
        seeds,
        'floats of images for this accuracy': typeof needed === 'number' ? String(Math.round(needed)) : needed,
        'fraction of them': typeof needed === 'number' ? (floats / needed).toFixed(2) : '',
      };
    });
  return { name, runs: foldersOf(resultsOf({ runs })), table: from(rows) };
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
  const groups = groupSeeds(runs);
  const random = groups.filter(({ setting }) => setting.method === 'none');
  const methods = methodsOf(runs);
  const present = new Set(runs.map(({ factors }) => factors.kind));
  const kinds = (['random real images', ...setKinds] as const).filter((kind) => present.has(kind));
  const scales = kindScales(kinds);
  const recipes = recipesOf(resultsOf({ runs }));
  const legend = { orient: 'bottom' as const, columns: 3 };
  const panels = methods.map((method): LayerSpec<string> => {
    const shown = [...groups.filter(({ setting }) => setting.method === method), ...random];
    const rows = shown.map((group) => ({
      kind: group.setting.kind,
      imagesPerClass: group.runs[0].result.imagesPerClass,
      ...percentInterval(resultsOf(group)),
    }));
    return {
      title: { text: method, anchor: 'middle' },
      width: (points(columnWidths.double) - 110) / 2,
      height: 170,
      layer: intervalLayers(rows, {
        along: 'y',
        axis: { title: accuracyTitle(recipes), scale: { zero: false } },
        joined: true,
        encoding: {
          x: {
            field: 'imagesPerClass',
            type: 'quantitative',
            title: 'stored floats, in images per class',
            scale: { type: 'log', nice: false, padding: 8 },
            axis: { values: [1, 2, 3, 5, 10, 20, 50], grid: false },
          },
          color: { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend },
        },
        pointEncoding: { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape, legend } },
      }),
    };
  });
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map(({ runs: { length } }) => length))],
      points(columnWidths.double) - 20,
    ),
    hconcat: panels,
    resolve: { scale: { y: 'shared' } },
  };
}

/** How far each set is ahead of images of the same method in the same budget, within seeds; a panel a method and budget. */
export function storageDifferenceChart(runs: StorageRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const comparisons = accuracyDifferences(groupSeeds(runs), imagesOf);
  const recipes = recipesOf(resultsOf({ runs }));
  const budgets = [...new Set(runs.map(({ factors }) => factors.budget))];
  const panels = methodsOf(runs).flatMap((method) =>
    budgets.flatMap((budget) => {
      const rows = comparisons.flatMap(({ setting, difference }) =>
        difference && setting.method === method && setting.budget === budget
          ? [{ label: setting.kind, colour: kindColours[setting.kind], difference }]
          : [],
      );
      if (rows.length === 0) return [];
      const heading = `${method}, ${budget} ${budget === 1 ? 'image' : 'images'} per class`;
      return [{ title: heading, axis: 'less images (%)', scale: 100, rows }];
    }),
  );
  const said = `differences of ${accuracyTitle(recipes)} to images of equal storage`;
  return differenceChart(panels, {
    captions: [caption, said, studentsSentence(recipes)],
    shared: true,
  });
}

const methodsOf = (runs: StorageRuns) =>
  [...new Set(runs.map(({ factors }) => factors.method))].filter((method) => method !== 'none');
