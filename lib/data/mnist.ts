/**
 * MNIST and Fashion-MNIST: IDX files, 28x28, one channel, here with a border of zeros to 32x32.
 * @see http://yann.lecun.com/exdb/mnist/ and https://github.com/zalandoresearch/fashion-mnist
 */
import { withBorder } from './border';
import { assembleDataset, type ImageSplit } from './dataset';
import { defineFormat, type DatasetFormat, type OfficialFile, type OtherLayout } from './dataset-format';
import { readIdxFile } from './idx-file';
import { tableLayouts, type TableDataset } from './image-table';
import { existingFile } from './source-file';

const side = 32;

const files = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

const mnistClassNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

// prettier-ignore
const fashionClassNames = [
  'T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot',
];

const digits: IdxDataset = { name: 'mnist', classNames: mnistClassNames, mean: 0.1307, deviation: 0.3081 };

const clothes: IdxDataset = { name: 'fashion-mnist', classNames: fashionClassNames, mean: 0.2861, deviation: 0.353 };

/** Handwritten digits. Normalised with the authors' constants, those of the images without the border. */
export const mnist: DatasetFormat = defineFormat({
  dataset: 'mnist',
  folders: ['mnist', 'MNIST/raw', ''],
  files,
  suffix: '.gz',
  about: '10 digits, 28x28 grey in a border to 32x32, 60,000 + 10,000 images',
  shape: { imageShape: [32, 32, 1], classCount: 10 },
  sources: officialFiles(
    [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'http://yann.lecun.com/exdb/mnist/',
    ],
    [
      'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'd53e105ee54ea40749a09fcbcd1e9432',
      '9fb629c4189551a2d022fa330f9573f3',
      'ec29112dd5afa0611ce80d1b7f02629c',
    ],
  ),
  also: [
    dottedFiles(['mnist', 'MNIST/raw', 'MNIST', ''], (found) => readIdxDataset(found, digits)),
    ...tableLayouts(['mnist', 'MNIST', 'mnist/mnist', ''], asTable(digits), { npz: ['mnist.npz'] }),
  ],
  readFrom: (found) => readIdxDataset(found, digits),
});

/** Articles of clothing, in MNIST's format. */
export const fashionMnist: DatasetFormat = defineFormat({
  dataset: 'fashion-mnist',
  folders: ['fashion-mnist', 'FashionMNIST/raw', ''],
  files,
  suffix: '.gz',
  about: '10 articles of clothing, 28x28 grey in a border to 32x32, 60,000 + 10,000 images',
  shape: { imageShape: [32, 32, 1], classCount: 10 },
  sources: officialFiles(
    [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
    ],
    [
      '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      '25c81989df183df01b3e8a0aad5dffbe',
      'bef4ecab320f06d8554ea6380940ec79',
      'bb300cfdad3c16e7a12a480ee83cd310',
    ],
  ),
  also: [
    dottedFiles(['fashion-mnist', 'FashionMNIST/raw', 'FashionMNIST', ''], (found) => readIdxDataset(found, clothes)),
    ...tableLayouts(['fashion-mnist', 'fashion_mnist', 'fashion-mnist/fashion_mnist', ''], asTable(clothes), {
      npz: ['fashion-mnist.npz', 'fashion_mnist.npz'],
    }),
  ],
  readFrom: (found) => readIdxDataset(found, clothes),
});

function officialFiles(addresses: string[], checksums: string[]): OfficialFile[] {
  return files.map((file, index) => ({
    urls: addresses.map((address) => `${address}${file}.gz`),
    md5: checksums[index],
  }));
}

function asTable({ mean, deviation, ...rest }: IdxDataset): TableDataset {
  return { ...rest, mean: [mean], deviation: [deviation], native: [28, 28, 1], borderTo: side };
}

/** The same files with a dot, as some tools write them: `train-images.idx3-ubyte`. */
const dotted = (file: string) => file.replace(/-(idx\d)/, '.$1');

function dottedFiles(folders: readonly string[], read: OtherLayout['read']): OtherLayout {
  return {
    folders,
    isIn: (folder) => files.every((file) => fileIn(folder, file) !== undefined),
    read,
  };
}

/** Under its official name, or with a dot; compressed or not. */
const fileIn = (folder: string, file: string) =>
  existingFile(folder, file, '.gz') ?? existingFile(folder, dotted(file), '.gz');

interface IdxDataset {
  name: string;
  classNames: readonly string[];
  mean: number;
  deviation: number;
}

/** @param found the folder that holds the four files */
function readIdxDataset(found: string, { name, classNames, mean, deviation }: IdxDataset) {
  const [trainImages, trainLabels, testImages, testLabels] = files.map((file) => fileIn(found, file)!);
  return assembleDataset({
    name,
    imageShape: [side, side, 1],
    classNames,
    train: readSplit(trainImages, trainLabels, classNames.length),
    test: readSplit(testImages, testLabels, classNames.length),
    mean: [mean],
    deviation: [deviation],
  });
}

function readSplit(imagesFile: string, labelsFile: string, classCount: number): ImageSplit {
  const { shape, values } = readIdxFile(imagesFile, 3);
  const labels = readIdxFile(labelsFile, 1).values;
  const [count, height, width] = shape;
  if (height > side || width > side || height * width * count === 0) {
    throw new Error(
      `${imagesFile} holds ${count} images of ${height}x${width}; expected at least one, of ${side}x${side} at most.`,
    );
  }
  if (labels.length !== count) {
    throw new Error(`${labelsFile} holds ${labels.length} labels for the ${count} images of ${imagesFile}.`);
  }
  const wrong = labels.findIndex((label) => label >= classCount);
  if (wrong >= 0) {
    throw new Error(`${labelsFile}: record ${wrong} has label ${labels[wrong]}, expected 0 to ${classCount - 1}.`);
  }
  return { images: withBorder(values, { height, width, side }), labels: Uint8Array.from(labels), count };
}
