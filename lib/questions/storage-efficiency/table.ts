/** RQ1 as tables: what accuracy a stored float buys. */
import { from, table } from 'arquero';
import { mean } from 'simple-statistics';
import { floatsForAccuracy, imagesOf, type StorageRuns } from './measure';
import { publishedAccuracies, type PublishedAccuracy } from './published';
import { groupSeeds } from '../../report/seed-groups';
import { rounded } from '../../report/number-text';
import {
  accuracyColumns,
  accuracyDifferences,
  accuracyOverSeeds,
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
