/** The datasets of the library, by the names that configurations give them. */
import { cifar10, cifar100 } from './cifar';
import type { DatasetFormat } from './dataset-format';
import { folderFormat, tinyImageNet } from './image-folder';
import { fashionMnist, mnist } from './mnist';
import { shapes } from './shapes';
import { svhn } from './svhn';

export const datasetFormats = {
  cifar10,
  cifar100,
  svhn,
  mnist,
  'fashion-mnist': fashionMnist,
  'tiny-imagenet': tinyImageNet,
  folder: folderFormat,
  shapes,
} satisfies Record<string, DatasetFormat>;

export type LibraryDatasetName = keyof typeof datasetFormats;

/** Whether it has no files, and is made on the spot. */
export function isEmbedded({ files }: DatasetFormat): boolean {
  return files.length === 0;
}
