/** A research question as a grid of runs: each is stored, so that what is done is returned and only what changed is run. */
import type { RunOptions } from '../runs/context';
import type { RunResult } from '../runs/train-students';
import { listenForInterrupt } from '../terminal/interrupt';
import { createProgress, formatSeconds } from '../terminal/progress';
import { takeStored } from './execute-task';
import { here, type Executor, type PlannedTask } from './executor';
import type { GridItem } from './grid-state';
import { configureTask, estimateTask, lookUp } from './look-up';
import { slurm } from './slurm/slurm';
import { estimatesOf, planRuns, type WantedRun } from './plan';
import { ownToThisProcess, type Places, type RunTask } from './task';
import { executeWatched, type GridPart } from './watch';
import { localWorkers, type WorkersOptions } from './workers';

/** One run of a grid. */
export interface GridCell<Factors> {
  /** Told while it runs, e.g. 'DM, HaBa, seed 1'. */
  label: string;
  /** What tells it from the other cells: columns of a table. */
  factors: Factors;
  /** What is done, as plain JSON. */
  task: RunTask;
}

/** A cell and what came of it. */
export type GridRun<Factors> = Omit<GridCell<Factors>, 'task'> & { result: RunResult };

/**
 * Who executes runs: this process, one after the other; a cluster, as its template says; so many processes beside this one; or a
 * value that executes them elsewhere, as `slurm({ partition: 'gpu' })`.
 */
export type ExecutorChoice = 'here' | 'slurm' | WorkersOptions | Executor;

/** Where the runs of a grid are made, beside what any run is given. */
export interface GridOptions extends RunOptions {
  /** Default: HABA_WORKERS processes where that is set, else 'here', which on two cores is as fast as two workers, in less memory. */
  executor?: ExecutorChoice;
}

/** @throws RangeError for workers that there cannot be */
export function chooseExecutor(choice: ExecutorChoice = executorOfEnvironment()): Executor {
  if (choice === 'here') return here;
  if (choice === 'slurm') return slurm();
  return 'execute' in choice ? choice : localWorkers(choice);
}

function executorOfEnvironment(): ExecutorChoice {
  const given = process.env.HABA_WORKERS;
  if (given === undefined || given === '') return 'here';
  const workers = Number(given);
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw new RangeError(`HABA_WORKERS is '${given}'; allowed is a whole number of at least 1.`);
  return { workers };
}

/**
 * Makes every run of a grid, and shows what is done, what runs, what waits, what failed and why, and how long the rest will take.
 * Interrupted, it goes on where it stopped. A run that fails does not end the grid: the others are made all the same.
 *
 *     const runs = await runGrid(diversity(settings), { executor: { workers: 4 } });
 *
 * Numbers are those of one run after the other with as many threads. A run of what was registered in this process, as a kind of
 * set of one's own, is made in this process, when the others are done.
 * @throws RangeError for an impossible configuration, before anything runs
 * @throws GridFailed when all others are done, naming the runs that failed, and why
 * @throws RunStopped after an interrupt; what is done is kept
 */
export async function runGrid<Factors>(
  cells: readonly GridCell<Factors>[],
  options: GridOptions = {},
): Promise<GridRun<Factors>[]> {
  const { executor: choice, progress, signal, ...places } = options;
  const executor = chooseExecutor(choice);
  const interrupt = listenForInterrupt(signal);
  try {
    const { results, wanted } = await divide(cells, places);
    const elsewhere = [...wanted.keys()].filter((cell) => executor !== here && !ownToThisProcess(cells[cell].task));
    const own = [...wanted.keys()].filter((cell) => !elsewhere.includes(cell));
    const items = cells.map(({ label }, cell): GridItem => ({ label, counted: 'runs', stored: results.has(cell) }));
    const parts: GridPart[] = [];
    if (elsewhere.length > 0) {
      const tasks = await planRuns(
        elsewhere.map((cell) => wanted.get(cell)!),
        places,
      );
      const experts = tasks.slice(0, tasks.length - elsewhere.length);
      const first = items.length;
      items.push(...experts.map(({ label }): GridItem => ({ label, counted: 'experts' })));
      parts.push({ executor, tasks, items: [...experts.map((_, expert) => first + expert), ...elsewhere] });
    }
    if (own.length > 0) {
      const runs = own.map((cell) => wanted.get(cell)!);
      const estimates = await estimatesOf(runs, places);
      const tasks = runs.map(
        ({ label, task }, place): PlannedTask => ({ label, task, places, after: [], estimate: estimates[place] }),
      );
      parts.push({ executor: here, tasks, items: own });
    }
    for (const part of parts) {
      for (const [task, item] of part.items.entries()) items[item].seconds = part.tasks[task].estimate?.seconds;
    }
    const told = progress ?? createProgress();
    if (wanted.size > 0) {
      const atOnce = Math.min(executor.atOnce, items.length - results.size);
      const seconds = items.filter(({ stored }) => !stored).map((item) => item.seconds);
      const sum = seconds.reduce(
        (total, one) => (total === undefined || one === undefined ? undefined : total + one),
        0,
      );
      const correction = await measuredCorrection(cells, results, places);
      told.note(announce(cells.length, results.size, sum === undefined ? undefined : sum / atOnce, correction), 'news');
    }
    if (executor !== here && own.length > 0) told.note(sayOwn(own.map((cell) => cells[cell])), 'news');
    const made =
      parts.length > 0 ? await executeWatched(items, parts, { progress, signal: interrupt.signal }) : results;
    const runs = cells.map(({ label, factors }, cell) => ({
      ...{ label, factors },
      result: (results.get(cell) ?? made.get(cell)) as RunResult,
    }));
    const seconds = runs.reduce((sum, { result }) => sum + result.seconds, 0);
    told.note(`${runs.length} of ${runs.length} runs done; they took ${formatSeconds(seconds)} when they were made`);
    return runs;
  } finally {
    interrupt.release();
  }
}

