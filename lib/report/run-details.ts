/** What a reader who points at a measurement in a chart is told of it. */
import path from 'node:path';
import type { RunResult } from '../runs/train-students';

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
  return { seed, run: path.basename(run), configuration: `${dataset}, ${made}, profile ${profile}` };
}

export type RunDetails = ReturnType<typeof runDetails>;
