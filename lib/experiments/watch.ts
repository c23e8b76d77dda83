/** Tasks executed while somebody watches: what is done, runs, waits and failed, as one picture; and what came of them. */
import { RunStopped } from '../runs/context';
import { createBoard, type Board } from '../terminal/board';
import type { ProgressReporter } from '../terminal/progress';
import type { Executor, PlannedTask, TaskListener } from './executor';
import { createGridState, type GridItem, type GridState } from './grid-state';
import type { TaskResult } from './task-events';

/** Thrown when tasks of a grid failed; the others are done and stored. */
export class GridFailed extends Error {
  override name = 'GridFailed';
}

/** Tasks for one executor. */
export interface GridPart {
  executor: Executor;
  tasks: readonly PlannedTask[];
  /** Which item of the grid each task is. */
  items: readonly number[];
}

export interface WatchOptions {
  /** Who is told, instead of a board of several lines that suits the place the program runs in. */
  progress?: ProgressReporter;
  signal: AbortSignal;
}

/**
 * Executes parts of a grid, one after the other. What fails is told at once, and the rest goes on.
 * @returns what came of each item that is in a part
 * @throws GridFailed when all others are done, naming the items that failed, and why
 * @throws RunStopped after an interrupt; what is done is kept
 */
export async function executeWatched(
  items: readonly GridItem[],
  parts: readonly GridPart[],
  { progress, signal }: WatchOptions,
): Promise<Map<number, TaskResult>> {
  const results = new Map<number, TaskResult>();
  const failures = new Map<number, Error>();
  const state = createGridState(items, { atOnce: Math.max(1, ...parts.map(({ executor }) => executor.atOnce)) });
  const view = progress ? reporterView(progress, items, state) : boardView(createBoard(), state);
  const told = new Set<string>();
  /** What every run of the grid has to say, e.g. of a GPU that is not used, is said once. */
  const news = (sentence: string) => {
    if (!told.has(sentence)) view.news(sentence);
    told.add(sentence);
  };
  try {
    for (const part of parts) {
      const itemOf = (task: number) => part.items[task];
      const listener: TaskListener = {
        began(task) {
          state.began(itemOf(task));
          view.changed(itemOf(task), true);
        },
        progress: (task) => ({
          stage(stage) {
            state.stage(itemOf(task), stage);
            view.changed(itemOf(task));
          },
          update(done, values) {
            state.update(itemOf(task), done, values);
            view.changed(itemOf(task));
          },
          // What a run says of itself stands in the grid's tables.
          note: (message, kind) => {
            if (kind === 'news') news(message);
          },
          end: () => undefined,
        }),
        waits(task) {
          state.waits(itemOf(task));
          view.changed(itemOf(task), true);
        },
        done(task, result) {
          results.set(itemOf(task), result);
          state.ended(itemOf(task), 'done');
          view.changed(itemOf(task));
        },
        failed(task, error) {
          failures.set(itemOf(task), error);
          state.ended(itemOf(task), 'failed');
          view.news(`${items[itemOf(task)].label} failed: ${error.message}`);
          view.changed(itemOf(task));
        },
        news,
      };
      await part.executor.execute(part.tasks, listener, signal);
      if (signal.aborted) break;
    }
  } finally {
    view.end();
  }
  if (signal.aborted) {
    const kept = 'what was done of others is kept. The same again goes on from there.';
    throw new RunStopped(`Stopped: ${state.counts()}; ${kept}`);
  }
  if (failures.size > 0) throw failureOf(items, failures);
  return results;
}

/** Alike reasons are told once. */
function failureOf(items: readonly GridItem[], failures: ReadonlyMap<number, Error>): GridFailed {
  const alike = new Map<string, string[]>();
  for (const [item, { name, message }] of failures) {
    const reason = name === 'Error' ? message : `${name}: ${message}`;
    alike.set(reason, [...(alike.get(reason) ?? []), items[item].label]);
  }
  const listed = [...alike].map(([reason, labels]) => `  ${labels.join(', ')}: ${reason}`);
  const what = `${failures.size} of ${items.length} failed; the others are done and stored.`;
  return new GridFailed([what, ...listed].join('\n'), { cause: [...failures.values()][0] });
}

interface GridView {
  /** @param urgent where something begins that nothing may follow for long */
  changed(item: number, urgent?: boolean): void;
  news(sentence: string): void;
  end(): void;
}

function boardView(board: Board, state: GridState): GridView {
  return {
    changed: (_item, urgent) => board.show(state.lines(), urgent),
    news(sentence) {
      board.note(sentence);
      board.show(state.lines(), true);
    },
    end() {
      board.show(state.lines());
      board.end();
    },
  };
}

/** For a reporter, which knows one stage at a time: that of the item that runs longest, called by what the grid has come to. */
function reporterView(progress: ProgressReporter, items: readonly GridItem[], state: GridState): GridView {
  let shown = '';
  return {
    changed(item) {
      const { stage, values } = state.of(item);
      if (item !== state.longest || !stage) return;
      const key = `${item} ${stage.name}`;
      if (key !== shown) {
        const name = `${state.summary()}; ${items[item].label}: ${stage.name}`;
        progress.stage({ name, total: stage.total, done: stage.done });
      } else progress.update(stage.done ?? 0, values);
      shown = key;
    },
    news: (sentence) => progress.note(sentence, 'news'),
    end: () => progress.end(),
  };
}
