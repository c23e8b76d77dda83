/** What a reader who points at a mark in a chart is told of the runs behind it. */
import path from 'node:path';
import type { RunResult } from '../runs/train-students';

export interface RunDetails {
  /** Of several runs all of them, e.g. '0, 1, 2'. */
  seed: number | string;
  /** Name of the folder. */
  run: string;
  /** Dataset, what was made of it, how, and in which profile. */
  configuration: string;
}

/** Seed, run and configuration of a result, in words short enough for a tooltip. */
export function runDetails({
  run,
  kind,
  configuration,
  snapshot,
}: Pick<RunResult, 'run' | 'kind' | 'configuration' | 'snapshot'>) {
  const { seed, dataset, profile, set, matching, iterations } = configuration;
  const length = `${snapshot ? `${snapshot.iteration} of ` : ''}${iterations} iterations`;
  const made = kind === 'distillation' ? `${set.kind} by ${matching.method}, ${length}` : kind;
  return {
    seed,
    run: path.basename(run),
    configuration: `${dataset}, ${made}, profile ${profile}`,
  } satisfies RunDetails;
}

/** Of a mark that stands for several runs, as a mean does: each of them, and once what they have in common; of none, nothing. */
export function togetherDetails(details: readonly RunDetails[]): Partial<RunDetails> {
  if (details.length <= 1) return details[0] ?? {};
  const all = (key: keyof RunDetails) => [...new Set(details.map((one) => one[key]))].join(', ');
  return {
    seed: all('seed'),
    run: all('run'),
    configuration: [...new Set(details.map((one) => one.configuration))].join('; '),
  };
}
