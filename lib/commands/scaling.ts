/** `haba scaling`: hours of the paper's table. */
import type { Command } from 'commander';
import { profileNames, type ProfileName } from '../settings/profile-names';
import { profileOption, threadsOption, wholeNumber } from './flags';
import { printJson } from './print';

interface ScalingFlags {
  rows?: string;
  profile: ProfileName;
  longest?: number;
  again?: boolean;
}

export function addScaling(program: Command): void {
  program
    .command('scaling')
    .description(
      "hours of the paper's table on this machine: an iteration of each row really run, beside its estimate: results/tables/scaling.*",
    )
    .option('--rows <pattern>', 'only rows whose names match this regular expression; then no file is written')
    .addOption(profileOption('paper').choices(profileNames))
    .option(
      '--longest <seconds>',
      'an iteration may take; longer ones are not run, and reckoned by the estimate',
      wholeNumber,
    )
    .option('--again', 'measure anew what was measured before')
    .addOption(threadsOption())
    .action(async ({ rows: pattern, profile, longest, again }: ScalingFlags) => {
      const { scaling } = await import('../tools/scaling/scaling');
      const { chosenRows } = await import('../tools/scaling/rows');
      const { scalingTables } = await import('../tools/scaling/table');
      const { tableText } = await import('../report/table-text');
      const { exportTables } = await import('../report/export');
      const found = await scaling({ rows: chosenRows({ profile, pattern }), longestSeconds: longest, again });
      const tables = scalingTables(profile === 'paper' ? 'scaling' : `scaling-${profile}`, found);
      for (const one of tables) process.stdout.write(`${tableText(one, 'markdown')}\n`);
      if (pattern === undefined) printJson({ files: exportTables(tables) });
    });
}
