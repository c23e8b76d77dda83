/** What every part of a run works with: its data, who is told how far it is, and who may stop it. */
import { dataAtHand } from './data-at-hand';
import { unusedGpu } from '../machine/gpu-signs';
import { listenForInterrupt } from '../terminal/interrupt';
import type { PreparedDataset } from '../data/image-source';
import { withExecution } from '../tensor/execution';
import type { Configuration } from '../distillation/configuration';
import { createProgress, type ProgressReporter } from '../terminal/progress';

/** What a run is made with beside its configuration, and what changes none of its numbers: folders, progress, how it is stopped. */
export interface RunOptions {
  /** Where runs are stored. Default: results/runs. */
  runs?: string;
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Folder of experts. Default: results/experts. */
  experts?: string;
  /** Make experts, or what else the matching method needs, where it is missing. Default false: it is refused, and said how. */
  makeExperts?: boolean;
  /** Who is told how far the work is. Default: a bar, a notebook's line or a log, whichever suits. */
  progress?: ProgressReporter;
  /** Stops the run soon, within a step where steps are short; what is done is kept. */
  signal?: AbortSignal;
}

export interface RunContext {
  options: RunOptions;
  data: PreparedDataset;
  progress: ProgressReporter;
  signal: AbortSignal;
}

/** Thrown when a run was asked to stop; the same configuration again goes on from there. */
export class RunStopped extends Error {
  override name = 'RunStopped';
}

/** Work in the mode that a configuration asks for: eager, or that of whoever called. */
export function inExecutionOf<T>({ compile }: Pick<Configuration, 'compile'>, work: () => T): T {
  return compile ? work() : withExecution('eager', work);
}

/** Loads the data of a configuration, goes by its mode of execution, and listens for interrupts while work goes on. */
export async function inContext<T>(
  { compile, dataset, whitening, holdOut }: Pick<Configuration, 'compile' | 'dataset' | 'whitening' | 'holdOut'>,
  options: RunOptions,
  work: (context: RunContext) => Promise<T>,
): Promise<T> {
  const data = await dataAtHand(dataset, { data: options.data, whitening, holdOut });
  const progress = options.progress ?? createProgress();
  const interrupt = listenForInterrupt(options.signal);
  const unused = unusedGpu();
  if (unused !== undefined) progress.note(unused, 'news');
  try {
    return await inExecutionOf({ compile }, () => work({ options, data, progress, signal: interrupt.signal }));
  } finally {
    progress.end();
    interrupt.release();
  }
}
