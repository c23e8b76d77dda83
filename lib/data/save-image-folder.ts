/** Images of a dataset as a folder of picture files: what others call an ImageFolder. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { makeFolder, writing } from '../files/file-error';
import { writeWhole } from '../files/whole-file';
import type { ImageSource, PreparedDataset } from './image-source';

/** Which images of a dataset are saved. */
export interface SaveImageFolderOptions {
  /** Classes to save, by number. Default: all. */
  classes?: readonly number[];
  /** Training images of each class, from the first. Default: all. */
  perClass?: number;
  /** Test images of each class, from the first. Default: all. */
  testPerClass?: number;
}

/**
 * Writes FOLDER/{train,test}/<class>/00000.png, ..., which `imageFolder(FOLDER)` reads again, and PyTorch's ImageFolder too. Files that
 * lie there stay as they are.
 * @returns the folder
 */
export async function saveImageFolder(
  data: PreparedDataset,
  folder: string,
  { classes = data.classNames.map((_, label) => label), perClass, testPerClass }: SaveImageFolderOptions = {},
): Promise<string> {
  const wrong = classes.find((label) => !(Number.isInteger(label) && label >= 0 && label < data.classNames.length));
  if (wrong !== undefined) {
    throw new RangeError(
      `saveImageFolder: there is no class ${wrong}; ${data.name} has the classes 0 to ${data.classNames.length - 1}.`,
    );
  }
  for (const label of classes) {
    // A separator in a name, as of 'apple/pear', would make two folders.
    const name = data.classNames[label].replace(/[/\\]/g, '_');
    await saveClass(data, data.train, path.join(folder, 'train', name), label, perClass);
    await saveClass(data, data.test, path.join(folder, 'test', name), label, testPerClass);
  }
  return folder;
}

async function saveClass(
  data: PreparedDataset,
  source: ImageSource,
  folder: string,
  label: number,
  count?: number,
): Promise<void> {
  const indices = source.indicesOfClass[label].subarray(0, count);
  makeFolder(folder);
  const images = source.batch(indices);
  const pixels = data.toPixels(images);
  images.dispose();
  const [height, width, channels] = source.imageShape;
  const size = height * width * channels;
  for (let place = 0; place < indices.length; place++) {
    const file = path.join(folder, `${String(place).padStart(5, '0')}.png`);
    if (existsSync(file)) continue;
    const raw = { width, height, channels: channels as 1 | 3 };
    const png = await sharp(pixels.subarray(place * size, (place + 1) * size), { raw })
      .png()
      .toBuffer();
    writing(file, () => writeWhole(file, png));
  }
}
