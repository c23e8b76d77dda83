/** `npm run reproduce`: every notebook through the real kernel, its figures and tables, and a page that shows them all. */
import { Command, Option } from 'commander';
import { runCommand } from './commands/run-command';
import { profileNames } from './settings/profile-names';
import type { ReproductionOptions } from './reproduction/reproduction';

type Flags = Omit<ReproductionOptions, 'only'> & { only?: string };

const program = new Command('reproduce')
  .description('execute the notebooks, and write figures, tables and an index page of them')
  .addOption(
    new Option(
      '--profile <name>',
      'of all: smoke (seconds), quick (hours the first time, CPU), study (nights, CPU), paper (authors, GPU); by default each has its own',
    ).choices(profileNames),
  )
  .option('--dataset <name>', 'dataset, or a folder of your own images, as ./my-images; by default cifar10')
  .option('--image-size <pixels>', 'side that your own images are resized to, by default 32', Number)
  .option('--only <names>', 'notebooks, or how their names begin, e.g. 01,04')
  .option(
    '--results <folder>',
    'where to write; by default results for their own profiles on cifar10 (notebooks are executed in place), else results/PROFILE-DATASET',
  )
  .option('--runs <folder>', 'where runs are stored, by default results/runs')
  .option('--experts <folder>', 'where experts are stored, by default results/experts')
  .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
  .option('--notebooks <folder>', 'the notebooks, by default notebooks')
  .option(
    '--workers <number>',
    "processes that a grid's runs are divided among, by default HABA_WORKERS, else none beside the notebook's",
    Number,
  )
  .action(async ({ only, ...flags }: Flags) => {
    const { planReproduction, reproduce } = await import('./reproduction/reproduction');
    const { reproductionLog } = await import('./reproduction/reproduction-log');
    const { listenForInterrupt } = await import('./terminal/interrupt');
    const { formatSeconds } = await import('./terminal/progress');
    const { writeIndexPage } = await import('./reproduction/index-page');
    const { writeRunsPage } = await import('./reproduction/runs-page');
    const path = await import('node:path');
    const plan = planReproduction({ ...flags, only: only?.split(',') });
    const { notebooks, results, unfinished, runs, settings } = plan;
    const began = performance.now();
    const interrupt = listenForInterrupt();
    let failures: number;
    try {
      failures = await reproduce(plan, reproductionLog(), interrupt.signal);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      process.stderr.write(
        `\n${(error as Error).message} What was done is stored in ${runs}; the same command again goes on from there.\n`,
      );
      // What a shell reports of a program that Ctrl-C stopped.
      process.exitCode = 130;
      return;
    } finally {
      interrupt.release();
    }
    const folder = path.dirname(notebooks[0].executed);
    writeRunsPage({ results, runs });
    const page = writeIndexPage({ results, notebooks: folder, unfinished, settings });
    const took = formatSeconds((performance.now() - began) / 1000);
    process.stderr.write(`${notebooks.length - failures} of ${notebooks.length} notebooks executed in ${took}\n`);
    process.stdout.write(`${page}\n`);
    if (failures > 0) process.exitCode = 1;
  });

runCommand(program);
