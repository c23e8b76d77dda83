/** Snapshots: the sets that a run had at earlier iterations, each in a folder of its own under the run's, with the students on it. */
import { existsSync, readdirSync } from 'node:fs';
import type { Configuration } from '../distillation/configuration';
import { makeFolder } from '../files/file-error';
import type { Parameters } from '../tensor/parameters';
import { writeDistilledSet, type WrittenData } from './distilled-file';
import { snapshotPlace } from './identity';
import { setFiles, type RunPlace } from './run-files';
import { instead } from './session';

/** Iterations whose sets are files beside the last one, each once, ascending; the last iteration's is the run's own set. */
export function wantedSnapshots({ snapshots = [], iterations }: Configuration): number[] {
  const before = snapshots.filter((iteration) => iteration < iterations);
  return [...new Set(before)].sort((first, second) => first - second);
}

/** Whether a run has kept its set of an iteration before its last. */
export function hasSnapshot(place: RunPlace, iteration: number): boolean {
  return existsSync(setFiles(snapshotPlace(place, iteration).folder).distilled);
}

/** Iterations before its last whose sets a run has kept, ascending. */
export function keptSnapshots(place: RunPlace): number[] {
  const { snapshots } = setFiles(place.folder);
  if (!existsSync(snapshots)) return [];
  return readdirSync(snapshots)
    .flatMap((name) => /^iteration-(\d+)-[0-9a-f]+$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((iteration) => hasSnapshot(place, iteration))
    .sort((first, second) => first - second);
}

export interface KeptSet {
  configuration: Configuration;
  data: WrittenData;
  iteration: number;
  /** Of the set. */
  parameters: Parameters;
  /** What the matching method learned beside it. */
  method: Parameters;
}

/** Writes a set as that of an iteration of a run; its tensors stay the caller's. */
export function writeSnapshot(place: RunPlace, { iteration, ...set }: KeptSet): void {
  const { folder, hash } = snapshotPlace(place, iteration);
  makeFolder(folder, instead);
  writeDistilledSet(setFiles(folder).distilled, { ...set, run: hash, snapshot: { of: place.hash, iteration } });
}

/** Those of the wanted snapshots that a run has not kept, ascending. */
export function missingSnapshots(place: RunPlace, configuration: Configuration): number[] {
  return wantedSnapshots(configuration).filter((iteration) => !hasSnapshot(place, iteration));
}

/** @throws Error where a run has not kept its set of an iteration, that says which it has kept, and how it is had */
export function requireSnapshot(place: RunPlace, iteration: number): void {
  if (hasSnapshot(place, iteration)) return;
  const kept = keptSnapshots(place);
  const only = kept.length > 0 ? `, only of ${kept.join(', ')}` : '';
  throw new Error(
    `${place.folder} has kept no set of iteration ${iteration}${only}. Ask its run for it, with 'snapshots': [${iteration}]; the iterations up to it are then done once more.`,
  );
}
