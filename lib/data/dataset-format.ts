/** What the data room knows about a dataset of the library: what it looks like, and how to find, read and obtain it. */
import type { Dataset } from './dataset';
import type { Wanted } from './source-file';

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
  /** @throws Error naming file and reason where files are missing or malformed */
  read(this: void, folder: string): Dataset | Promise<Dataset>;
}

export interface OfficialFile {
  /** Addresses, tried in turn; the last part of the first is the file's name. */
  urls: readonly string[];
  /** Hexadecimal, as published. */
  md5: string;
}
