/** `haba distill`: a set and its students. */
import type { Command } from 'commander';
import { configurationOf, withConfiguration, type ConfigurationFlags } from './configuration-flags';
import { numbers, wholeNumber, withPlaces, type PlaceFlags } from './flags';
import { printResult } from './print';

export function addDistill(program: Command): void {
  withPlaces(
    withConfiguration(
      program.command('distill').description('distil a dataset, and train students on what comes of it'),
    ),
  )
    .option('--method <name>', 'task loss, e.g. dm, dc, dsa or mtt')
    .option('--ipc <number>', 'images per class (of --set images, where no other is given)', wholeNumber)
    .option('--bases <number>', 'bases per class (with --set haba or haba-linba)', wholeNumber)
    .option(
      '--labels <kind>',
      'of items: hard (the default), experts (their mean prediction), or learned (dc, dsa, mtt)',
    )
    .option('--iterations <number>', 'outer iterations', wholeNumber)
    .option('--snapshots <iterations...>', 'whose sets are kept beside the last one, e.g. 30 100 300', numbers)
    .option('--experts <folder>', 'experts for mtt and for labels, by default results/experts')
    .option('--make-experts', 'make experts that are missing, with those settings, before the first iteration')
    .action(async ({ data, runs, experts, makeExperts, ...flags }: ConfigurationFlags & PlaceFlags) => {
      const { run } = await import('../runs/run');
      printResult(await run(await configurationOf(flags), { data, runs, experts, makeExperts }));
    });
}
