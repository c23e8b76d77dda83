/** `haba evaluate`: other students of a set. */
import type { Command } from 'commander';
import type { EvaluateFileOptions } from '../runs/evaluate-file';
import { dataFolder, threadsOption, wholeNumber } from './flags';
import { printJson } from './print';

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('train students on a distilled set')
    .argument('<file>', 'distilled.safetensors of a run, or any such file')
    .option('--network <name>', 'what students are; by default the network of distillation')
    .option('--students <number>', 'how many', wholeNumber)
    .option('--epochs <number>', 'length of each, in passes over the set', wholeNumber)
    .option('--updates <number>', 'length of each, in steps', wholeNumber)
    .addOption(threadsOption())
    .option(...dataFolder)
    .action(async (file: string, flags: EvaluateFileOptions) => {
      const { evaluateFile } = await import('../runs/evaluate-file');
      printJson(await evaluateFile(file, flags));
    });
}
