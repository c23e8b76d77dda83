/**
 * CIFAR-10 and CIFAR-100 in their official binary layout: records of one label byte (CIFAR-100: coarse, then fine)
 * and the red, green and blue planes of a 32x32 image.
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
import path from 'node:path';
import { assembleDataset, type ImageSplit } from './dataset';
import { defineFormat, holdsFiles, type DatasetFormat } from './dataset-format';
import { tableLayouts } from './image-table';
import { interleavePlanes } from './interleave-planes';
import { readPythonCifar } from './python-cifar';
import { readSourceFile } from './source-file';

const side = 32;
const plane = side * side;

// prettier-ignore
export const cifar10ClassNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

// prettier-ignore
export const cifar100ClassNames = [
  'apple', 'aquarium_fish', 'baby', 'bear', 'beaver', 'bed', 'bee', 'beetle', 'bicycle', 'bottle', 'bowl', 'boy',
  'bridge', 'bus', 'butterfly', 'camel', 'can', 'castle', 'caterpillar', 'cattle', 'chair', 'chimpanzee', 'clock',
  'cloud', 'cockroach', 'couch', 'crab', 'crocodile', 'cup', 'dinosaur', 'dolphin', 'elephant', 'flatfish', 'forest',
  'fox', 'girl', 'hamster', 'house', 'kangaroo', 'keyboard', 'lamp', 'lawn_mower', 'leopard', 'lion', 'lizard',
  'lobster', 'man', 'maple_tree', 'motorcycle', 'mountain', 'mouse', 'mushroom', 'oak_tree', 'orange', 'orchid',
  'otter', 'palm_tree', 'pear', 'pickup_truck', 'pine_tree', 'plain', 'plate', 'poppy', 'porcupine', 'possum',
  'rabbit', 'raccoon', 'ray', 'road', 'rocket', 'rose', 'sea', 'seal', 'shark', 'shrew', 'skunk', 'skyscraper',
  'snail', 'snake', 'spider', 'squirrel', 'streetcar', 'sunflower', 'sweet_pepper', 'table', 'tank', 'telephone',
  'television', 'tiger', 'tractor', 'train', 'trout', 'tulip', 'turtle', 'wardrobe', 'whale', 'willow_tree', 'wolf',
  'woman', 'worm',
];

const cifar10TrainFiles = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);

/** The authors normalise both datasets with these. */
const statistics = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] };

/** CIFAR-10. */
export const cifar10: DatasetFormat = defineFormat({
  dataset: 'cifar10',
  folders: ['', 'cifar10', 'cifar-10-batches-bin'],
  files: [...cifar10TrainFiles, 'test_batch.bin'],
  about: '10 classes of objects, 32x32 RGB, 50,000 + 10,000 images',
  shape: { imageShape: [side, side, 3], classCount: 10 },
  sources: [
    {
      urls: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
      md5: 'c32a1d4ab5d03f1284b67883e8d87530',
    },
  ],
  archives: ['cifar-10-binary.tar.gz', 'cifar-10-python.tar.gz'],
  also: [
    {
      folders: ['', 'cifar10', 'cifar-10-batches-py'],
      isIn: (folder) => holdsFiles(folder, [...cifar10PythonFiles, 'test_batch']),
      read: (found) =>
        cifar10Of((names) => readPythonCifar(pythonNames(names), found, { key: 'labels', classCount: 10 })),
    },
    ...tableLayouts(
      ['cifar10', 'cifar-10', ''],
      { name: 'cifar10', native: [side, side, 3], classNames: cifar10ClassNames, ...statistics },
      { npz: ['cifar10.npz'] },
    ),
  ],
  readFrom: (found) => cifar10Of((names) => readRecords(names, found, { labelBytes: 1, classCount: 10 })),
});

const pythonNames = (names: readonly string[]) => names.map((name) => name.replace(/\.bin$/, ''));

const cifar10PythonFiles = pythonNames(cifar10TrainFiles);

const cifar10Of = (read: (names: string[]) => ImageSplit) =>
  assembleDataset({
    name: 'cifar10',
    imageShape: [side, side, 3],
    classNames: cifar10ClassNames,
    train: read(cifar10TrainFiles),
    test: read(['test_batch.bin']),
    ...statistics,
  });

/** CIFAR-100 with its fine labels. */
export const cifar100: DatasetFormat = defineFormat({
  dataset: 'cifar100',
  folders: ['', 'cifar100', 'cifar-100-binary'],
  files: ['train.bin', 'test.bin'],
  about: '100 classes of objects, 32x32 RGB, 50,000 + 10,000 images',
  shape: { imageShape: [side, side, 3], classCount: 100 },
  sources: [
    {
      urls: ['https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz'],
      md5: '03b5dce01913d631647c71ecec9e9cb8',
    },
  ],
  archives: ['cifar-100-binary.tar.gz', 'cifar-100-python.tar.gz'],
  also: [
    {
      folders: ['', 'cifar100', 'cifar-100-python'],
      // Folders of these names are one's own images.
      isIn: (folder) => holdsFiles(folder, ['train', 'test']),
      read: (found) =>
        cifar100Of((names) => readPythonCifar(pythonNames(names), found, { key: 'fine_labels', classCount: 100 })),
    },
    ...tableLayouts(
      ['cifar100', 'cifar-100', 'cifar100/cifar100', ''],
      { name: 'cifar100', native: [side, side, 3], classNames: cifar100ClassNames, ...statistics },
      { npz: ['cifar100.npz'] },
    ),
  ],
  readFrom: (found) => cifar100Of((names) => readRecords(names, found, { labelBytes: 2, classCount: 100 })),
});

const cifar100Of = (read: (names: string[]) => ImageSplit) =>
  assembleDataset({
    name: 'cifar100',
    imageShape: [side, side, 3],
    classNames: cifar100ClassNames,
    train: read(['train.bin']),
    test: read(['test.bin']),
    ...statistics,
  });

interface RecordLayout {
  /** Label bytes of a record; the last one is the class. */
  labelBytes: number;
  classCount: number;
}

function readRecords(names: string[], folder: string, { labelBytes, classCount }: RecordLayout): ImageSplit {
  const recordBytes = labelBytes + 3 * plane;
  const files = names.map((name) => ({
    file: path.join(folder, name),
    bytes: readSourceFile(path.join(folder, name)),
  }));
  for (const { file, bytes } of files) {
    if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
      throw new Error(
        `${file} is truncated or not a CIFAR file: it has ${bytes.length} bytes, expected a multiple of ${recordBytes} ` +
          `(${labelBytes} of labels and ${3 * plane} of pixels a record).`,
      );
    }
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / recordBytes, 0);
  const images = new Uint8Array(count * 3 * plane);
  const labels = new Uint8Array(count);
  let image = 0;
  for (const { file, bytes } of files) {
    for (let record = 0; record < bytes.length / recordBytes; record++, image++) {
      const start = record * recordBytes + labelBytes;
      const label = bytes[start - 1];
      if (label >= classCount) {
        throw new Error(`${file}: record ${record} has label ${label}, expected 0 to ${classCount - 1}.`);
      }
      labels[image] = label;
      interleavePlanes(bytes, start, images, image * 3 * plane, plane);
    }
  }
  return { images, labels, count };
}
