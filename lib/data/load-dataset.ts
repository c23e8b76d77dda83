/** Datasets by name. */
import { closest } from 'fastest-levenshtein';
import { assembleDataset, type Dataset, type ImageSplit } from './dataset';
import { allDatasetNames, type DatasetName } from './dataset-names';
import { datasetFormats, type LibraryDatasetName } from './formats';
import { ownDatasetOf } from './own-datasets';
import { drawShapes } from './shapes';

export interface LoadOptions {
  /** Data folder. Default: HABA_DATA if set, else 'data' under the current directory. */
  folder?: string;
  /** Keep only the first so many training images. Default: all. */
  trainCount?: number;
  /** Keep only the first so many test images. Default: all. */
  testCount?: number;
}

/**
 * Loads a dataset from its official files, or draws it (`shapes`), or reads one's own.
 * @param name one of {@link allDatasetNames}
 * @throws RangeError for an unknown name, listing the known ones
 * @throws Error naming file and reason where files are missing or malformed
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  requireDatasetName(name);
  const { folder = dataFolder(), trainCount, testCount } = options;
  if (name === 'shapes') return drawShapes({ trainCount, testCount });
  const dataset = await (ownDatasetOf(name)?.read() ?? datasetFormats[name as LibraryDatasetName].read(folder));
  if (trainCount === undefined && testCount === undefined) return dataset;
  const { train, test, ...rest } = dataset;
  return assembleDataset({ ...rest, train: firstImages(train, trainCount), test: firstImages(test, testCount) });
}

/** Where datasets are looked for when nothing else is said. */
export function dataFolder(): string {
  return process.env.HABA_DATA || 'data';
}

/** @throws RangeError listing the known names, and the nearest */
export function requireDatasetName(name: string): asserts name is DatasetName {
  const names: readonly string[] = allDatasetNames();
  if (names.includes(name)) return;
  throw new RangeError(
    `There is no dataset '${name}'. Did you mean '${closest(name, names)}'? Known are: ${names.join(', ')}.`,
  );
}

function firstImages(split: ImageSplit, count = split.count): ImageSplit {
  const kept = Math.min(count, split.count);
  const size = split.images.length / split.count;
  return { images: split.images.subarray(0, kept * size), labels: split.labels.subarray(0, kept), count: kept };
}
