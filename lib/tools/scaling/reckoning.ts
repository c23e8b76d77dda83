/** Hours of the whole table from seconds of its parts. */
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

type Measured = Pick<RunMeasurement, 'iteration' | 'estimate' | 'updateSeconds' | 'updates' | 'testSeconds'>;

export interface RunReckoning {
  /** Of iterations as they were measured, or, where none was tried, as they were estimated. */
  measured: RunSeconds;
  /**
   * Of iterations on a machine that does nothing else, at least: the time that they computed, as if all threads had been busy all the
   * time. Others on the machine make iterations take longer, and hardly change how long they compute. Students as measured.
   */
  free: RunSeconds;
}

/** @param threads that it was measured with */
export function secondsOfRun(
  { iterations, students, testImages }: RunLength,
  { iteration, estimate, updates, updateSeconds, testSeconds }: Measured,
  threads: number,
): RunReckoning {
  const trained = students * (updates * updateSeconds + testImages * testSeconds);
  const of = (seconds: number) => ({ distillation: iterations * seconds, students: trained });
  if (iteration === undefined) {
    const estimated = of(estimate?.iterationSeconds ?? NaN);
    return { measured: estimated, free: estimated };
  }
  return { measured: of(iteration.seconds), free: of(iteration.processorSeconds / threads) };
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
