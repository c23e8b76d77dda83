/** Images in folders, one folder a class: listed and decoded, with sentences that say what was found where it will not do. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { oneLine } from '../files/one-line';
import { decodeImages } from './decode-images';
import { labelsOf, mostClasses, type ImageSplit } from './dataset';
import { readSourceFile } from './source-file';

export interface LabelledFile {
  file: string;
  label: number;
}

/** Folders in a folder, by name; links to folders are folders. @throws Error naming a link that leads nowhere */
export function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .filter((entry) => {
      if (!entry.isSymbolicLink()) return entry.isDirectory();
      const target = statSync(path.join(folder, entry.name), { throwIfNoEntry: false });
      if (target === undefined) {
        throw new Error(`${path.join(folder, entry.name)} is a link that leads nowhere: mend it, or remove it.`);
      }
      return target.isDirectory();
    })
    .map(({ name }) => name)
    .sort();
}

/** Images that are not read, and would be missed. */
const otherImages = /\.(webp|gif|bmp|tiff?|avif|heic|jp2|ppm|pgm)$/i;

/**
 * Images in the folder of a class, by name.
 * @param leftOut is given those of other formats
 * @throws Error naming the folder where there are none, and what to do
 */
export function imagesIn(folder: string, leftOut?: string[]): string[] {
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
  leftOut?.push(...present.filter((name) => otherImages.test(name)).map((name) => path.join(folder, name)));
  return images.map((name) => path.join(folder, name));
}

/** Says of images of other formats, once, that they are left out. */
export function tellLeftOut(files: readonly string[]): void {
  if (files.length === 0) return;
  console.warn(
    `${files.length} images are left out, as ${files[0]}: only *.png, *.jpg and *.jpeg are read. Convert them, or move them away.`,
  );
}

/** @throws Error naming the folder of classes, where there are too few or too many */
export function requireClasses(names: readonly string[], folder: string): void {
  const [fewest, most] = [2, mostClasses];
  if (names.length >= fewest && names.length <= most) return;
  throw new Error(`${folder} holds ${names.length} folders of classes; expected ${fewest} to ${most}.`);
}

/**
 * Reads and resizes images, [count, side, side, 3].
 * @param folder named where there are none
 */
export async function readImages(
  list: readonly LabelledFile[],
  { side, classCount, folder }: { side: number; classCount: number; folder: string },
): Promise<ImageSplit> {
  if (list.length === 0) throw new Error(`${folder} holds no images: expected <class>/*.png or *.jpg in it.`);
  const images = await decodeImages(
    list.length,
    // Read here: a file that shrinks while libvips has it mapped would end the process.
    (index) => ({ name: list[index].file, bytes: readSourceFile(list[index].file) }),
    { imageShape: [side, side, 3] },
  );
  const labels = labelsOf(
    list.map(({ label }) => label),
    classCount,
  );
  return { images, labels, count: list.length };
}
