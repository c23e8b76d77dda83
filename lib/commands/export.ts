/** `haba export`: a set for other programs. */
import type { Command } from 'commander';
import { printJson } from './print';

export function addExport(program: Command): void {
  program
    .command('export')
    .description('a distilled set as pictures, and in the layout of PyTorch')
    .argument('<file>', 'distilled.safetensors of a run')
    .option('--to <folder>', 'where to write, by default beside the file')
    .action(async (file: string, { to }: { to?: string }) => {
      const { exportSet } = await import('../report/export-set');
      printJson({ files: await exportSet(file, { to }) });
    });
}
