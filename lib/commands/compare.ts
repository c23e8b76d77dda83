/** `haba compare`: every matching loss. */
import type { Command } from 'commander';
import type { QuestionSettings } from '../questions/cells';
import type { MethodsOptions } from '../questions/methods/grid';
import { executorOf, reportOf, storedOption, withSlurm, workersOption, type WorkerFlags } from './executor-flags';
import { profileOption, threadsOption, wholeNumber, wholeNumbers, withPlaces, type PlaceFlags } from './flags';

interface CompareFlags extends Omit<MethodsOptions, 'basesPerClass'> {
  profile: QuestionSettings['profile'];
  dataset?: QuestionSettings['dataset'];
  bases?: number;
}

export function addCompare(program: Command): void {
  withSlurm(
    withPlaces(
      program
        .command('compare')
        .description('every matching loss on images and on HaBa beside random real images: results/tables/methods.*'),
    ),
  )
    .addOption(profileOption('quick'))
    .option('--dataset <name>', 'dataset, by default cifar10')
    .option('--methods <names...>', "e.g. dm mtt; by default all of the library's")
    .option('--ipc <number>', 'images per class, by default 10', wholeNumber)
    .option('--bases <number>', 'bases per class that take no more floats, by default 9', wholeNumber)
    .option('--seeds <numbers...>', 'of distillation, by default 0 1 2', wholeNumbers)
    .option('--experts <folder>', 'expert trajectories for mtt, by default results/experts')
    .addOption(workersOption())
    .addOption(storedOption())
    .addOption(threadsOption())
    .action(async (flags: PlaceFlags & WorkerFlags & CompareFlags) => {
      const {
        data,
        runs,
        experts,
        workers,
        threads,
        slurm,
        sbatch,
        runsPerTask,
        stored,
        bases,
        profile,
        dataset = 'cifar10',
        ...options
      } = flags;
      const { methodsGrid } = await import('../questions/methods/grid');
      const { methodsTable } = await import('../questions/methods/table');
      const { exportTables } = await import('../report/export');
      const { runGrid } = await import('../experiments/grid');
      const cells = methodsGrid({ profile, dataset }, { ...options, basesPerClass: bases });
      const report = reportOf('compare', flags);
      const executor = await executorOf({ workers, threads, slurm, sbatch, runsPerTask, stored, report });
      const methods = methodsTable('methods', await runGrid(cells, { data, runs, experts, executor }));
      process.stdout.write(`${methods.table.toMarkdown()}\n${JSON.stringify({ files: exportTables([methods]) })}\n`);
    });
}
