/** `haba parity`: the authors' numbers against ours. */
import type { Command } from 'commander';

export function addParity(program: Command): void {
  program
    .command('parity')
    .description("replay golden cases of the authors' code and compare number for number")
    .argument('<folder>', 'with *.safetensors, one case a file')
    .action(async (folder: string) => {
      const { parity } = await import('../tools/parity/parity');
      const counts = { passed: 0, failed: 0 };
      for await (const { name, passed, worst, reason } of parity(folder)) {
        counts[passed ? 'passed' : 'failed'] += 1;
        const error = worst ? `worst relative error ${worst.error.toExponential(1)} (${worst.tensor})` : '';
        const verdict = passed ? 'pass' : 'FAIL';
        process.stdout.write(
          `${verdict}  ${name.padEnd(28)}  ${[error, passed ? '' : reason].filter(Boolean).join('; ')}\n`,
        );
      }
      process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
      if (counts.failed > 0) process.exitCode = 1;
    });
}
