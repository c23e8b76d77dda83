/** `haba doctor`: what is in use. */
import type { Command } from 'commander';
import { dataFolder, type PlaceFlags } from './flags';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what is in use: Node, Python, TensorFlow, device, kernel, datasets')
    .option(...dataFolder)
    .action(async ({ data }: PlaceFlags) => {
      const { doctor } = await import('../machine/doctor');
      const findings = await doctor(data);
      const width = Math.max(...findings.map(({ name }) => name.length));
      for (const { name, value } of findings) process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
    });
}
