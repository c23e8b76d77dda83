/** Doing a task in this process. */
import type { ConfigurationInput } from '../distillation/configuration';
import type { RunOptions } from '../runs/context';
import { makeExperts, prepareMatching, type MadeExperts } from '../runs/make-experts';
import { evaluateRun, run, runBaseline } from '../runs/run';
import type { RunResult } from '../runs/train-students';
import { lookUp } from './look-up';
import type { RunTask, Task } from './task';

/** Does a task, or goes on where it stopped, or returns what is stored. @throws as what it does */
export function executeTask(task: RunTask, options?: RunOptions): Promise<RunResult>;
export function executeTask(task: Task, options?: RunOptions): Promise<RunResult | MadeExperts>;
export async function executeTask(task: Task, options: RunOptions = {}): Promise<RunResult | MadeExperts> {
  switch (task.kind) {
    case 'run':
      return distil(task.input, options);
    case 'baseline':
      return runBaseline(task.input, options);
    case 'evaluation':
      return evaluateRun(await executeTask(task.of, options), task.students, options);
    case 'experts':
      return makeExperts(task.input, { ...options, only: task.only });
  }
}

async function distil(input: ConfigurationInput, options: RunOptions): Promise<RunResult> {
  const { set, left } = await lookUp({ kind: 'run', input }, options);
  // A set that is stored needs its experts no more.
  if (!set && left) await prepareMatching(input, options);
  return run(input, options);
}
