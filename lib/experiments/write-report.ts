/** What a grid comes to in the end, its table and the page of runs, as a task: commands that say and write it when its runs are stored. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { resultsFolder } from '../files/results-folder';
import { RunStopped, type RunOptions } from '../runs/context';
import type { PlannedTask } from './executor';
import { habaProgram } from './program';
import type { Places, ReportTask } from './task';
import { saysNothing } from './task-events';

/** What came of a report: what its commands said. */
export interface WrittenReport {
  said: string[];
}

/**
 * The last task of a grid: it begins when all others have ended, however they did, and says what is missing where something is.
 * @param commands of `npm run haba --`, one after the other, each with what follows it
 */
export function reportAfter(tasks: readonly PlannedTask[], commands: readonly (readonly string[])[]): PlannedTask {
  return {
    label: 'report',
    task: {
      kind: 'report',
      commands: commands.map((words) => [...words]),
      ...{ results: path.resolve(resultsFolder()), folder: process.cwd() },
    },
    places: {},
    after: [...tasks.keys()],
  };
}

/** Runs the commands of a report, one after the other. @throws Error with what a command says that fails; the rest is left out */
export async function writeReport(task: ReportTask, options: RunOptions = {}): Promise<WrittenReport> {
  const said: string[] = [];
  for (const words of task.commands) {
    said.push(await runCommand(words, task, options));
    options.progress?.note(said.at(-1)!);
  }
  return { said };
}

function runCommand(
  words: readonly string[],
  { results, folder }: ReportTask,
  { data, signal }: Pick<RunOptions, 'signal'> & Places,
): Promise<string> {
  const { node, loader, program } = habaProgram();
  const env = { ...process.env, HABA_RESULTS: results, ...(data === undefined ? {} : { HABA_DATA: data }) };
  const child = spawn(node, ['--import', loader, program, ...words], { cwd: folder, env, signal });
  const [out, errors]: string[][] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (part: string) => out.push(part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => errors.push(part));
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(signal?.aborted ? new RunStopped('Stopped: the report is not written.') : error),
    );
    child.on('close', (status, killedBy) => {
      if (status === 0) return resolve(out.join('').trim());
      const lines = errors.join('').split('\n');
      const reason = lines.filter((line) => !saysNothing(line)).join('\n');
      reject(new Error(`${words[0]} ended with ${killedBy ?? `status ${status}`}: ${reason}`));
    });
  });
}
