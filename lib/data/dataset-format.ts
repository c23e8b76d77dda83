/** What the data room knows about a dataset of the library: what it looks like, and how to find, read and obtain it. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Dataset } from './dataset';
import { findFiles, locateFiles, type Found, type Wanted } from './source-file';

/** What is known of a dataset before it is loaded. */
export interface DatasetShape {
  /** [height, width, channels] */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
}

export interface DatasetFormat extends Wanted {
  /** For people: classes, image size, numbers of images. */
  about: string;
  /** None where only its files tell. */
  shape?: DatasetShape;
  /** Official files; none where the dataset is one's own, or has no files. */
  sources: readonly OfficialFile[];
  /** What else its files may be, where the official ones are not whole. */
  also?: readonly OtherLayout[];
  /**
   * Reads it from a data folder, in whichever layout it lies there.
   * @throws Error naming file and reason where files are missing or malformed
   */
  read(this: void, folder: string): Dataset | Promise<Dataset>;
}

export interface OfficialFile {
  /** Addresses, tried in turn; the last part of the first is the file's name. */
  urls: readonly string[];
  /** Hexadecimal, as published. */
  md5: string;
}

/** Files that others keep the same dataset in. */
export interface OtherLayout {
  /** Folders that may hold them, under the data folder; '' is the data folder itself. */
  folders: readonly string[];
  /** Whether a folder holds all of them. */
  isIn(this: void, folder: string): boolean;
  /** @param found the folder that holds them */
  read(this: void, found: string): Dataset | Promise<Dataset>;
  /** Training images of each class, told without reading an image. Default: those of folders of classes. @param found as of `read` */
  classSizes?(this: void, found: string): number[];
}

/** Where a dataset is, and in which layout; none for the official one. */
export interface FoundDataset extends Found {
  layout?: OtherLayout;
}

/** The official files, where they are whole; else those of the first other layout that are. @param folder the data folder */
export function findDataset(folder: string, format: DatasetFormat): FoundDataset {
  const official = findFiles(folder, format);
  if (official.missing.length === 0) return official;
  for (const layout of format.also ?? []) {
    const found = layout.folders.map((name) => path.join(folder, name)).find((each) => layout.isIn(each));
    if (found !== undefined) return { folder: found, missing: [], layout };
  }
  return official;
}

/** A format whose reader is told the folder that its official files are in. */
export function defineFormat(
  format: Omit<DatasetFormat, 'read'> & { readFrom(this: void, found: string): Dataset | Promise<Dataset> },
): DatasetFormat {
  const { readFrom, ...rest } = format;
  const complete: DatasetFormat = {
    ...rest,
    read: (folder) => {
      const { folder: found, layout } = findDataset(folder, complete);
      return layout ? layout.read(found!) : readFrom(locateFiles(folder, complete));
    },
  };
  return complete;
}

/** Whether a folder holds all of these files, which are no folders. */
export function holdsFiles(folder: string, files: readonly string[]): boolean {
  return files.map((file) => path.join(folder, file)).every((file) => existsSync(file) && statSync(file).isFile());
}
