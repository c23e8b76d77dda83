/** Names of datasets, as configurations write them: the library's, and those of one's own that there are by now. */
import path from 'node:path';
import type { DatasetShape } from './dataset-format';
import { datasetFormats, type LibraryDatasetName } from './formats';
import { givenDataset, imageFolder, ownDatasetNames, ownDatasetOf, type OwnDataset } from './own-datasets';

/** Names of the library's datasets. */
export const datasetNames = Object.keys(datasetFormats) as LibraryDatasetName[];

export type DatasetName = LibraryDatasetName | OwnDataset['name'];

/** A dataset as notebooks give it: the name of one, or one's own. */
export type DatasetInput = DatasetName | OwnDataset;

/** Names of all datasets that there are by now. */
export function allDatasetNames(): DatasetName[] {
  return [...datasetNames, ...ownDatasetNames()];
}

/** The name of a dataset; one of one's own is from then on the one of its name. */
export function datasetNameOf(dataset: DatasetInput): DatasetName {
  return typeof dataset === 'object' && dataset !== null ? givenDataset(dataset) : dataset;
}

/**
 * What is known of a dataset before it is loaded; undefined where nothing is. Of one's own in a file, its labels are looked at.
 * @throws Error naming the file or folder of one's own, and what is wrong with it
 */
export function knownShape(dataset: string): DatasetShape | undefined {
  return libraryShape(dataset) ?? ownDatasetOf(dataset)?.shape;
}

/** [height, width, channels], for which no file is looked at; undefined where only its files tell. */
export function knownImageShape(dataset: string): DatasetShape['imageShape'] | undefined {
  return libraryShape(dataset)?.imageShape ?? ownDatasetOf(dataset)?.imageShape;
}

function libraryShape(dataset: string): DatasetShape | undefined {
  return Object.hasOwn(datasetFormats, dataset) ? datasetFormats[dataset as LibraryDatasetName].shape : undefined;
}

/** Names of the datasets whose shape is known before they are loaded. */
export function namesOfKnownShape(): DatasetName[] {
  return [...datasetNames.filter((name) => libraryShape(name) !== undefined), ...ownDatasetNames()];
}

/** Training images of the smallest class, at least 1, of one's own; the library's have as many as anyone asks for. */
export function smallestClassOf(dataset: DatasetInput): number | undefined {
  const own = ownDatasetOf(datasetNameOf(dataset));
  return own && Math.max(1, Math.min(...own.classSizes()));
}

/**
 * The shape of a dataset's images and the number of its classes.
 * @throws RangeError for a dataset whose shape is not known beforehand
 */
export function shapeOf(dataset: DatasetInput): DatasetShape {
  const name = datasetNameOf(dataset);
  const shape = knownShape(name);
  if (shape === undefined) {
    throw new RangeError(
      `shapeOf: '${name}' is no dataset of known shape; allowed are ${namesOfKnownShape().join(', ')}, and what imageFolder makes of a folder.`,
    );
  }
  return { imageShape: shape.imageShape, classCount: shape.classCount };
}

/**
 * The dataset that a command line or a variable of the environment means: one by its name, or one's own images by their folder,
 * which a slash tells: './my-images'.
 * @param side of one's own images, to which they are resized. Default 32
 * @throws RangeError where a side is given to a dataset that has its own
 * @throws Error naming the folder, and what is missing there
 */
export function datasetFrom(word: string, side?: number): DatasetInput {
  if (!/[/\\]/.test(word)) {
    if (side === undefined) return word as DatasetName;
    throw new RangeError(
      `The images of '${word}' have a size of their own; only one's own images can be resized: give their folder, as ./my-images.`,
    );
  }
  const plain = path
    .basename(path.resolve(word))
    .split(/[^a-z0-9]+/i)
    .filter(Boolean)
    .join('-');
  const name = plain === '' || Object.hasOwn(datasetFormats, plain) ? `my-${plain || 'images'}` : plain;
  return imageFolder(word, { name, side });
}
