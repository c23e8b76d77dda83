/**
 * CIFAR-10 and CIFAR-100 in their official binary layout: records of one label byte (CIFAR-100: coarse, then fine)
 * and the red, green and blue planes of a 32x32 image.
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
import path from 'node:path';
import { assembleDataset, type Dataset, type ImageSplit } from './dataset';
import { locateFiles, readSourceFile } from './source-file';

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

/** The authors normalise both datasets with these. */
const statistics = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] };

/**
 * Reads CIFAR-10 from FOLDER, FOLDER/cifar10 or FOLDER/cifar-10-batches-bin.
 * @throws Error naming file and reason: missing, truncated, a label out of range
 */
export function readCifar10(folder: string): Dataset {
  const train = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
  const folders = ['', 'cifar10', 'cifar-10-batches-bin'];
  const found = locateFiles(folder, { dataset: 'cifar10', folders, files: [...train, 'test_batch.bin'] });
  const layout = { labelBytes: 1, classCount: 10 };
  return assembleDataset({
    name: 'cifar10',
    imageShape: [side, side, 3],
    classNames: cifar10ClassNames,
    train: readRecords(train, found, layout),
    test: readRecords(['test_batch.bin'], found, layout),
    ...statistics,
  });
}

/**
 * Reads CIFAR-100, with its fine labels, from FOLDER, FOLDER/cifar100 or FOLDER/cifar-100-binary.
 * @throws Error naming file and reason: missing, truncated, a label out of range
 */
export function readCifar100(folder: string): Dataset {
  const folders = ['', 'cifar100', 'cifar-100-binary'];
  const found = locateFiles(folder, { dataset: 'cifar100', folders, files: ['train.bin', 'test.bin'] });
  const layout = { labelBytes: 2, classCount: 100 };
  return assembleDataset({
    name: 'cifar100',
    imageShape: [side, side, 3],
    classNames: cifar100ClassNames,
    train: readRecords(['train.bin'], found, layout),
    test: readRecords(['test.bin'], found, layout),
    ...statistics,
  });
}

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
      interleavePlanes(bytes, start, images, image * 3 * plane);
    }
  }
  return { images, labels, count };
}

/** Red, green and blue planes to [height, width, channels]. */
function interleavePlanes(planes: Uint8Array, from: number, pixels: Uint8Array, to: number): void {
  for (let pixel = 0; pixel < plane; pixel++) {
    pixels[to + 3 * pixel] = planes[from + pixel];
    pixels[to + 3 * pixel + 1] = planes[from + plane + pixel];
    pixels[to + 3 * pixel + 2] = planes[from + 2 * plane + pixel];
  }
}
