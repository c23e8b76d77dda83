/** Doing a task in this process. */
import { configure, type ConfigurationInput } from '../distillation/configuration';
import type { RunOptions } from '../runs/context';
import { leftToPrepare, makeExperts, prepareMatching } from '../runs/make-experts';
import { evaluateRun, evaluateSnapshot, run, runBaseline, type BaselineInput } from '../runs/run';
import { storeRun } from '../runs/store';
import type { RunResult } from '../runs/train-students';
import { createProgress } from '../terminal/progress';
import { lookUp } from './look-up';
import type { Places, RunTask, SetTask, Task } from './task';
import type { TaskResult } from './task-events';
import { writeReport } from './write-report';

/** Does a task, or goes on where it stopped, or returns what is stored. @throws as what it does */
export function executeTask(task: RunTask, options?: RunOptions): Promise<RunResult>;
export function executeTask(task: Task, options?: RunOptions): Promise<TaskResult>;
export async function executeTask(task: Task, options: RunOptions = {}): Promise<TaskResult> {
  switch (task.kind) {
    case 'run':
      return distil(task.input, options);
    case 'baseline':
      return choose(task.input, options);
    case 'evaluation': {
      const made = await executeTask(task.of, options);
      if (task.snapshot === undefined) return evaluateRun(made, task.students, options);
      return evaluateSnapshot(made, task.snapshot, task.students, options);
    }
    case 'stored':
      return storeRun(await executeTask(task.of, options), task.as, options);
    case 'experts':
      return makeExperts(task.input, { ...options, only: task.only });
    case 'report':
      return writeReport(task, options);
  }
}

/**
 * What is stored of a task that is done; nothing is made.
 * @returns undefined where some of it is left, or is damaged
 */
export async function takeStored(task: RunTask, places: Places): Promise<RunResult | undefined>;
export async function takeStored(task: Task, places: Places): Promise<TaskResult | undefined>;
export async function takeStored(task: Task, places: Places): Promise<TaskResult | undefined> {
  try {
    if (!(await isStored(task, places))) return undefined;
    return await executeTask(task, { ...places, progress: createProgress({ form: 'silent' }) });
  } catch {
    // Whoever does the task finds the same, and tells it.
    return undefined;
  }
}

async function isStored(task: Task, places: Places): Promise<boolean> {
  // What it says may be of other runs than those that it was written of.
  if (task.kind === 'report') return false;
  if (task.kind !== 'experts') return (await lookUp(task, places)).all;
  const left = await leftToPrepare(configure(task.input), places);
  return left === undefined || (task.only !== undefined && !task.only.some((part) => left.parts.includes(part)));
}

async function distil(input: ConfigurationInput, options: RunOptions): Promise<RunResult> {
  await prepare({ kind: 'run', input }, options);
  return run(input, options);
}

async function choose(input: BaselineInput, options: RunOptions): Promise<RunResult> {
  await prepare({ kind: 'baseline', input }, options);
  return runBaseline(input, options);
}

/** Makes the experts that a set lacks; one that is stored needs them no more. */
async function prepare(task: SetTask, options: RunOptions): Promise<void> {
  const { made, set, left } = await lookUp(task, options);
  if (!set && left) await prepareMatching(made as ConfigurationInput, options);
}
