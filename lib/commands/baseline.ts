/** `haba baseline`: students on real images. */
import type { Command } from 'commander';
import type { BaselineInput } from '../runs/run';
import { configurationOf, withConfiguration, type ConfigurationFlags } from './configuration-flags';
import { wholeNumber, withPlaces, type PlaceFlags } from './flags';
import { printResult } from './print';

interface BaselineFlags extends ConfigurationFlags {
  keep?: string;
}

export function addBaseline(program: Command): void {
  withPlaces(
    withConfiguration(program.command('baseline').description('train students on real images to compare with')),
  )
    .argument('<kind>', 'random, herding, k-centre, k-medoids, el2n, or full')
    .option('--ipc <number>', 'images per class', wholeNumber)
    .option('--keep <end>', 'of el2n: easiest (the default) or hardest')
    .option('--labels <kind>', 'of images: hard (the default), or experts (their mean prediction)')
    .option('--experts <folder>', 'experts for labels, by default results/experts')
    .option('--make-experts', 'make experts that are missing first')
    .action(async (kind: string, given: BaselineFlags & PlaceFlags) => {
      const { data, runs, experts, makeExperts, ipc, keep, ...flags } = given;
      const { runBaseline } = await import('../runs/run');
      // What is no baseline, or no end, is refused there.
      const chosen = { baseline: kind, keep, ipc } as Pick<BaselineInput, 'baseline' | 'keep' | 'ipc'>;
      const options = { data, runs, experts, makeExperts };
      printResult(await runBaseline({ ...(await configurationOf(flags)), ...chosen }, options));
    });
}
