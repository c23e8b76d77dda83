/** `haba task`: what workers and jobs of a grid run. */
import type { Command } from 'commander';
import { threadsOption } from './flags';
import { printJson } from './print';

export function addTask(program: Command): void {
  program
    .command('task')
    .description(
      'do one task of a grid, as plain JSON, and say how far it is, a line of JSON each (lib/experiments/task.ts)',
    )
    .argument('[file]', 'holds the task; left out, tasks are read from stdin, one a line')
    .addOption(threadsOption())
    .action(async (file: string | undefined) => {
      const { serveTasks, taskStatus } = await import('../experiments/task-process');
      const { readText } = await import('../files/open-file');
      const { createInterface } = await import('node:readline');
      const gone = new AbortController();
      // Whoever listened is no more: what is done is kept, instead of the end at once of other verbs.
      process.stdout.removeAllListeners('error').on('error', () => gone.abort());
      const end = await serveTasks(
        file === undefined ? linesOf(createInterface({ input: process.stdin })) : [readText(file)],
        {
          from: file ?? 'What stdin says',
          say: printJson,
          signal: gone.signal,
        },
      );
      process.exitCode = taskStatus[end];
      process.stdin.destroy();
    });
}

/** Lines that say something. */
async function* linesOf(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) if (line.trim() !== '') yield line;
}
