/** Finding and reading the files of a dataset, with errors that say where was looked and what to do. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The largest file that is read whole; every official file is far smaller. */
const largestBytes = 2 ** 30;

export interface Wanted {
  /** As on the command line, e.g. 'cifar10'. */
  dataset: string;
  /** Folders that may hold the files, under the data folder; '' is the data folder itself. */
  folders: readonly string[];
  files: readonly string[];
}

/**
 * The folder that holds a dataset's files: the first that has any of them.
 * @param folder the data folder
 * @throws Error naming the folders looked in and the command that downloads, or the files that are missing
 */
export function locateFiles(folder: string, { dataset, folders, files }: Wanted): string {
  const candidates = folders.map((name) => path.join(folder, name));
  const found = candidates.find((candidate) => files.some((file) => existsSync(path.join(candidate, file))));
  if (found === undefined) {
    throw new Error(
      `The dataset '${dataset}' is not there: looked for ${files.join(', ')} in ${candidates.join(', ')}. ` +
        `To download it: npm run haba -- data ${dataset}. If it lies elsewhere: --data FOLDER, or HABA_DATA=FOLDER.`,
    );
  }
  const missing = files.filter((file) => !existsSync(path.join(found, file)));
  if (missing.length > 0) {
    throw new Error(
      `The dataset '${dataset}' is incomplete: ${found} lacks ${missing.join(', ')}. ` +
        `To download it again: npm run haba -- data ${dataset}`,
    );
  }
  return found;
}

/**
 * A whole file.
 * @throws Error naming the file and why it cannot be read
 */
export function readSourceFile(file: string): Buffer {
  let bytes: number;
  try {
    const entry = statSync(file);
    if (!entry.isFile()) throw new Error('it is not a file');
    bytes = entry.size;
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  if (bytes > largestBytes) {
    throw new Error(`${file} has ${bytes} bytes; no file of a dataset read here has more than ${largestBytes}.`);
  }
  return readFileSync(file);
}
