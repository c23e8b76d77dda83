/** Images in folders, one folder a class: Tiny-ImageNet, and any images of one's own. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { oneLine } from '../files/one-line';
import { assembleDataset, type Dataset, type ImageSplit } from './dataset';
import type { DatasetFormat } from './dataset-format';
import { locateFiles, readSourceFile } from './source-file';

/** Images decoded at a time; sharp has threads of its own. */
const atOnce = 16;

/** An image of more pixels is refused: decoding it would take more memory than it is worth. */
const mostPixels = 50_000_000;

/** A class fits in a byte. */
const mostClasses = 256;

/** Of one's own images, once they are resized. */
export const ownImageShape = [32, 32, 3] as const;

interface LabelledFile {
  file: string;
  label: number;
}

/** One's own images in the data folder: FOLDER/{train,test}/<class>/*.{png,jpg,jpeg}, resized to 32x32 RGB. */
export const folderFormat: DatasetFormat = {
  dataset: 'folder',
  folders: ['', 'folder'],
  files: ['train', 'test'],
  about: 'your own images: FOLDER/{train,test}/<class>/*.{png,jpg}, resized to 32x32 RGB',
  sources: [],
  read: (folder) => readImageFolder(locateFiles(folder, folderFormat), 'folder'),
};

/**
 * Classes of one's own images, by name: the folders of FOLDER/train.
 * @throws Error naming the folder that is missing, or that has no classes
 */
export function classesIn(folder: string): string[] {
  for (const split of ['train', 'test']) {
    const at = path.join(folder, split);
    if (!existsSync(at)) throw new Error(`${at} is missing: images are expected in ${folder}/{train,test}/<class>/.`);
  }
  const classNames = foldersIn(path.join(folder, 'train'));
  requireClasses(classNames, path.join(folder, 'train'));
  return classNames;
}

/**
 * One's own images.
 * @param folder with train/<class>/ and test/<class>/
 * @throws Error naming what is missing, of no class or no image
 */
export async function readImageFolder(folder: string, name: string): Promise<Dataset> {
  const classNames = classesIn(folder);
  const list = (split: string) =>
    foldersIn(path.join(folder, split)).flatMap((one) => {
      const label = classNames.indexOf(one);
      const at = path.join(folder, split, one);
      if (label < 0) throw new Error(`${at}: there is no class '${one}' in ${path.join(folder, 'train')}.`);
      return imagesIn(at).map((file) => ({ file, label }));
    });
  const [side] = ownImageShape;
  return assembleDataset({
    name,
    imageShape: ownImageShape,
    classNames,
    train: await readImages(list('train'), side, path.join(folder, 'train')),
    test: await readImages(list('test'), side, path.join(folder, 'test')),
  });
}

const tinySide = 64;

/**
 * Tiny-ImageNet: train/<wnid>/images/*.JPEG, and its validation images, which serve as the test set (its own test images
 * have no labels). Classes are in the order of their WordNet numbers.
 */
export const tinyImageNet: DatasetFormat = {
  dataset: 'tiny-imagenet',
  folders: ['tiny-imagenet', 'tiny-imagenet-200', ''],
  files: ['train', 'val', 'val/val_annotations.txt', 'words.txt'],
  about: '200 classes of ImageNet, 64x64 RGB, 100,000 + 10,000 images',
  shape: { imageShape: [tinySide, tinySide, 3], classCount: 200 },
  sources: [
    {
      urls: ['http://cs231n.stanford.edu/tiny-imagenet-200.zip'],
      md5: '90528d7ca1a48142e341f4ef8d21d0de',
    },
  ],
  read: async (folder) => {
    const found = locateFiles(folder, tinyImageNet);
    const numbers = foldersIn(path.join(found, 'train'));
    requireClasses(numbers, path.join(found, 'train'));
    const train = numbers.flatMap((number, label) =>
      imagesIn(path.join(found, 'train', number, 'images')).map((file) => ({ file, label })),
    );
    return assembleDataset({
      name: 'tiny-imagenet',
      imageShape: [tinySide, tinySide, 3],
      classNames: wordsOf(path.join(found, 'words.txt'), numbers),
      train: await readImages(train, tinySide, path.join(found, 'train')),
      test: await readImages(validationFiles(path.join(found, 'val'), numbers), tinySide, path.join(found, 'val')),
      // The authors' constants, which are ImageNet's.
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
    });
  },
};

