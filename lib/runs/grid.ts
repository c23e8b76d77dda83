/** A research question as a grid of runs: each is stored, so that what is done is returned and only what changed is run. */
import { createProgress, formatSeconds, type ProgressReporter } from '../terminal/progress';
import type { RunOptions } from './context';
import type { RunResult } from './train-students';

/** One run of a grid. */
export interface GridCell<Factors> {
  /** Told while it runs, e.g. 'DM, HaBa, seed 1'. */
  label: string;
  /** What tells it from the other cells: columns of a table. */
  factors: Factors;
  run: (options: RunOptions) => Promise<RunResult>;
}

/** A cell and what came of it. */
export type GridRun<Factors> = Omit<GridCell<Factors>, 'run'> & { result: RunResult };

/**
 * Makes every run of a grid, one after the other, and shows how many are done, which one is running, how many are left and how
 * long they will take. Interrupted, it goes on where it stopped.
 * @throws what a run throws; runs before it are stored
 */
export async function runGrid<Factors>(
  cells: readonly GridCell<Factors>[],
  options: RunOptions = {},
): Promise<GridRun<Factors>[]> {
  const progress = options.progress ?? createProgress();
  const runs: GridRun<Factors>[] = [];
  const seconds = () => runs.reduce((sum, { result }) => sum + result.seconds, 0);
  try {
    for (const { label, factors, run } of cells) {
      const left = cells.length - runs.length;
      const time = runs.length === 0 ? '' : `, about ${formatSeconds((left * seconds()) / runs.length)}`;
      const place = `${runs.length} of ${cells.length} runs done, ${left} left${time}; running ${label}`;
      const result = await run({ ...options, progress: innerProgress(progress, place) });
      runs.push({ label, factors, result });
    }
    progress.note(
      `${runs.length} of ${runs.length} runs done; they took ${formatSeconds(seconds())} when they were made`,
    );
    return runs;
  } finally {
    progress.end();
  }
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
