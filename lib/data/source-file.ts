/** Finding and reading the files of a dataset, with errors that say where was looked and what to do. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { shellWord } from '../files/shell-word';

/** The largest file that is read whole; every official file is far smaller. */
const largestBytes = 2 ** 30;

/** The files a dataset consists of. */
export interface Wanted {
  /** As on the command line, e.g. 'cifar10'. */
  dataset: string;
  /** Folders that may hold the files, under the data folder; '' is the data folder itself. */
  folders: readonly string[];
  /** Files, or folders of files. */
  files: readonly string[];
  /** What the name of a file may also end in, e.g. '.gz'. Default ''. */
  suffix?: string;
  /** Official files to download; none where the dataset is one's own. */
  sources?: readonly unknown[];
  /** Names under which users may have it packed: what is advised where such a file is there. */
  archives?: readonly string[];
  /** What to do where files of one's own are missing. */
  completion?: string;
}

/** Where a dataset is, and which of its files are not. */
export interface Found {
  /** undefined where no file of it was found. */
  folder?: string;
  missing: string[];
}

/** The first of the folders that has any of the files. @param folder the data folder @throws Error where it is a file */
export function findFiles(folder: string, wanted: Wanted): Found {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new Error(
      `${folder} is a file; the folder of datasets is expected there: --data FOLDER, or HABA_DATA=FOLDER.`,
    );
  }
  const candidates = wanted.folders.map((name) => path.join(folder, name));
  const has = (candidate: string, file: string) => existingFile(candidate, file, wanted.suffix) !== undefined;
  const found = candidates.find((candidate) => wanted.files.some((file) => has(candidate, file)));
  return { folder: found, missing: wanted.files.filter((file) => found === undefined || !has(found, file)) };
}

/**
 * The folder that holds all files of a dataset.
 * @param folder the data folder
 * @throws Error naming the folders looked in and the command that downloads, or the files that are missing
 */
export function locateFiles(folder: string, wanted: Wanted): string {
  const { dataset, folders, files } = wanted;
  const { folder: found, missing } = findFiles(folder, wanted);
  if (found === undefined) {
    const candidates = folders.map((name) => path.join(folder, name));
    const packed = packedFile(folder, wanted);
    const way =
      packed !== undefined
        ? `${packed} is it, packed; to unpack it: npm run haba -- data ${dataset} --from ${shellWord(packed)}.`
        : isOwn(wanted)
          ? 'It is your own: put it there.'
          : `To download it: npm run haba -- data ${dataset}.`;
    throw new Error(
      `The dataset '${dataset}' is not there: looked for ${files.join(', ')} in ${candidates.join(', ')}. ` +
        `${way} If it lies elsewhere: --data FOLDER, or HABA_DATA=FOLDER.`,
    );
  }
  if (missing.length > 0) {
    const way = isOwn(wanted)
      ? (wanted.completion ?? 'It is your own: put there what is missing.')
      : `To download it again, move that folder away and run: npm run haba -- data ${dataset}`;
    throw new Error(`The dataset '${dataset}' is incomplete: ${found} lacks ${missing.join(', ')}. ${way}`);
  }
  return found;
}

const isOwn = ({ sources }: Wanted) => sources?.length === 0;

/** An archive of the dataset that lies where its files are looked for. @param folder the data folder */
export function packedFile(folder: string, { folders, archives = [] }: Wanted): string | undefined {
  return ['', ...folders]
    .flatMap((name) => archives.map((archive) => path.join(folder, name, archive)))
    .find((file) => existsSync(file));
}

/** Whether there is a folder, or a link to one. */
export function isFolder(place: string): boolean {
  return existsSync(place) && statSync(place).isDirectory();
}

/** The path of a file under its own name, or with the suffix; undefined where it is not there. */
export function existingFile(folder: string, name: string, suffix = ''): string | undefined {
  return [name, name + suffix].map((file) => path.join(folder, file)).find((file) => existsSync(file));
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
