/** `haba verify`: a bundle held to its numbers. */
import type { Command } from 'commander';
import { dataFolder, wholeNumber } from './flags';
import { printJson } from './print';

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description("check a bundle's files, train its students again, and compare with what was recorded")
    .argument('<file>', 'that bundle wrote')
    .option(...dataFolder)
    .option('--students <number>', 'of each recipe, the first ones; 0 checks files alone; by default all', wholeNumber)
    .action(async (file: string, { data, students }: { data?: string; students?: number }) => {
      const { verifyBundle } = await import('../runs/verify-bundle');
      const found = await verifyBundle(file, { data, students });
      for (const { run, students: recipe, expected, results } of found.verified) {
        process.stdout.write(`${run}, ${recipe}: ${expected}\n`);
        for (const { student, recorded, found: again, tolerance, agrees } of results) {
          const percent = (accuracy: number) => `${(100 * accuracy).toFixed(2)} %`;
          process.stdout.write(
            `  student ${student}: recorded ${percent(recorded)}, found ${percent(again)}, allowed to differ by ${percent(tolerance)}: ${agrees ? 'agrees' : 'DIFFERS'}\n`,
          );
        }
      }
      for (const { run, why } of found.problems) process.stdout.write(`${run} was not compared: ${why}\n`);
      printJson(found);
      if (!found.agrees) process.exitCode = 1;
    });
}
