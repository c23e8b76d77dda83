/** What is swept, as flags spell it. */
import type { Command } from 'commander';
import type { QuestionSettings } from '../questions/cells';
import { profileOption, threadsOption, withPlaces, words } from './flags';

export interface SweepFlags extends QuestionSettings {
  set?: string[];
  seed?: string;
  name?: string;
}

/** The options of it. */
export function withSweep(command: Command): Command {
  return withPlaces(command)
    .addOption(profileOption('quick'))
    .option('--dataset <name>', 'dataset, by default cifar10')
    .option(
      '--set <choice>',
      'key=value, or key=value,value to sweep, for any configuration key; or kinds of set, as images,haba (repeatable)',
      words,
    )
    .option('--seed <numbers>', 'of distillation, e.g. 0..4 or 0,3; by default 0..2')
    .option('--experts <folder>', 'expert trajectories for mtt, by default results/experts')
    .option('--name <name>', 'writes results/tables/NAME.*, too')
    .addOption(threadsOption());
}

/** The runs that these flags ask for. */
export async function sweptCells({ profile, dataset = 'cifar10', set = [], seed }: SweepFlags) {
  const { readSeeds, readSweptValues } = await import('../questions/sweep/settings');
  const { sweep } = await import('../questions/sweep/grid');
  const seeds = seed === undefined ? undefined : readSeeds(seed);
  return sweep({ profile, dataset }, { values: readSweptValues(set), seeds });
}
