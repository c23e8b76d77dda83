/** Names of the datasets that can be loaded, as written in a configuration. */
export const datasetNames = [
  'cifar10',
  'cifar100',
  'svhn',
  'mnist',
  'fashion-mnist',
  'tiny-imagenet',
  'folder',
  'shapes',
] as const;

export type DatasetName = (typeof datasetNames)[number];

/** What is known of a dataset before it is loaded; nothing of one's own. */
export const datasetShapes: Record<
  Exclude<DatasetName, 'folder'>,
  { imageShape: readonly [number, number, number]; classCount: number }
> = {
  cifar10: { imageShape: [32, 32, 3], classCount: 10 },
  cifar100: { imageShape: [32, 32, 3], classCount: 100 },
  svhn: { imageShape: [32, 32, 3], classCount: 10 },
  mnist: { imageShape: [32, 32, 1], classCount: 10 },
  'fashion-mnist': { imageShape: [32, 32, 1], classCount: 10 },
  'tiny-imagenet': { imageShape: [64, 64, 3], classCount: 200 },
  shapes: { imageShape: [32, 32, 3], classCount: 10 },
};

/**
 * The shape of a dataset's images and the number of its classes.
 * @throws RangeError for a dataset whose shape is not known beforehand
 */
export function shapeOf(dataset: DatasetName) {
  if (dataset === 'folder') {
    throw new RangeError(
      `shapeOf: 'folder' is no dataset of known shape; allowed are ${Object.keys(datasetShapes).join(', ')}.`,
    );
  }
  return datasetShapes[dataset];
}
