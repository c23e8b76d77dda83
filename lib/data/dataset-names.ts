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
