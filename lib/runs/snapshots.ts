/** Snapshots: the sets that a run had at earlier iterations, each in a folder of its own under the run's, with the students on it. */
import { existsSync, readdirSync } from 'node:fs';
import type { Configuration } from '../distillation/configuration';
import { makeFolder } from '../files/file-error';
import type { Parameters } from '../tensor/parameters';
import { formatSeconds } from '../terminal/progress';
import { writeDistilledSet, type WrittenData } from './distilled-file';
import { snapshotPlace } from './identity';
import { advice, readSetResult, setFiles, type RunPlace } from './run-files';
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

/**
 * @param wanted iterations that the run has passed
 * @throws Error where the set of one was not kept: it cannot be had from what became of it
 */
export function requireSnapshots(place: RunPlace, wanted: readonly number[]): void {
  const missing = wanted.filter((iteration) => !hasSnapshot(place, iteration));
  if (missing.length === 0) return;
  const kept = keptSnapshots(place);
  const result = readSetResult(place);
  const iterations = (which: readonly number[]) => `iteration${which.length > 1 ? 's' : ''} ${which.join(', ')}`;
  const beside = kept.length > 0 ? `, only of ${iterations(kept)}` : '';
  const again = result ? ` Distilling it again, which took ${formatSeconds(result.seconds)}, keeps them.` : '';
  throw new Error(
    `${place.folder} is past ${iterations(missing)}, and has kept no set of ${missing.length > 1 ? 'these' : 'that'}${beside}: earlier sets cannot be had from later ones. ` +
      `Ask for snapshots that it has, or of later iterations.${again} ${advice(place.folder)}`,
  );
}
