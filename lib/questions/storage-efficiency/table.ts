/** RQ1 as tables: what accuracy a stored float buys. */
import { from, table } from 'arquero';
import { mean } from 'simple-statistics';
import { equalAccuracies, imagesOf, type EqualAccuracy, type StorageRuns } from './measure';
import { readMetrics } from '../../runs/run-files';
import { publishedAccuracies, type PublishedAccuracy } from './published';
import { groupSeeds } from '../../report/seed-groups';
import { openIntervalText, rounded, signedText } from '../../report/number-text';
import {
  accuracyColumns,
  accuracyDifferences,
  differenceColumns,
  foldersOf,
  recipesOf,
  resultsOf,
} from '../../report/over-seeds';
import { storageColumns } from '../../report/storage-columns';
import { accuracyTitle } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';

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
      ...storageColumns(results),
      ...accuracyColumns(results),
      ...differenceColumns(
        accuracyDifferences(groups, imagesOf).map(({ difference }) => difference),
        { baseline: 'images' },
      ),
      'seconds of a run': results.map((own) => Math.round(mean(own.map(({ seconds }) => seconds)))),
    }),
  };
}

/** Iterations that a loss is averaged over: draws move it from one to the next. */
const lossWindow = 10;

/** A row a distillation under trajectory matching: its accuracy, its lead over images of its seed, and how its loss and step size went. */
export function trajectoriesTable(name: string, runs: StorageRuns): ReportTable {
  const own = runs.filter(({ factors: { method } }) => method === 'MTT');
  const title = accuracyTitle(recipesOf(resultsOf({ runs: own })));
  const rows = own.map(({ factors: { kind, budget, seed }, result }) => {
    const images = own.find(
      ({ factors }) => factors.kind === 'images' && factors.budget === budget && factors.seed === seed,
    );
    const metrics = readMetrics(result.run);
    const losses = windowMeans(metrics.map(({ loss }) => loss));
    const lowest = losses.indexOf(Math.min(...losses));
    return {
      'training set': kind,
      'budget (images per class)': budget,
      seed,
      [title]: rounded(100 * result.accuracy.mean, 1),
      'ahead of images (%)':
        images && kind !== 'images' ? signedText(100 * (result.accuracy.mean - images.result.accuracy.mean), 1) : '',
      'lowest loss': losses[lowest].toFixed(2),
      'at iteration': Math.min(metrics.length, (lowest + 1) * lossWindow),
      'loss at the end': losses.at(-1)!.toFixed(2),
      'step size at the end': (metrics.at(-1)!.stepSize ?? NaN).toFixed(3),
    };
  });
  return { name, runs: foldersOf(resultsOf({ runs: own })), table: from(rows) };
}

function windowMeans(losses: readonly number[]): number[] {
  const count = Math.ceil(losses.length / lossWindow);
  return Array.from({ length: count }, (_, place) => mean(losses.slice(place * lossWindow, (place + 1) * lossWindow)));
}

/**
 * For each set with hallucinators or multi-formation: the floats that plain images of the same method need for its accuracy, read
 * off the line between their measurements (over the logarithm of floats), and which fraction of them the set stores. Accuracies
 * are means over seeds; the interval is of floats at which set and images may be level, by the paired t within seeds.
 */
export function equalAccuracyTable(name: string, runs: StorageRuns): ReportTable {
  const title = accuracyTitle(recipesOf(resultsOf({ runs })));
  const rows = equalAccuracies(runs).map(({ setting, floats, accuracy, needed, interval, runs: own }) => ({
    method: setting.method,
    'training set': setting.kind,
    'stored floats': floats,
    [title]: rounded(100 * accuracy, 1),
    seeds: own.length,
    'floats of images for this accuracy': typeof needed === 'number' ? String(Math.round(needed)) : needed,
    'fraction of them': typeof needed === 'number' ? (floats / needed).toFixed(2) : '',
    '95 % interval of the fraction': typeof needed === 'number' ? fractionsText(floats, own.length, interval) : '',
  }));
  return { name, runs: foldersOf(resultsOf({ runs })), table: from(rows) };
}

/** E.g. '0.31 to 0.52'; an end beyond the budgets of images is called so. */
function fractionsText(floats: number, seeds: number, interval: EqualAccuracy['interval']): string {
  if (!interval) return seeds === 1 ? 'one seed' : '';
  const fraction = (needed: number | undefined) => needed && floats / needed;
  return openIntervalText({ low: fraction(interval.high), high: fraction(interval.low) }, (value) => value.toFixed(2));
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
