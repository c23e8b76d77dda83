/** The formats of all datasets that come in files. */
import { cifar10, cifar100 } from './cifar';
import type { DatasetFormat } from './dataset-format';
import type { DatasetName } from './dataset-names';
import { imageFolder, tinyImageNet } from './image-folder';
import { fashionMnist, mnist } from './mnist';
import { svhn } from './svhn';

export const datasetFormats: Record<Exclude<DatasetName, 'shapes'>, DatasetFormat> = {
  cifar10,
  cifar100,
  svhn,
  mnist,
  'fashion-mnist': fashionMnist,
  'tiny-imagenet': tinyImageNet,
  folder: imageFolder,
};
