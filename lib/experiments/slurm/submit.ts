/** Submitting tasks: one job array for each stage of them, after those that it needs; what is in the queue already is left there. */
import path from 'node:path';
import { dataFolder } from '../../data/load-dataset';
import { canonicalJson } from '../../files/canonical-json';
import { makeFolder } from '../../files/file-error';
import { takeLock } from '../../files/lock';
import { defaultExperts } from '../../matching/experts/experts-folder';
import { defaultRuns } from '../../runs/run-files';
import type { PlannedTask } from '../executor';
import type { Places, TaskRequest } from '../task';
import {
  gridsFolder,
  jobName,
  logFile,
  logPlace,
  makeGridFolder,
  readGrid,
  readJobName,
  removeGridFolder,
  scriptFile,
  taskFile,
  type GridTask,
  type SubmittedGrid,
} from './grid-folder';
import { jobScript, type JobOptions } from './job-script';
import { isOver, isWaiting, largestArray, lookAtQueue, SlurmFailed, submitJob, type Queue } from './queue';
import { lastSession, saidItsEnd } from './last-session';
import { inParts, stagesOf } from './stages';
import { openTaskLogs } from './task-log';

export interface SubmitOptions extends JobOptions {
  /** Tasks of an array that run at once, at most. Default: as many as the cluster lets. */
  atOnce?: number;
  /**
   * Runs that a task of an array makes, one after the other in one process, for runs that take not much longer than the start of
   * one, some seconds. Default 1.
   */
  runsPerTask?: number;
}

/** A task that was submitted, now or earlier. */
export interface SubmittedTask extends GridTask {
  /** Name of its grid, and the grid's folder. */
  grid: string;
  folder: string;
  /** Number of its array's job. */
  job: string;
}

export interface Submission {
  /** In the order of the tasks. */
  tasks: SubmittedTask[];
  /** What was submitted now, where anything was. */
  grid?: SubmittedGrid;
}

/**
 * Submits tasks, except those that wait or run already, whoever submitted them.
 * @throws SlurmFailed where Slurm refuses; what of the tasks it took goes on, and the same again submits the rest
 * @throws RangeError for options that cannot be
 */
export async function submitTasks(tasks: readonly PlannedTask[], options: SubmitOptions = {}): Promise<Submission> {
  const { atOnce, runsPerTask = 1 } = options;
  for (const [name, value] of Object.entries({ atOnce, runsPerTask })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw new RangeError(`slurm: '${name}' is ${value}; allowed is a whole number of at least 1.`);
  }
  const script = jobScript(options);
  const parent = gridsFolder();
  makeFolder(parent, { instead: 'HABA_RESULTS' });
  // Two who ask for the same at once would both find nothing of it in the queue.
  const lock = await takeLock(parent, { name: 'submitting' });
  try {
    const present = presentTasks(await lookAtQueue());
    const submitted = new Map<number, SubmittedTask>();
    const requests = tasks.map(({ label, task, places }): TaskRequest => ({ label, task, places: settled(places) }));
    for (const [place, request] of requests.entries()) {
      const found = present.get(keyOf(request));
      if (found) submitted.set(place, found);
    }
    for (const [place, { task }] of tasks.entries()) {
      // One that is in the queue does not wait for what is submitted now.
      if (task.kind === 'report' && submitted.size < tasks.length) submitted.delete(place);
    }
    const missing = [...tasks.keys()].filter((place) => !submitted.has(place));
    if (missing.length === 0) return { tasks: inOrder(submitted) };
    const arrays = stagesOf(tasks, missing, runsPerTask * (await largestArray())).map((places) =>
      inParts(places, runsPerTask),
    );
    const grid = makeGridFolder(
      script,
      arrays.map((jobs) => jobs.map((places) => places.map((place) => requests[place]))),
    );
    const placeOf = arrays.flat(2);
    for (const [array, jobs] of arrays.entries()) {
      const places = jobs.flat();
      const needed = places
        .flatMap((place) => tasks[place].after)
        .flatMap((before) => submitted.get(before)?.job ?? []);
      const job = await submitArray(grid, { array, count: jobs.length, atOnce, after: [...new Set(needed)] }).catch(
        (error: Error) => {
          if (array === 0) removeGridFolder(grid);
          throw array === 0 ? error : explainHalf(error, array, arrays.length);
        },
      );
      for (const [number, task] of grid.tasks.entries()) {
        if (task.array === array)
          submitted.set(placeOf[number], { ...task, grid: grid.name, folder: grid.folder, job });
      }
    }
    return { tasks: inOrder(submitted), grid };
  } finally {
    await lock.release();
  }
}

