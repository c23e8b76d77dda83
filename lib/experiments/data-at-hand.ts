/** Datasets, loaded and prepared once a process: a notebook's cells share them. */
import { loadDataset } from '../data/load-dataset';
import type { PreparedDataset, Whitening } from '../data/image-source';
import { prepareDataset } from '../data/prepare';
import { useBackend } from '../tensor/backend';

const prepared = new Map<string, Promise<PreparedDataset>>();

export interface DataOptions {
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Default 'normalise'. */
  whitening?: Whitening;
}

/**
 * A dataset ready for networks; the process keeps it, nobody disposes of it.
 * @throws Error that says where was looked, and how to get the dataset
 */
export async function dataAtHand(
  name: string,
  { data, whitening = 'normalise' }: DataOptions = {},
): Promise<PreparedDataset> {
  await useBackend();
  const key = JSON.stringify([name, data, whitening]);
  let found = prepared.get(key);
  if (!found) {
    found = loadDataset(name, { folder: data }).then((dataset) => prepareDataset(dataset, { whitening }));
    prepared.set(key, found);
    // A failure is not kept: the dataset may be there at the next call.
    found.catch(() => prepared.delete(key));
  }
  return found;
}
