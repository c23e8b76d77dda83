/** Hours of the whole table from seconds of its parts. */
import { median } from 'simple-statistics';
import type { ExpertMeasurement, RunMeasurement } from './measurement';

export interface RunLength {
  iterations: number;
  students: number;
  /** Images that each student is tested on. */
  testImages: number;
}

/** Seconds of a run, by part. */
export interface RunSeconds {
  distillation: number;
  students: number;
}

/** Seconds of one iteration. */
export interface ReckonedIteration {
  /** As it was measured, with whatever else ran on the machine. */
  measured: number;
  /**
   * On a machine that does nothing else, at least: the time that it computed, as if all threads had been busy all the time. Others make
   * an iteration take longer, and hardly change how long it computes.
   */
  free: number;
  /** Where the numbers come from, in words. */
  from: string;
}

export interface RowToReckon {
  loss: string;
  /** Of one iteration; absent where nothing tells. */
  operations?: number;
  measurement: Pick<RunMeasurement, 'iteration' | 'estimate'>;
}

/**
 * Iterations of all rows: those that were tried as measured; others by their operations, at the median pace of measured rows of the same
 * loss; where there is none, as estimated.
 * @param threads that were measured with
 */
export function reckonIterations(rows: readonly RowToReckon[], threads: number): ReckonedIteration[] {
  const secondsOf = ({ seconds, processorSeconds }: NonNullable<RunMeasurement['iteration']>) => ({
    measured: seconds,
    free: processorSeconds / threads,
  });
  const paces = rows.flatMap(({ loss, operations, measurement: { iteration } }) => {
    if (!iteration || !operations) return [];
    const { measured, free } = secondsOf(iteration);
    return [{ loss, measured: measured / operations, free: free / operations }];
  });
  return rows.map(({ loss, operations, measurement: { iteration, estimate } }) => {
    if (iteration) return { ...secondsOf(iteration), from: 'measured' };
    const own = paces.filter((pace) => pace.loss === loss);
    if (operations === undefined || own.length === 0) {
      const seconds = estimate?.iterationSeconds ?? NaN;
      return { measured: seconds, free: seconds, from: 'estimated' };
    }
    const at = (of: 'measured' | 'free') => operations * median(own.map((pace) => pace[of]));
    return { measured: at('measured'), free: at('free'), from: `by operations, from measured rows of ${loss}` };
  });
}

/** @param iterationSeconds of one iteration */
export function secondsOfRun(
  { iterations, students, testImages }: RunLength,
  iterationSeconds: number,
  { updates, updateSeconds, testSeconds }: Pick<RunMeasurement, 'updateSeconds' | 'updates' | 'testSeconds'>,
): RunSeconds {
  return {
    distillation: iterations * iterationSeconds,
    students: students * (updates * updateSeconds + testImages * testSeconds),
  };
}

/** Seconds of one expert. @param images that an epoch shows */
export function secondsOfExpert(
  { epochs, images }: { epochs: number; images: number },
  { imageSeconds }: Pick<ExpertMeasurement, 'imageSeconds'>,
): number {
  return epochs * images * imageSeconds;
}

/**
 * Seconds until all is done on so many machines, each of which does one task at a time: the longest first, whoever is free takes the
 * next; and a stage begins when the one before it is done. More machines never shorten a stage below its longest task.
 * @param stages seconds of each task, stage by stage: experts, then runs
 */
export function secondsOnMachines(stages: readonly (readonly number[])[], machines: number): number {
  if (!Number.isSafeInteger(machines) || machines < 1)
    throw new RangeError(`There cannot be ${machines} machines; allowed is a whole number of at least 1.`);
  return stages.reduce((total, tasks) => {
    const busy = new Array<number>(machines).fill(0);
    for (const seconds of [...tasks].sort((first, second) => second - first)) {
      busy[busy.indexOf(Math.min(...busy))] += seconds;
    }
    return total + Math.max(...busy);
  }, 0);
}