const inOrder = (tasks: ReadonlyMap<number, SubmittedTask>) =>
  [...tasks].sort(([first], [second]) => first - second).map(([, task]) => task);

const explainHalf = (error: Error, array: number, of: number) =>
  new SlurmFailed(
    `${error.message} (Of ${of} job arrays, ${array} were submitted, and go on; the same again submits the rest.)`,
    { cause: error },
  );

interface ArrayOptions {
  array: number;
  count: number;
  atOnce?: number;
  /** Numbers of the jobs that must have ended, however they did: a task whose experts failed says so by itself. */
  after: readonly string[];
}

function submitArray({ name, folder }: SubmittedGrid, { array, count, atOnce, after }: ArrayOptions): Promise<string> {
  // In a file name of sbatch, % begins a pattern.
  const log = logFile(folder.replaceAll('%', '%%'), array, '%a');
  return submitJob(
    `--job-name=${jobName(name, array)}`,
    `--array=0-${count - 1}${atOnce === undefined ? '' : `%${atOnce}`}`,
    `--output=${log}`,
    ...(after.length > 0 ? [`--dependency=afterany:${after.join(':')}`] : []),
    scriptFile(folder),
    taskFile(folder, array),
  );
}

/** Tasks of all grids that wait or run, by what they are; what said its end is not among them, though its job goes on. */
function presentTasks(queue: Queue): Map<string, SubmittedTask> {
  const present = new Map<string, SubmittedTask>();
  const grids = new Map<string, SubmittedGrid | undefined>();
  for (const [key, entry] of queue) {
    const [name, index] = splitKey(key);
    const named = readJobName(name);
    // What is about to end may have been cancelled; if it has not, the runs' locks keep the second waiting.
    if (!named || isOver(entry) || entry.state === 'COMPLETING') continue;
    if (!grids.has(named.grid)) grids.set(named.grid, gridIfHere(named.grid));
    const grid = grids.get(named.grid);
    if (!grid) continue;
    const { folder } = grid;
    const tasks = grid.tasks.filter((one) => one.array === named.array && one.index === index);
    const logs = openTaskLogs(tasks.map((task) => logPlace(folder, task)));
    for (const [place, task] of tasks.entries()) {
      if (!isWaiting(entry) && saidItsEnd(lastSession(logs[place]))) continue;
      present.set(keyOf(task), { ...task, grid: grid.name, folder, job: entry.job });
    }
  }
  return present;
}

/** A grid of another project of this person is none here. */
function gridIfHere(name: string): SubmittedGrid | undefined {
  try {
    return readGrid(name);
  } catch {
    return undefined;
  }
}

const splitKey = (key: string): [name: string, index: number] => {
  const space = key.lastIndexOf(' ');
  return [key.slice(0, space), Number(key.slice(space + 1))];
};

/** What a task is, whatever it is called. */
const keyOf = ({ task, places }: Pick<TaskRequest, 'task' | 'places'>) => canonicalJson({ task, places });

/** A job's working folder and environment need not be those of this process. */
function settled({ runs, data, experts }: Places): Places {
  return {
    runs: path.resolve(runs ?? defaultRuns()),
    data: path.resolve(data ?? dataFolder()),
    experts: path.resolve(experts ?? defaultExperts()),
  };
}
