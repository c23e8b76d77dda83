/** Images in folders, one folder a class: Tiny-ImageNet, and any images of one's own. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { oneLine } from '../files/one-line';
import { assembleDataset, type ImageSplit } from './dataset';
import type { DatasetFormat } from './dataset-format';
import { locateFiles, readSourceFile } from './source-file';

/** Images decoded at a time; sharp has threads of its own. */
const atOnce = 16;

/** An image of more pixels is refused: decoding it would take more memory than it is worth. */
const mostPixels = 50_000_000;

/** A class fits in a byte. */
const mostClasses = 256;

/** Side of one's own images once they are resized. */
const ownSide = 32;

interface LabelledFile {
  file: string;
  label: number;
}

/** One's own images: FOLDER/{train,test}/<class>/*.{png,jpg,jpeg}, resized to 32x32 RGB. */
export const imageFolder: DatasetFormat = {
  dataset: 'folder',
  folders: ['', 'folder'],
  files: ['train', 'test'],
  about: 'your own images: FOLDER/{train,test}/<class>/*.{png,jpg}, resized to 32x32 RGB',
  sources: [],
  read: async (folder) => {
    const found = locateFiles(folder, imageFolder);
    const classNames = foldersIn(path.join(found, 'train'));
    requireClasses(classNames, path.join(found, 'train'));
    const list = (split: string) =>
      foldersIn(path.join(found, split)).flatMap((name) => {
        const label = classNames.indexOf(name);
        const at = path.join(found, split, name);
        if (label < 0) throw new Error(`${at}: there is no class '${name}' in ${path.join(found, 'train')}.`);
        return imagesIn(at).map((file) => ({ file, label }));
      });
    return assembleDataset({
      name: 'folder',
      imageShape: [ownSide, ownSide, 3],
      classNames,
      train: await readImages(list('train'), ownSide, path.join(found, 'train')),
      test: await readImages(list('test'), ownSide, path.join(found, 'test')),
    });
  },
};

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
