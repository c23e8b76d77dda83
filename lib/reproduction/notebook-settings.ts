/** The settings that a notebook's first cell fixes, and that whoever executes notebooks without hands may override. */
import { datasetNames, type DatasetName } from '../data/dataset-names';
import type { Configuration } from '../distillation/configuration';

export interface NotebookSettings {
  profile: Configuration['profile'];
  dataset: DatasetName;
}

const profiles = ['smoke', 'quick', 'paper'] as const;

/**
 * The given settings, under HABA_PROFILE and HABA_DATASET where these are set.
 * @throws RangeError when one of the two is not a known name
 */
export function notebookSettings(settings: NotebookSettings): NotebookSettings {
  return {
    profile: fromEnvironment('HABA_PROFILE', profiles) ?? settings.profile,
    dataset: fromEnvironment('HABA_DATASET', datasetNames) ?? settings.dataset,
  };
}

function fromEnvironment<T extends string>(variable: string, allowed: readonly T[]): T | undefined {
  const value = process.env[variable];
  if (value === undefined || value === '') return undefined;
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new RangeError(`${variable} is '${value}'; allowed are ${allowed.join(', ')}.`);
  return found;
}
