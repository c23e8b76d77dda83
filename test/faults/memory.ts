/** How much memory a run has after how many iterations. */
import path from 'node:path';
import { run } from '../../lib/runs/run';

export interface LongRunOptions {
  method: 'dm' | 'dsa';
  iterations: number;
}

/**
 * Distils the digits in a folder with compiled steps, checkpoints and all.
 * @returns resident bytes after a fifth of the iterations and at their end, each the mean of ten readings
 */
export async function memoryOfLongRun(folder: string, { method, iterations }: LongRunOptions) {
  const resident: number[] = [];
  const every = Math.max(1, Math.floor(iterations / 100));
  await run(
    {
      profile: 'smoke',
      dataset: 'mnist',
      iterations,
      network: { width: 4, depth: 1 },
      set: { kind: 'haba', basesPerClass: 1 },
      constraints: { batchSize: 8, adversary: { width: 4, depth: 1 } },
      matching: { method, realBatch: 4, ...(method === 'dsa' ? { outerLoops: 1, innerLoops: 1 } : {}) },
      checkpointEvery: 50,
      evaluation: { students: 1, epochs: 1 },
    },
    {
      data: path.join(folder, 'data'),
      runs: path.join(folder, 'runs'),
      progress: {
        stage: () => undefined,
        update: (done) => {
          if (done % every === 0 && resident.length < 100) resident.push(process.memoryUsage.rss());
        },
        note: () => undefined,
        end: () => undefined,
      },
    },
  );
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { early: mean(resident.slice(15, 25)), late: mean(resident.slice(90, 100)) };
}
