/** Where the matching loss of a run has come to. */
import { mean } from 'simple-statistics';
import { readMetrics } from '../runs/run-files';
import type { RunResult } from '../runs/train-students';

/** Mean over the last tenth of the iterations: draws move the loss from one to the next. */
export function endingLoss({ result }: { result: RunResult }): number {
  const losses = readMetrics(result.run).map(({ loss }) => loss);
  return mean(losses.slice(-Math.ceil(losses.length / 10)));
}
