/** `haba grid`: grids on a cluster. */
import type { Command } from 'commander';
import { reportOf, runsPerTaskOption, sbatchOption, type WorkerFlags } from './executor-flags';
import type { PlaceFlags } from './flags';
import { printJson } from './print';
import { sweptCells, withSweep, type SweepFlags } from './sweep-flags';

export function addGrid(program: Command): void {
  const grid = program.command('grid').description('grids on a cluster with Slurm: submit, status, cancel, logs');

  withSweep(
    grid
      .command('submit')
      .description(
        'submit a sweep, except what is stored or in the queue, with the report of it as the last stage, and leave it there',
      ),
  )
    .addOption(sbatchOption())
    .addOption(runsPerTaskOption())
    .action(async (flags: PlaceFlags & WorkerFlags & SweepFlags) => {
      const { data, runs, experts, threads, sbatch, runsPerTask } = flags;
      const { tasksLeft } = await import('../experiments/grid');
      const { submitTasks } = await import('../experiments/slurm/submit');
      const { reportAfter } = await import('../experiments/write-report');
      const cells = await sweptCells(flags);
      const tasks = await tasksLeft(cells, { data, runs, experts });
      const report = reportAfter(tasks, reportOf('sweep', flags));
      const submitted = await submitTasks([...tasks, report], { cpus: threads, sbatch, runsPerTask });
      const now = submitted.grid?.tasks.length ?? 0;
      const jobs = [...new Set(submitted.tasks.map(({ job }) => job))];
      printJson({ grid: submitted.grid?.name, submitted: now, inQueue: submitted.tasks.length - now, jobs });
    });

  grid
    .command('status', { isDefault: true })
    .description('each task of a grid, why it waits or failed; without a name: counts of all grids')
    .argument('[name]', 'of the grid')
    .action(async (name: string | undefined) => {
      const { gridCounts, gridStatus } = await import('../experiments/slurm/look-at-grid');
      if (name === undefined) {
        for (const { name: one, counts } of await gridCounts()) {
          const told = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
          process.stdout.write(`${one}  ${told.join(', ')}\n`);
        }
        return;
      }
      for (const { place, label, state, about } of await gridStatus(name))
        process.stdout.write(`${place.padEnd(7)}  ${state.padEnd(7)}  ${label}${about ? `: ${about}` : ''}\n`);
    });

  grid
    .command('cancel')
    .description('end what waits and runs of a grid; what is done is kept')
    .argument('<name>', 'of the grid')
    .action(async (name: string) => {
      const { cancelGrid } = await import('../experiments/slurm/look-at-grid');
      process.stdout.write(`${await cancelGrid(name)} tasks are asked to end\n`);
    });

  grid
    .command('logs')
    .description('what a task says of itself')
    .argument('<name>', 'of the grid')
    .argument('<task>', 'its place, e.g. 0-17, or its label')
    .action(async (name: string, task: string) => {
      const { gridLog } = await import('../experiments/slurm/look-at-grid');
      for (const line of gridLog(name, task)) process.stdout.write(`${line}\n`);
    });

  grid
    .command('work', { hidden: true })
    .description('what a job of a grid runs')
    .argument('<file>', 'of tasks, one a line')
    .action(async (file: string) => {
      const { workOnNode } = await import('../experiments/slurm/on-node');
      const { taskStatus } = await import('../experiments/task-process');
      process.exitCode = taskStatus[await workOnNode(file, printJson)];
    });
}
