/** Datasets brought to the data folder: from their official address, or from files at hand. */
import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { findDataset, type DatasetFormat } from './dataset-format';
import { datasetNames, type DatasetName } from './dataset-names';
import { makeFolder } from '../files/file-error';
import type { FetchOptions } from './fetch-file';
import { datasetFormats, isEmbedded, type LibraryDatasetName } from './formats';
import { ownDatasetOf } from './own-datasets';
import { dataFolder, requireDatasetName } from './load-dataset';
import { clearDeadHolder, takeLock, type Holder, type Lock } from '../files/lock';
import { packedFile } from './source-file';
import { isArchive, unpack } from './unpack';

/** What is being done, for a progress bar. */
export interface ObtainProgress {
  stage: 'fetching' | 'unpacking';
  /** Name of the file. */
  file: string;
  /** Bytes that have arrived, and in all where the server says; while fetching. */
  received?: number;
  total?: number;
}

export interface ObtainOptions extends Omit<FetchOptions, 'onProgress'> {
  /** Data folder. Default: HABA_DATA if set, else 'data' under the current directory. */
  folder?: string;
  /** Archives or files at hand, instead of the official address. They are not changed, and no checksum is asked of them. */
  from?: readonly string[];
  onProgress?: (progress: ObtainProgress) => void;
  /** Called once where another process is bringing the dataset, which is waited for. */
  onWait?: (holder: Holder) => void;
  /** Default: the format of that name. */
  format?: DatasetFormat;
}

/** Thrown where a dataset is not there, and not to be had either: without internet, or where it is one's own. */
export class DatasetUnavailable extends Error {
  override name = 'DatasetUnavailable';
}

/**
 * Brings a dataset to the data folder, as a folder of its name that appears whole or not at all; a dataset that is there
 * stays as it is. A broken transfer is gone on with by the next call.
 * @returns the folder it lies in
 * @throws RangeError for an unknown name, and for 'shapes'
 * @throws DatasetUnavailable naming the address and the reason, and the way without internet
 * @throws Error naming the file, the reason, and what to do: a folder that cannot be written, a damaged archive, ...
 */
export async function obtainDataset(name: string, options: ObtainOptions = {}): Promise<string> {
  requireDatasetName(name);
  if (ownDatasetOf(name)) throw new RangeError(`The dataset '${name}' is your own; there is nothing to download.`);
  const { folder = dataFolder(), format = datasetFormats[name as LibraryDatasetName] } = options;
  if (isEmbedded(format))
    throw new RangeError(`The dataset '${name}' is drawn on the spot; there is nothing to download.`);
  const present = wholeFolder(folder, format);
  const lockName = `.${name}.holder`;
  if (present !== undefined) {
    await clearDeadHolder(folder, { name: lockName, alsoRemove: () => removeFetched(folder, format) });
    return present;
  }
  makeFolder(folder, advice);
  const { onWait, signal } = options;
  const lock = await takeLock(folder, { name: lockName, onWait, signal });
  try {
    return wholeFolder(folder, format) ?? (await bring(format, folder, whileHeld(options, lock), lock.check));
  } finally {
    await lock.release();
  }
}

const advice = { instead: '--data FOLDER, or HABA_DATA' };

/** Ends where another process has taken over. */
function whileHeld(options: ObtainOptions, { lost, check }: Lock): ObtainOptions {
  return {
    ...options,
    signal: options.signal ? AbortSignal.any([options.signal, lost]) : lost,
    onProgress: (progress) => {
      check();
      options.onProgress?.(progress);
    },
  };
}

