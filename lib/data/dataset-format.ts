/** What the data room knows about a dataset that comes in files: how to find, read and obtain it. */
import type { Dataset } from './dataset';
import type { Wanted } from './source-file';

export interface DatasetFormat extends Wanted {
  /** For people: classes, image size, numbers of images. */
  about: string;
  /** Official files; none where the dataset is one's own. */
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
