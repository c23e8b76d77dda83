/** The settings that a notebook's first cell fixes, and that whoever executes notebooks without hands may override. */
import { datasetFrom, datasetNameOf, datasetNames, type DatasetName } from '../data/dataset-names';
import { profileNames } from '../settings/profile-names';
import type { Configuration } from '../distillation/configuration';

export interface NotebookSettings {
  profile: Configuration['profile'];
  dataset: DatasetName;
}

/**
 * The given settings, under HABA_PROFILE and HABA_DATASET where these are set. HABA_DATASET may also be a folder of one's own images,
 * with a slash in it, and HABA_IMAGE_SIZE the side that they are resized to.
 * @throws RangeError when one of the two is not a known name
 * @throws Error naming the folder, and what is missing there
 */
export function notebookSettings(settings: NotebookSettings): NotebookSettings {
  return {
    profile: fromEnvironment('HABA_PROFILE', profileNames) ?? settings.profile,
    dataset: ownFromEnvironment() ?? fromEnvironment('HABA_DATASET', datasetNames) ?? settings.dataset,
  };
}

function ownFromEnvironment(): DatasetName | undefined {
  const { HABA_DATASET: word = '', HABA_IMAGE_SIZE: side } = process.env;
  return word.includes('/') ? datasetNameOf(datasetFrom(word, side ? Number(side) : undefined)) : undefined;
}

function fromEnvironment<T extends string>(variable: string, allowed: readonly T[]): T | undefined {
  const value = process.env[variable];
  if (value === undefined || value === '') return undefined;
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new RangeError(`${variable} is '${value}'; allowed are ${allowed.join(', ')}.`);
  return found;
}
