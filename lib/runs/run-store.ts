/** The folder `results/runs`: what lies there, and how it is removed. Nothing is removed that was not named in full. */
import { existsSync, lstatSync, readdirSync, rmSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';
import { summariseAccuracy, type Accuracy } from '../evaluation/evaluation';
import type { TestSplit } from '../evaluation/student-settings';
import { readText } from '../files/open-file';
import { nearestName } from '../files/nearest-name';
import { currentHolder, describeHolder, type Holder } from '../files/lock';
import {
  defaultRuns,
  hashInName,
  placeOf,
  readIdentity,
  readRecipe,
  readSetResult,
  readStudents,
  setFiles,
  studentsFiles,
  type SetResult,
  type StoredIdentity,
  type StoredRecipe,
} from './run-files';
import { keptSnapshots } from './snapshots';

/** Students of one recipe. */
export interface StudentsSummary {
  /** Name of their folder. */
  name: string;
  recipe: StoredRecipe;
  /** Images that they were tested on. */
  split: TestSplit;
  /** Undefined where none is trained yet. */
  accuracy?: Accuracy;
  /** That they took together. */
  seconds: number;
}

export interface RunSummary {
  /** Name of its folder. */
  name: string;
  folder: string;
  /** 'old': of a version of haba whose runs are no longer read. */
  state: 'finished' | 'unfinished' | 'running' | 'unreadable' | 'old';
  holder?: Holder;
  /** Size of all its files. */
  bytes: number;
  /** Iterations before its last whose sets it has kept. */
  snapshots: number[];
  /** Size of what a finished run no longer needs: its checkpoint. */
  spareBytes: number;
  /** Last change, milliseconds since 1970. */
  changed: number;
  /** Absent where it is not written yet, or cannot be read. */
  identity?: StoredIdentity;
  result?: SetResult;
  students: StudentsSummary[];
}

/** Every run of a folder, by name. */
export function listRuns(runs: string = defaultRuns()): RunSummary[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRun(path.join(runs, entry.name)))
    .map((entry) => summarise(path.join(runs, entry.name)))
    .sort((first, second) => (first.name < second.name ? -1 : 1));
}

/** Files that a run may have, whole or begun, also one that was killed before it wrote its configuration. */
const ofRuns =
  /^(configuration|environment|result|selection|holder)\.|^(metrics\.jsonl|(checkpoint|preparation|distilled)\.safetensors)/;

function isRun(folder: string): boolean {
  const names = readdirSync(folder);
  return names.length === 0 || names.some((name) => ofRuns.test(name));
}

function summarise(folder: string): RunSummary {
  const files = setFiles(folder);
  const holder = holderOf(folder);
  const spareBytes = existsSync(files.result) && existsSync(files.checkpoint) ? statSync(files.checkpoint).size : 0;
  const common = {
    name: path.basename(folder),
    folder,
    holder,
    bytes: folderBytes(folder),
    snapshots: keptSnapshots(placeOf(folder)),
    spareBytes,
    changed: lastChange(folder),
    students: [],
  };
  if (isOld(folder)) return { ...common, state: 'old' };
  try {
    const place = placeOf(folder);
    const result = readSetResult(place);
    const identity = result || existsSync(files.configuration) ? readIdentity(folder) : undefined;
    const students = studentsFolders(folder).map((one) => {
      const place = placeOf(one);
      const trained = readStudents(place);
      const recipe = readRecipe(place);
      return {
        name: path.basename(one),
        recipe,
        split: recipe.evaluation.split,
        ...(trained.length > 0 ? { accuracy: summariseAccuracy(trained.map(({ accuracy }) => accuracy)) } : {}),
        seconds: trained.reduce((sum, { seconds }) => sum + seconds, 0),
      };
    });
    return { ...common, identity, result, students, state: holder ? 'running' : result ? 'finished' : 'unfinished' };
  } catch {
    return { ...common, state: 'unreadable' };
  }
}

/** Runs of the first version were not sealed. */
function isOld(folder: string): boolean {
  try {
    const identity = JSON.parse(readText(setFiles(folder).configuration)) as Record<string, unknown>;
    return 'configuration' in identity && !('seal' in identity);
  } catch {
    return false;
  }
}

/** Whoever works on the set, or on students of it or of its snapshots. */
function holderOf(folder: string): Holder | undefined {
  const sets = [folder, ...foldersIn(setFiles(folder).snapshots)];
  const places = [folder, ...sets.flatMap((set) => foldersIn(setFiles(set).students))];
  return places.map(currentHolder).find((holder) => holder !== undefined);
}

function studentsFolders(folder: string): string[] {
  return foldersIn(setFiles(folder).students)
    .filter((one) => existsSync(studentsFiles(one).configuration))
    .sort();
}

/** None where there is no such folder. */
function foldersIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name));
}

/**
 * Removes runs, named in full.
 * @returns what was removed
 * @throws Error when a name is not a run's, or a run is being worked on; then nothing is removed
 */
export function removeRuns(names: readonly string[], runs: string = defaultRuns()): RunSummary[] {
  const chosen = chooseRuns(names, runs);
  for (const { folder } of chosen) {
    // Cut short in between, it is no finished run any more.
    rmSync(setFiles(folder).result, { force: true, recursive: true });
    rmSync(folder, { recursive: true });
  }
  return chosen;
}

/**
 * Removes the checkpoints of finished runs, which nothing needs any more; results and distilled sets stay.
 * @returns the runs that became smaller
 * @throws Error as {@link removeRuns}
 */
export function pruneRuns(names: readonly string[], runs: string = defaultRuns()): RunSummary[] {
  const chosen = chooseRuns(names, runs).filter(({ spareBytes }) => spareBytes > 0);
  for (const { folder } of chosen) rmSync(setFiles(folder).checkpoint);
  return chosen;
}

/**
 * A run by the name of its folder, or by the hash at its end.
 * @throws Error where there is none, with the nearest name
 */
export function findRun(name: string, runs: string = defaultRuns()): RunSummary {
  const present = listRuns(runs);
  const found = present.find((run) => run.name === name) ?? present.find((run) => hashInName(run.folder) === name);
  if (found) return found;
  const nearest = nearestName(
    name,
    present.map((run) => run.name),
  );
  const meant = nearest ? ` Did you mean '${nearest}'?` : '';
  throw new Error(`There is no run '${name}' in ${runs}.${meant} npm run haba -- runs list names them.`);
}

function chooseRuns(names: readonly string[], runs: string): RunSummary[] {
  const present = new Map(listRuns(runs).map((run) => [run.name, run]));
  return [...new Set(names)].map((name) => {
    const run = present.get(name);
    if (!run)
      throw new Error(
        `'${name}' is not a run in ${runs}. The names there: ${[...present.keys()].join(', ') || 'none'}.`,
      );
    if (run.holder) throw new Error(`${describeHolder(run.folder, run.holder)} Nothing was removed.`);
    return run;
  });
}

function folderBytes(folder: string): number {
  return filesOf(folder).reduce((sum, { size }) => sum + size, 0);
}

function lastChange(folder: string): number {
  return Math.max(lstatSync(folder).mtimeMs, ...filesOf(folder).map(({ mtimeMs }) => mtimeMs));
}

/** Of a run that is worked on, files may vanish while they are looked at. */
function filesOf(folder: string): Stats[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const inner = path.join(folder, entry.name);
    return entry.isDirectory() ? filesOf(inner) : (lstatSync(inner, { throwIfNoEntry: false }) ?? []);
  });
}
