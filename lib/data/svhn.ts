/**
 * Street View House Numbers, cropped digits: MATLAB files with `X` [32, 32, 3, count] and `y` [count, 1], where 10
 * stands for the digit 0.
 * @see http://ufldl.stanford.edu/housenumbers/
 */
import path from 'node:path';
import { assembleDataset, type ImageSplit } from './dataset';
import { defineFormat, type DatasetFormat } from './dataset-format';
import { tableLayouts } from './image-table';
import { readMatFile } from './mat-file';

const side = 32;
const channels = 3;

/** With the authors' constants of normalisation. */
const constants = {
  name: 'svhn',
  classNames: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean: [0.4377, 0.4438, 0.4728],
  deviation: [0.198, 0.201, 0.197],
};

/** SVHN. */
export const svhn: DatasetFormat = defineFormat({
  dataset: 'svhn',
  folders: ['', 'svhn', 'SVHN'],
  files: ['train_32x32.mat', 'test_32x32.mat'],
  about: '10 digits of house numbers, 32x32 RGB, 73,257 + 26,032 images',
  shape: { imageShape: [32, 32, 3], classCount: 10 },
  sources: [
    {
      urls: ['http://ufldl.stanford.edu/housenumbers/train_32x32.mat'],
      md5: 'e26dedcc434d2e4c54c9b2d4a06d8373',
    },
    {
      urls: ['http://ufldl.stanford.edu/housenumbers/test_32x32.mat'],
      md5: 'eb5a983be6a315427106f1b164d9cef3',
    },
  ],
  also: tableLayouts(['svhn', 'SVHN', ''], { ...constants, native: [side, side, channels] }, { npz: ['svhn.npz'] }),
  readFrom: (found) =>
    assembleDataset({
      ...constants,
      imageShape: [side, side, channels],
      train: readSplit(path.join(found, 'train_32x32.mat')),
      test: readSplit(path.join(found, 'test_32x32.mat')),
    }),
});

function readSplit(file: string): ImageSplit {
  const arrays = readMatFile(file);
  const [x, y] = [arrays.get('X'), arrays.get('y')];
  if (x === undefined || y === undefined) {
    throw new Error(`${file} has no numeric arrays X and y, only ${[...arrays.keys()].join(', ') || 'none'}.`);
  }
  // MATLAB drops a last dimension of 1.
  const [height, width, depth, count = 1, ...further] = x.shape;
  const isCube = height === side && width === side && depth === channels && count > 0 && further.length === 0;
  if (!isCube || !(x.values instanceof Uint8Array)) {
    throw new Error(`${file}: X is [${x.shape.join(', ')}], expected bytes in [${side}, ${side}, ${channels}, count].`);
  }
  if (y.values.length !== count) throw new Error(`${file}: y has ${y.values.length} labels for ${count} images.`);
  const labels = Uint8Array.from(y.values, (label, record) => {
    if (label < 1 || label > 10 || !Number.isInteger(label)) {
      throw new Error(`${file}: record ${record} has label ${label}, expected 1 to 10.`);
    }
    return label % 10;
  });
  return { images: toRows(x.values, count), labels, count };
}

/** [height, width, channels, count], the first index running fastest, to [count, height, width, channels]. */
function toRows(values: Uint8Array, count: number): Uint8Array {
  const images = new Uint8Array(values.length);
  let target = 0;
  for (let image = 0; image < count; image++) {
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        for (let channel = 0; channel < channels; channel++) {
          images[target++] = values[row + side * (column + side * (channel + channels * image))];
        }
      }
    }
  }
  return images;
}