/**
 * What of a grid is stored, in its order; nothing is made. For runs that ask for another machine, as a GPU or a cluster, and are
 * to be read on this one:
 *
 *     const runs = await storedRuns(crossArchitecture(settings, { lengthened: 3 }));
 * @throws RangeError for an impossible configuration
 */
export async function storedRuns<Factors>(
  cells: readonly GridCell<Factors>[],
  { progress, ...places }: RunOptions = {},
): Promise<GridRun<Factors>[]> {
  const { results } = await divide(cells, places);
  const told = progress ?? createProgress();
  told.note(
    `${results.size} of ${cells.length} runs are stored${results.size < cells.length ? '; runGrid makes the others' : ''}`,
  );
  return [...results].map(([cell, result]) => ({ label: cells[cell].label, factors: cells[cell].factors, result }));
}

/** What is stored, as runs return it; and what is wanted still. @throws RangeError for an impossible configuration, before it looks */
async function divide(
  cells: readonly Omit<GridCell<unknown>, 'factors'>[],
  places: Places,
): Promise<{ results: Map<number, RunResult>; wanted: Map<number, WantedRun> }> {
  for (const { task } of cells) configureTask(task);
  const results = new Map<number, RunResult>();
  const wanted = new Map<number, WantedRun>();
  for (const [cell, { label, task }] of cells.entries()) {
    const found = await lookUp(task, places);
    const result = found.all ? await takeStored(task, places) : undefined;
    if (result) results.set(cell, result);
    else wanted.set(cell, { label, task, found });
  }
  return { results, wanted };
}

/**
 * The tasks that a grid still needs, in their order, for whoever executes them without watching.
 * @throws RangeError for an impossible configuration
 */
export async function tasksLeft(cells: readonly GridCell<unknown>[], places: Places): Promise<PlannedTask[]> {
  const { wanted } = await divide(cells, places);
  return planRuns([...wanted.values()], places);
}

/** How much longer than estimated the stored runs took; undefined where there are none, or nothing can be told. */
async function measuredCorrection(
  cells: readonly Omit<GridCell<unknown>, 'factors'>[],
  results: ReadonlyMap<number, RunResult>,
  places: Places,
): Promise<number | undefined> {
  let [measured, estimated] = [0, 0];
  for (const [cell, { seconds, snapshot }] of results) {
    // Its seconds are of a part of the iterations.
    if (snapshot) continue;
    const found = { ...(await lookUp(cells[cell].task, places)), set: false, students: false };
    const estimate = await estimateTask(found, places);
    if (estimate === undefined) return undefined;
    measured += seconds;
    estimated += estimate.seconds;
  }
  return estimated > 0 ? measured / estimated : undefined;
}

/** E.g. '12 runs: 4 are stored, 8 are to be made, in about 10 min 0 s as estimated, 8 min 0 s by how long the stored ones took'. */
function announce(all: number, stored: number, seconds: number | undefined, correction: number | undefined): string {
  const time = seconds === undefined ? '' : `, in about ${formatSeconds(seconds)} as estimated`;
  const measured =
    seconds === undefined || correction === undefined
      ? ''
      : `, ${formatSeconds(correction * seconds)} by how long the stored ones took`;
  return `${all} runs: ${stored} are stored, ${all - stored} are to be made${time}${measured}`;
}

function sayOwn(cells: readonly { label: string; task: RunTask }[]): string {
  const what = [...new Set(cells.map(({ task }) => ownToThisProcess(task)!))].join(' and ');
  const labels = cells.map(({ label }) => label).join('; ');
  return `Made in this process, when the others are done, since other processes do not have ${what}, which was registered here: ${labels}.`;
}
