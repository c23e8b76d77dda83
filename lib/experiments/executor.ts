/** Who executes the tasks of a grid: this process, others beside it, or a cluster. */
import type { Estimate } from '../distillation/estimate';
import { RunStopped } from '../runs/context';
import type { ProgressReporter } from '../terminal/progress';
import type { TaskResult } from './task-events';
import { executeTask } from './execute-task';
import type { TaskRequest } from './task';

/** A task in the order of a grid. */
export interface PlannedTask extends TaskRequest {
  /** Tasks, by their places among all, that must have ended, however they ended, before this one begins; all come before it. */
  after: readonly number[];
  /** What it will take, by the speed of this machine; undefined where nothing can be told, as on a GPU. */
  estimate?: Estimate;
}

/** Who is told what becomes of tasks, by their places. */
export interface TaskListener {
  began(task: number): void;
  /** Who is told how far a task is. */
  progress(task: number): ProgressReporter;
  /** It had begun, and waits to go on, as a task that a cluster queued again. */
  waits(task: number): void;
  done(task: number, result: TaskResult): void;
  /** The others go on. @param error a sentence; lines after the first are the last that its process said */
  failed(task: number, error: Error): void;
  /** A sentence that a reader must not miss, and that is of no one task. */
  news(sentence: string): void;
}

/**
 * Executes tasks, and may be written for any place that has the project, its data, and the folders that tasks name: there,
 * `npm run haba -- task FILE` does one and says how far it is (`task-events.ts`).
 */
export interface Executor {
  /** At most so many tasks run at once: time left follows from it. */
  readonly atOnce: number;
  /**
   * Does every task, and tells of each that it is done or failed.
   * @param signal asks to stop soon, and to keep what is done: then it resolves when nothing runs any more, or what runs does so
   * without it, as on a cluster; of tasks nothing more is told
   * @throws Error where no task can be done at all
   */
  execute(tasks: readonly PlannedTask[], listener: TaskListener, signal: AbortSignal): Promise<void>;
}

/** Makes nothing: what is not stored is told as failed. */
export const storedOnly: Executor = {
  atOnce: 1,
  execute(tasks, listener) {
    for (const place of tasks.keys()) {
      listener.began(place);
      listener.failed(place, new Error('it is not stored, and nothing was to be made'));
    }
    return Promise.resolve();
  },
};

/** One task after the other, in this process. */
export const here: Executor = {
  atOnce: 1,
  async execute(tasks, listener, signal) {
    for (const [place, { task, places }] of tasks.entries()) {
      if (signal.aborted) return;
      listener.began(place);
      try {
        const result = await executeTask(task, { ...places, progress: listener.progress(place), signal });
        listener.done(place, result);
      } catch (error) {
        if (signal.aborted || error instanceof RunStopped) return;
        listener.failed(place, error as Error);
      }
    }
  },
};
