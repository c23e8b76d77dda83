/**
 * A submitted grid, as its files: `results/grids/NAME/` has its script `job.sh`, and for each of its job arrays a file of tasks,
 * one a line, or a list of those that one job does, one after the other; and a log of each job in `logs/`. That is all that is
 * known of it beside the run store and Slurm's own queue.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../../files/file-error';
import { readText } from '../../files/open-file';
import { resultsFolder } from '../../files/results-folder';
import { writeWhole } from '../../files/whole-file';
import { readTaskRequest, type TaskRequest } from '../task';

export interface GridTask extends TaskRequest {
  /** Number of its array within the grid, and of its job within that. */
  array: number;
  index: number;
  /** Which of the job's tasks it is; undefined for the only one. */
  part?: number;
}

export interface SubmittedGrid {
  name: string;
  folder: string;
  tasks: GridTask[];
}

export const gridsFolder = () => path.resolve(resultsFolder('grids'));

/** Names of all grids, the oldest first. */
export function gridNames(): string[] {
  const folder = gridsFolder();
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(taskFile(path.join(folder, name), 0)))
    .sort();
}

/** @throws Error where there is none of this name, or a file of it cannot be read */
export function readGrid(name: string): SubmittedGrid {
  const folder = path.join(gridsFolder(), name);
  const tasks: GridTask[] = [];
  for (let array = 0; existsSync(taskFile(folder, array)); array++) {
    for (const [index, line] of readLines(taskFile(folder, array)).entries()) {
      const where = `Line ${index + 1} of ${taskFile(folder, array)}`;
      tasks.push(
        ...placed(
          requestsIn(line).map((text) => readTaskRequest(text, where)),
          { array, index },
        ),
      );
    }
  }
  if (tasks.length > 0) return { name, folder, tasks };
  const last = gridNames().slice(-3).join(', ');
  throw new Error(
    `There is no grid '${name}' in ${gridsFolder()}; ${last ? `the last are ${last}` : 'nothing was submitted'}.`,
  );
}

/** @returns requests of the tasks of a job @throws Error where there is no such line */
export function readTaskLine(file: string, index: number): string[] {
  const line = readLines(file)[index];
  if (line === undefined) throw new Error(`${file} has no line ${index + 1}.`);
  return requestsIn(line);
}

/** What is no list is one request, and whether it is any says whoever reads it. */
function requestsIn(line: string): string[] {
  if (!line.startsWith('[')) return [line];
  return (JSON.parse(line) as unknown[]).map((one) => JSON.stringify(one));
}

const placed = (requests: readonly TaskRequest[], place: { array: number; index: number }): GridTask[] =>
  requests.map((request, part) => ({ ...request, ...place, ...(requests.length > 1 ? { part } : {}) }));

const readLines = (file: string) => readText(file).trimEnd().split('\n');

/**
 * Makes the folder of a new grid, whose name sorts it behind older ones.
 * @param script text of its job.sh
 * @param arrays the tasks of each job of each array
 */
export function makeGridFolder(
  script: string,
  arrays: readonly (readonly (readonly TaskRequest[])[])[],
): SubmittedGrid {
  const parent = gridsFolder();
  makeFolder(parent, { instead: 'HABA_RESULTS' });
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  // Job names are made of it, and tell grids of several projects of one person apart.
  const name = `${now}-${randomBytes(3).toString('hex')}`;
  const folder = path.join(parent, name);
  mkdirSync(path.join(folder, 'logs'), { recursive: true });
  writeWhole(scriptFile(folder), script);
  const tasks: GridTask[] = [];
  for (const [array, jobs] of arrays.entries()) {
    const lines = jobs.map((requests) => JSON.stringify(requests.length > 1 ? requests : requests[0]));
    writeWhole(taskFile(folder, array), lines.map((line) => `${line}\n`).join(''));
    tasks.push(...jobs.flatMap((requests, index) => placed(requests, { array, index })));
  }
  return { name, folder, tasks };
}

/** Removes a grid of which nothing was submitted. */
export const removeGridFolder = ({ folder }: SubmittedGrid) => rmSync(folder, { recursive: true });

export const scriptFile = (folder: string) => path.join(folder, 'job.sh');
export const taskFile = (folder: string, array: number) => path.join(folder, `tasks-${array}.jsonl`);
export const logFile = (folder: string, array: number, index: number | string) =>
  path.join(folder, 'logs', `${array}-${index}.log`);

/** Where the words of a task are. */
export const logPlace = (folder: string, { array, index, part }: Pick<GridTask, 'array' | 'index' | 'part'>) => ({
  file: logFile(folder, array, index),
  part,
});

/** Name of the job of an array. */
export const jobName = (grid: string, array: number) => `haba-${grid}-${array}`;

/** The grid and array that a job's name says; undefined for any other job. */
export function readJobName(name: string): { grid: string; array: number } | undefined {
  const found = /^haba-(\d{8}-\d{6}-[0-9a-f]{6})-(\d+)$/.exec(name);
  return found ? { grid: found[1], array: Number(found[2]) } : undefined;
}
