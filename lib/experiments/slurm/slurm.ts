/** Tasks executed by a cluster that Slurm manages. */
import type { Executor } from '../executor';
import { reportAfter } from '../write-report';
import { followTasks } from './follow';
import { submitTasks, type SubmitOptions } from './submit';

/** How jobs of a grid are submitted to Slurm, and how that is watched. */
export interface SlurmOptions extends SubmitOptions {
  /** Seconds between two looks at the queue and the logs. Default 10. */
  every?: number;
  /**
   * Commands of `npm run haba --` that the cluster runs when all else has ended, as a last stage that nobody needs to watch, e.g.
   * `[['runs', 'page']]`. Default: none.
   */
  report?: readonly (readonly string[])[];
}

/**
 * Submits what is missing of a grid as job arrays, and watches them. The project, its data and its results must lie where all nodes
 * see them, and `sbatch` must be there. Interrupted, or closed, it leaves the tasks to the cluster: the same again submits only what
 * is neither stored nor in the queue, and goes on watching.
 *
 *     await runGrid(cells, { executor: slurm({ partition: 'gpu', time: '4:00:00', gpus: 1, sbatch: ['--account=vision'] }) });
 *
 * @throws RangeError for options that cannot be
 */
export function slurm({ every = 10, report, ...options }: SlurmOptions = {}): Executor {
  if (!(every > 0)) throw new RangeError(`slurm: 'every' is ${every}; allowed is a number of seconds above 0.`);
  return {
    atOnce: options.atOnce ?? Infinity,
    async execute(tasks, listener, signal) {
      const stage = report ? [reportAfter(tasks, report)] : [];
      const { tasks: submitted, grid } = await submitTasks([...tasks, ...stage], options);
      const names = [...new Set(submitted.map((task) => task.grid))];
      const others = submitted.length - (grid?.tasks.length ?? 0);
      const parts = [
        ...(grid ? [`${tasksOf(grid.tasks.length)} submitted as grid ${grid.name}`] : []),
        ...(others > 0 ? [`${tasksOf(others)} in the queue already`] : []),
      ];
      listener.news(`${parts.join(', ')}.`);
      // Whoever watches to the end needs no report.
      await followTasks(submitted.slice(0, tasks.length), listener, { every, signal });
      if (signal.aborted)
        listener.news(
          `The cluster goes on with what was submitted; to look: npm run haba -- grid status; to end it: ${names.map((name) => `npm run haba -- grid cancel ${name}`).join('; ')}.`,
        );
    },
  };
}

const tasksOf = (count: number) => (count === 1 ? 'one task' : `${count} tasks`);
