/** `haba bundle`: runs to verify elsewhere. */
import type { Command } from 'commander';
import { runsFolder } from './flags';
import { printJson } from './print';

export function addBundle(program: Command): void {
  program
    .command('bundle')
    .description('finished runs in one archive, with checksums, figures and tables of theirs, to verify elsewhere')
    .argument('<names...>', 'runs, by folder name or hash')
    .requiredOption('--to <file>', 'archive to write, e.g. paper.tar.gz; one that is there is not overwritten')
    .option(...runsFolder)
    .option('--results <folder>', 'where figures and tables are, by default HABA_RESULTS, else results')
    .action(async (names: string[], { to, runs, results }: { to: string; runs?: string; results?: string }) => {
      const { bundleRuns } = await import('../runs/bundle');
      const bundle = await bundleRuns(names, to, { runs, results });
      for (const name of bundle.lacking)
        process.stderr.write(`not in it, though its figures and tables name it: ${name}\n`);
      printJson(bundle);
    });
}