/** Lines of val_annotations.txt: file, WordNet number, four numbers of a box that is not used. */
function validationFiles(folder: string, numbers: string[]): LabelledFile[] {
  const annotations = path.join(folder, 'val_annotations.txt');
  return linesOf(annotations).map((line, index) => {
    const [file = '', number = ''] = line.split('\t');
    const label = numbers.indexOf(number);
    if (!/^[^/\\\0]+$/.test(file) || label < 0) {
      throw new Error(
        `${annotations}: line ${index + 1} is '${oneLine(line, 100)}', expected a file name and one of ${numbers.length} classes.`,
      );
    }
    return { file: path.join(folder, 'images', file), label };
  });
}

/** What WordNet calls each number, or the number. */
function wordsOf(file: string, numbers: string[]): string[] {
  const words = new Map(linesOf(file).map((line) => line.split('\t') as [string, string | undefined]));
  return numbers.map((number) => words.get(number) ?? number);
}

const linesOf = (file: string) =>
  readSourceFile(file)
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');

/** Folders in a folder, by name. */
function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

/** Images in the folder of a class, by name. @throws Error naming the folder where there are none, and what to do */
function imagesIn(folder: string): string[] {
  if (!existsSync(folder)) throw new Error(`${folder} is missing.`);
  const present = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();
  const images = present.filter((name) => /\.(png|jpe?g)$/i.test(name));
  if (images.length === 0) {
    const found = present.length === 0 ? 'it is empty' : `it has ${oneLine(present.slice(0, 3).join(', '), 100)}`;
    throw new Error(
      `${folder} holds no images: ${found}; expected *.png, *.jpg or *.jpeg. Put images of the class there, or remove the folder.`,
    );
  }
  return images.map((name) => path.join(folder, name));
}

function requireClasses(names: string[], folder: string): void {
  if (names.length < 2 || names.length > mostClasses) {
    throw new Error(`${folder} holds ${names.length} folders of classes; expected 2 to ${mostClasses}.`);
  }
}

async function readImages(list: LabelledFile[], side: number, folder: string): Promise<ImageSplit> {
  if (list.length === 0) throw new Error(`${folder} holds no images: expected <class>/*.png or *.jpg in it.`);
  const size = side * side * 3;
  const images = new Uint8Array(list.length * size);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < list.length; index = next++) {
      try {
        images.set(await readImage(list[index].file, side), index * size);
      } catch (error) {
        // Nothing more is begun.
        next = list.length;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = workers.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return { images, labels: Uint8Array.from(list, ({ label }) => label), count: list.length };
}

/** RGB, [side, side, 3]; grey becomes RGB, what is transparent becomes black. */
async function readImage(file: string, side: number): Promise<Buffer> {
  // Read here: a file that shrinks while libvips has it mapped would end the process.
  const bytes = readSourceFile(file);
  try {
    if (!isPngOrJpeg(bytes)) throw new Error('unsupported image format, expected PNG or JPEG');
    // Loaded when the first image is: most of what knows the names of datasets reads none.
    const { default: sharp } = await import('sharp');
    return await sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error' })
      .flatten({ background: 'black' })
      .resize(side, side, { fit: 'fill' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw new Error(`${file} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
  }
}

/** By what it begins with: libvips would also draw SVG, and much else, under any name. */
function isPngOrJpeg(bytes: Buffer): boolean {
  return (
    bytes.subarray(1, 4).toString('latin1') === 'PNG' || bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
  );
}
