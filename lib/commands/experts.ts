/** `haba experts`: trajectories to match. */
import type { Command } from 'commander';
import { configurationOf, withConfiguration, type ConfigurationFlags } from './configuration-flags';
import { executorOf, withSlurm, workersOption, type WorkerFlags } from './executor-flags';
import { dataFolder, type PlaceFlags } from './flags';
import { printJson } from './print';

export function addExperts(program: Command): void {
  withSlurm(withConfiguration(program.command('experts').description('train the experts of trajectory matching')))
    .option(...dataFolder)
    .option('--experts <folder>', 'where experts are stored, by default results/experts')
    .addOption(workersOption())
    .action(async (given: ConfigurationFlags & PlaceFlags & WorkerFlags) => {
      const { data, experts, workers, threads, slurm, sbatch, runsPerTask, ...flags } = given;
      const { makeExperts } = await import('../experiments/make-experts');
      const executor = await executorOf({ workers, threads, slurm, sbatch, runsPerTask });
      const made = await makeExperts(await configurationOf({ ...flags, method: 'mtt' }), { data, experts, executor });
      printJson(made);
    });
}
