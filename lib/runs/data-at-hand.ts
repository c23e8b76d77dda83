/** Datasets, loaded and prepared once a process: a notebook's cells share them. */
import type { Dataset } from '../data/dataset';
import { datasetNameOf, type DatasetInput, type DatasetName } from '../data/dataset-names';
import { loadDataset } from '../data/load-dataset';
import { ownDatasetOf, type OwnDataset } from '../data/own-datasets';
import { describeHolder } from '../files/lock';
import { DatasetUnavailable, obtainDataset } from '../data/obtain-dataset';
import { createProgress, type ProgressReporter } from '../terminal/progress';
import type { PreparedDataset, Whitening } from '../data/image-source';
import { prepareDataset } from '../data/prepare';
import { useBackend } from '../tensor/backend';

const prepared = new Map<string, Promise<PreparedDataset>>();

export interface DataOptions {
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Default 'normalise'. */
  whitening?: Whitening;
  /** Keep the validation images out of the training split. Default false. */
  holdOut?: boolean;
}

/**
 * A dataset ready for networks; the process keeps it, nobody disposes of it.
 * @param dataset name of one, or one of one's own
 * @throws Error that says where was looked, and how to get the dataset
 */
export async function dataAtHand(
  dataset: DatasetInput | (string & {}),
  { data, whitening = 'normalise', holdOut = false }: DataOptions = {},
): Promise<PreparedDataset> {
  await useBackend();
  const name: string = datasetNameOf(dataset as DatasetInput);
  const own = ownDatasetOf(name);
  const key = JSON.stringify([name, own ? contentOf(await readOnce(own)) : data, whitening, holdOut]);
  let found = prepared.get(key);
  if (!found) {
    const loading = own ? readOnce(own) : loadDataset(name, { folder: data });
    found = loading.then((loaded) => prepareDataset(loaded, { whitening, holdOut }));
    prepared.set(key, found);
    // A failure is not kept: the dataset may be there at the next call.
    found.catch(() => prepared.delete(key));
  }
  return found;
}

const read = new WeakMap<OwnDataset, Promise<Dataset>>();

/** A dataset of one's own; made again by a cell, it is another value, and read again. */
function readOnce(own: OwnDataset): Promise<Dataset> {
  const found = read.get(own) ?? own.read();
  read.set(own, found);
  found.catch(() => read.delete(own));
  return found;
}

/** What tells datasets of one name apart: one that is read again and is the same is not prepared again. */
function contentOf({ checksum, imageShape, classNames }: Dataset): unknown {
  return { checksum, imageShape, classNames };
}

export interface NotebookData {
  data: PreparedDataset;
  /** The dataset that there is: the one asked for, or 'shapes' in its place. */
  dataset: DatasetName;
}

/**
 * The dataset asked for; downloaded, with its progress shown, where it is not there; where it is not to be had either, as
 * without internet, one sentence and `shapes` in its place, so that a notebook runs anywhere.
 * @throws RangeError for an unknown name
 * @throws Error where it is there and cannot be used, or cannot be written: nobody would want other figures instead
 */
export async function dataForNotebook(given: DatasetInput, options: DataOptions = {}): Promise<NotebookData> {
  const dataset = datasetNameOf(given);
  try {
    if (dataset !== 'shapes' && !ownDatasetOf(dataset)) await obtainWithProgress(dataset, options.data);
  } catch (error) {
    if (!(error instanceof DatasetUnavailable)) throw error;
    const [reason] = error.message.split(/\.(?:\s|$)/);
    const way = `npm run haba -- data ${dataset} --from FILE takes it from a file`;
    process.stdout.write(`${reason}; going on with the embedded dataset 'shapes' (${way}).\n`);
    return { dataset: 'shapes', data: await dataAtHand('shapes', options) };
  }
  return { dataset, data: await dataAtHand(dataset, options) };
}

export interface ObtainWithProgressOptions {
  /** Archives or files at hand, instead of the official address. */
  from?: string[];
  progress?: ProgressReporter;
}

/** {@link obtainDataset} with a progress bar. @returns the folder the dataset lies in */
export async function obtainWithProgress(
  dataset: string,
  folder?: string,
  { from, progress = createProgress() }: ObtainWithProgressOptions = {},
): Promise<string> {
  let current = '';
  try {
    return await obtainDataset(dataset, {
      folder,
      from,
      onWait: (holder) => progress.note(`${describeHolder(dataset, holder)} Waiting for it.`),
      onProgress: ({ stage, file, received = 0, total = 0 }) => {
        const name = `${stage} ${file} (MB)`;
        if (name !== current) progress.stage({ name, total: Math.ceil(total / 1e6) });
        current = name;
        progress.update(Math.round(received / 1e6));
      },
    });
  } finally {
    progress.end();
  }
}
