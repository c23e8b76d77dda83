/** A research question as a grid of runs: each is stored, so that what is done is returned and only what changed is run. */
import { RunStopped, type RunOptions } from '../runs/context';
import type { RunResult } from '../runs/train-students';
import { listenForInterrupt } from '../terminal/interrupt';
import { createProgress, formatSeconds, type ProgressReporter } from '../terminal/progress';
import { here, type Executor, type PlannedTask, type TaskListener } from './executor';
import type { RunTask } from './task';

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

export interface GridOptions extends RunOptions {
  /** Who executes the runs: this process, one after the other ('here'), or a value that executes them elsewhere. Default 'here'. */
  executor?: 'here' | Executor;
}

/** Thrown when runs of a grid failed; the others are done and stored. */
export class GridFailed extends Error {
  override name = 'GridFailed';
}

/**
 * Makes every run of a grid, and shows how many are done, which are running, how many are left and how long they will take.
 * Interrupted, it goes on where it stopped. A run that fails does not end the grid: the others are made all the same.
 * @throws GridFailed when all others are done, naming the runs that failed, and why
 * @throws RunStopped after an interrupt; what is done is kept
 */
export async function runGrid<Factors>(
  cells: readonly GridCell<Factors>[],
  options: GridOptions = {},
): Promise<GridRun<Factors>[]> {
  const { executor: chosen = 'here', progress = createProgress(), signal, ...places } = options;
  const executor = chosen === 'here' ? here : chosen;
  const results = new Map<number, RunResult>();
  const failures = new Map<number, Error>();
  const tasks = cells.map(({ label, task }): PlannedTask => ({ label, task, places, after: [] }));
  const seconds = () => [...results.values()].reduce((sum, result) => sum + result.seconds, 0);
  const listener: TaskListener = {
    began: () => undefined,
    progress: (task) => {
      const left = cells.length - results.size - failures.size;
      const time = results.size === 0 ? '' : `, about ${formatSeconds((left * seconds()) / results.size)}`;
      const failed = failures.size === 0 ? '' : `, ${failures.size} failed`;
      const place = `${results.size} of ${cells.length} runs done${failed}, ${left} left${time}; running ${cells[task].label}`;
      return innerProgress(progress, place);
    },
    done: (task, result) => void results.set(task, result as RunResult),
    failed: (task, error) => {
      failures.set(task, error);
      progress.note(`${cells[task].label} failed: ${error.message}`, 'news');
    },
    news: (sentence) => progress.note(sentence, 'news'),
  };
  const interrupt = listenForInterrupt(signal);
  try {
    await executor.execute(tasks, listener, interrupt.signal);
    if (interrupt.signal.aborted) {
      const done = `${results.size} of ${cells.length} runs are done`;
      throw new RunStopped(`Stopped; ${done}, and what was done of others is kept. The same again goes on from there.`);
    }
    if (failures.size > 0) throw failureOf(cells, failures);
    progress.note(
      `${results.size} of ${cells.length} runs done; they took ${formatSeconds(seconds())} when they were made`,
    );
    return cells.map(({ label, factors }, place) => ({ label, factors, result: results.get(place)! }));
  } finally {
    progress.end();
    interrupt.release();
  }
}

function failureOf(cells: readonly { label: string }[], failures: ReadonlyMap<number, Error>): GridFailed {
  const alike = new Map<string, string[]>();
  for (const [place, { name, message }] of failures) {
    const reason = `${name}: ${message}`;
    alike.set(reason, [...(alike.get(reason) ?? []), cells[place].label]);
  }
  const listed = [...alike].map(([reason, labels]) => `  ${labels.join(', ')}: ${reason}`);
  return new GridFailed(
    [`${failures.size} of ${cells.length} runs failed; the others are done and stored.`, ...listed].join('\n'),
    { cause: [...failures.values()][0] },
  );
}

/** Shows a run's stages as parts of the grid; what a run says of itself stands in the grid's tables. */
function innerProgress(progress: ProgressReporter, place: string): ProgressReporter {
  return {
    stage: (stage) => progress.stage({ ...stage, name: `${place}: ${stage.name}` }),
    update: (done, values) => progress.update(done, values),
    note: (message, kind) => {
      if (kind === 'news') progress.note(message, kind);
    },
    end: () => undefined,
  };
}
