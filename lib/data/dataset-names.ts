/** Names of datasets, as configurations write them: the library's, and those of one's own that there are by now. */
import type { DatasetShape } from './dataset-format';
import { datasetFormats, type LibraryDatasetName } from './formats';
import { givenDataset, ownDatasetNames, ownDatasetOf, type OwnDataset } from './own-datasets';

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

/** What is known of a dataset before it is loaded; undefined where nothing is. */
export function knownShape(dataset: string): DatasetShape | undefined {
  if (Object.hasOwn(datasetFormats, dataset)) return datasetFormats[dataset as LibraryDatasetName].shape;
  return ownDatasetOf(dataset)?.shape;
}

/**
 * The shape of a dataset's images and the number of its classes.
 * @throws RangeError for a dataset whose shape is not known beforehand
 */
export function shapeOf(dataset: DatasetInput): DatasetShape {
  const name = datasetNameOf(dataset);
  const shape = knownShape(name);
  if (shape === undefined) {
    const known = allDatasetNames().filter((one) => knownShape(one) !== undefined);
    throw new RangeError(
      `shapeOf: '${name}' is no dataset of known shape; allowed are ${known.join(', ')}, and what imageFolder makes of a folder.`,
    );
  }
  return { imageShape: shape.imageShape, classCount: shape.classCount };
}