async function bring(
  format: DatasetFormat,
  folder: string,
  options: ObtainOptions,
  check: Lock['check'],
): Promise<string> {
  const home = path.join(folder, format.dataset);
  if (existsSync(home) && (!statSync(home).isDirectory() || readdirSync(home).length > 0)) {
    throw new Error(
      `${home} is in the way: it is not a whole ${format.dataset} (it lacks ${findDataset(folder, format).missing.join(', ')}). ` +
        'Move it away, or name another data folder: --data FOLDER.',
    );
  }
  const packed = packedFile(folder, format);
  const files = options.from ?? (packed === undefined ? await fetchAll(format, folder, options) : [packed]);
  // Beside its home, so that a rename moves it there in one step.
  const begin = `.${format.dataset}.unpacking`;
  check();
  // A process that was killed may have left one; who was suspended and replaced shall not go on in it.
  for (const name of readdirSync(folder)) {
    if (name.startsWith(begin)) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  const workspace = path.join(folder, `${begin}-${randomUUID()}`);
  mkdirSync(workspace);
  try {
    for (const file of files) {
      options.onProgress?.({ stage: 'unpacking', file: path.basename(file) });
      if (isArchive(file)) await unpack(file, workspace);
      else copyFileSync(file, path.join(workspace, path.basename(file)));
    }
    const content = withoutWrapper(workspace);
    const also = format.also?.map((layout) => ({ ...layout, folders: [''] }));
    const { missing } = findDataset(content, { ...format, folders: [''], also });
    if (missing.length > 0) {
      throw new Error(
        `${files.join(', ')}: this is not ${format.dataset}, it lacks ${missing.join(', ')}. Nothing was changed in ${folder}.`,
      );
    }
    check();
    if (existsSync(home)) rmdirSync(home);
    renameSync(content, home);
  } finally {
    // A file that was being opened when unpacking failed may still appear.
    rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  }
  removeFetched(folder, format);
  return home;
}

/** Where files lie that are being fetched. */
function fetchFolder(folder: string, format: DatasetFormat): string {
  return path.join(folder, `.${format.dataset}.fetching`);
}

function removeFetched(folder: string, format: DatasetFormat): void {
  rmSync(fetchFolder(folder, format), { recursive: true, force: true });
}

/** The official files, fetched to a folder of their own. */
async function fetchAll(format: DatasetFormat, folder: string, options: ObtainOptions): Promise<string[]> {
  const { dataset, sources } = format;
  if (sources.length === 0) throw new DatasetUnavailable(`The dataset '${dataset}' is your own: put it in ${folder}.`);
  // Loaded here: who has the dataset waits for no client of the internet. Not by import(), which in a notebook knows no TypeScript.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { fetchFile, NotFetched } = require('./fetch-file') as typeof import('./fetch-file');
  const files: string[] = [];
  mkdirSync(fetchFolder(folder, format), { recursive: true });
  for (const source of sources) {
    const file = path.posix.basename(new URL(source.urls[0]).pathname);
    const target = path.join(fetchFolder(folder, format), file);
    const onProgress: FetchOptions['onProgress'] = (received, total) =>
      options.onProgress?.({ stage: 'fetching', file, received, total });
    try {
      if (!existsSync(target)) await fetchFile(source, target, { ...options, onProgress });
    } catch (error) {
      if (!(error instanceof NotFetched)) throw error;
      throw new DatasetUnavailable(
        `${error.message} Without internet, bring the file from elsewhere: npm run haba -- data ${dataset} --from FILE`,
        { cause: error },
      );
    }
    files.push(target);
  }
  return files;
}

/** The one folder that an archive wraps its files in, or the folder itself. */
function withoutWrapper(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.length === 1 && entries[0].isDirectory() ? path.join(folder, entries[0].name) : folder;
}

/** Where all files of a dataset are. */
function wholeFolder(folder: string, format: DatasetFormat): string | undefined {
  const { folder: found, missing } = findDataset(folder, format);
  return missing.length === 0 ? found : undefined;
}

/** What is known of a dataset without reading it. */
export interface DatasetEntry {
  name: DatasetName;
  /** 'embedded' needs no files; 'incomplete' lacks some of its files. */
  state: 'embedded' | 'present' | 'incomplete' | 'absent';
  about: string;
  /** Where its files are. */
  folder?: string;
}

/** All datasets, and which of them are in the data folder. */
export function listDatasets(folder: string = dataFolder()): DatasetEntry[] {
  return datasetNames.map((name) => {
    const format: DatasetFormat = datasetFormats[name];
    if (isEmbedded(format)) return { name, state: 'embedded', about: format.about };
    const { folder: found, missing } = findDataset(folder, format);
    const state = found === undefined ? 'absent' : missing.length > 0 ? 'incomplete' : 'present';
    return { name, state, about: format.about, folder: found };
  });
}
