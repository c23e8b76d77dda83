/** Images in folders, one folder a class: Tiny-ImageNet, and any images of one's own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { oneLine } from '../files/one-line';
import { foldersIn, imagesIn, readImages, requireClasses, tellLeftOut, type LabelledFile } from './class-folders';
import { assembleDataset } from './dataset';
import { defineFormat, type DatasetFormat, type FoundDataset } from './dataset-format';
import { tableLayouts } from './image-table';
import { isFolder, readSourceFile } from './source-file';

/** Side of one's own images once they are resized, unless something else is said. */
export const ownSide = 32;

/** Sides that images are resized to: fewer pixels show nothing, and more are not learned in the memory of a machine. */
const [smallestSide, largestSide] = [8, 512];

/** @throws RangeError for what is no size of an image */
export function requireSide(side: unknown, whose: string): asserts side is number {
  if (typeof side === 'number' && Number.isInteger(side) && side >= smallestSide && side <= largestSide) return;
  throw new RangeError(
    `${whose} is ${String(side)}; allowed is a whole number of pixels from ${smallestSide} to ${largestSide}, as 32, 64 or 128.`,
  );
}

/** What the folder of images to test on may be called, beside `test`. */
const otherTests = ['val', 'validation', 'valid'];

/**
 * One's own images: FOLDER/{train,test}/<class>/*.{png,jpg,jpeg}, resized to side x side RGB, or a table of them.
 * @param folders that may hold them, under the folder that is read; '' is that folder itself
 */
export function formatOfFolder(name: string, folders: readonly string[], side: number = ownSide): DatasetFormat {
  return defineFormat({
    dataset: name,
    folders,
    files: ['train', 'test'],
    about: `your own images: FOLDER/{train,test}/<class>/*.{png,jpg}, resized to ${side}x${side} RGB`,
    sources: [],
    completion:
      'It is your own: put there what is missing, a folder of images a class as FOLDER/{train,test}/<class>/*.png; the images ' +
      `to test on may also lie in ${otherTests.join('/, ')}/.`,
    also: [
      ...otherTests.map((test) => ({
        folders,
        isIn: (folder: string) => ['train', test].every((split) => foldersAt(path.join(folder, split)).length > 0),
        read: (found: string) => readFolders(found, { name, test, side }),
      })),
      ...tableLayouts(folders, { name, native: [side, side, 3] }),
    ],
    readFrom: (found) => readFolders(found, { name, test: 'test', side }),
  });
}

/** One's own images in the data folder. */
export const folderFormat = formatOfFolder('folder', ['', 'folder']);

/** Refuses folders of too few or too many classes; tables are not looked at. @throws Error naming the folder */
export function requireClassFolders({ folder, layout }: FoundDataset): void {
  if (layout?.classSizes) return;
  const train = path.join(folder!, 'train');
  requireClasses(foldersAt(train), train);
}

/**
 * Training images of each class of one's own, without reading an image: those in its folder, or as the labels of a table say.
 * @throws Error naming the folder or file, and what is wrong with it
 */
export function classSizesOf({ folder, layout }: FoundDataset): number[] {
  if (layout?.classSizes) return layout.classSizes(folder!);
  const train = path.join(folder!, 'train');
  return foldersAt(train).map((name) => imagesIn(path.join(train, name)).length);
}

/** None where there is no such folder. */
const foldersAt = (folder: string) => (isFolder(folder) ? foldersIn(folder) : []);

/** @param test name of the folder of images to test on */
async function readFolders(found: string, { name, test, side }: { name: string; test: string; side: number }) {
  const classNames = foldersIn(path.join(found, 'train'));
  requireClasses(classNames, path.join(found, 'train'));
  const labels = new Map(classNames.map((one, label) => [one, label]));
  const leftOut: string[] = [];
  const read = (split: string) => {
    const list = foldersIn(path.join(found, split)).flatMap((one) => {
      const label = labels.get(one);
      const at = path.join(found, split, one);
      if (label === undefined) throw new Error(`${at}: there is no class '${one}' in ${path.join(found, 'train')}.`);
      return imagesIn(at, leftOut).map((file) => ({ file, label }));
    });
    return readImages(list, { side, classCount: classNames.length, folder: path.join(found, split) });
  };
  const [train, tested] = [await read('train'), await read(test)];
  tellLeftOut(leftOut);
  return assembleDataset({ name, imageShape: [side, side, 3], classNames, train, test: tested });
}

const tinySide = 64;

/** The authors' constants, which are ImageNet's. */
const tinyStatistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/**
 * Tiny-ImageNet: train/<wnid>/images/*.JPEG, and its validation images, which serve as the test set (its own test images
 * have no labels). Classes are in the order of their WordNet numbers. Its validation images may be sorted into folders of classes.
 */
export const tinyImageNet: DatasetFormat = defineFormat({
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
  archives: ['tiny-imagenet-200.zip'],
  also: [
    {
      folders: ['tiny-imagenet', 'tiny-imagenet-200', ''],
      isIn: (folder) => ['train', 'val'].every((split) => hasNumberedFolders(path.join(folder, split))),
      read: (found) => readTiny(found, (numbers) => sortedValidationFiles(path.join(found, 'val'), numbers)),
    },
    ...tableLayouts(
      ['tiny-imagenet', 'tiny-imagenet-200', ''],
      { name: 'tiny-imagenet', native: [tinySide, tinySide, 3], ...tinyStatistics },
      { npz: ['tiny-imagenet.npz'] },
    ),
  ],
  readFrom: (found) => readTiny(found, (numbers) => validationFiles(path.join(found, 'val'), numbers)),
});

/** Whether a folder has folders, all named by WordNet numbers. */
function hasNumberedFolders(folder: string): boolean {
  const names = foldersAt(folder);
  return names.length > 0 && names.every((name) => /^n\d+$/.test(name));
}

async function readTiny(found: string, validation: (numbers: string[]) => LabelledFile[]) {
  const numbers = foldersIn(path.join(found, 'train'));
  requireClasses(numbers, path.join(found, 'train'));
  const train = numbers.flatMap((number, label) =>
    imagesOfNumber(path.join(found, 'train', number)).map((file) => ({ file, label })),
  );
  const sizes = { side: tinySide, classCount: numbers.length };
  const words = path.join(found, 'words.txt');
  return assembleDataset({
    name: 'tiny-imagenet',
    imageShape: [tinySide, tinySide, 3],
    classNames: existsSync(words) ? wordsOf(words, numbers) : numbers,
    train: await readImages(train, { ...sizes, folder: path.join(found, 'train') }),
    test: await readImages(validation(numbers), { ...sizes, folder: path.join(found, 'val') }),
    ...tinyStatistics,
  });
}

/** In a folder `images` of the class, as they come, or in that of the class. */
function imagesOfNumber(folder: string): string[] {
  const inner = path.join(folder, 'images');
  return imagesIn(existsSync(inner) ? inner : folder);
}

/** Validation images that were sorted into folders of classes, in the order that they came in: that of their numbers. */
function sortedValidationFiles(folder: string, numbers: string[]): LabelledFile[] {
  const place = ({ file }: LabelledFile) => Number(/(\d+)\.\w+$/.exec(file)?.[1] ?? 0);
  return foldersIn(folder)
    .flatMap((number) => {
      const label = numbers.indexOf(number);
      if (label < 0) throw new Error(`${path.join(folder, number)}: there is no class '${number}' in train.`);
      return imagesOfNumber(path.join(folder, number)).map((file) => ({ file, label }));
    })
    .sort((first, second) => place(first) - place(second));
}

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
