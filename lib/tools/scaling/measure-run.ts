/** Some iterations and some steps of students of a row, really run, beside what was estimated of them. */
import { loadavg } from 'node:os';
import type { PreparedDataset } from '../../data/image-source';
import { firstOf } from '../../data/subset-source';
import type { Configuration } from '../../distillation/configuration';
import {
  createDistillation,
  releaseState,
  type Distillation,
  type DistillationState,
} from '../../distillation/distillation';
import type { RunEstimate } from '../../distillation/estimate';
import { evaluateSet, lengthOf } from '../../evaluation/evaluation';
import { studentUpdates } from '../../evaluation/student';
import { freeMemory, peakMemory } from '../../tensor/memory';
import { formatSeconds } from '../../terminal/progress';
import { fitToMemory } from './fit-to-memory';
import type { RunMeasurement, Untried } from './measurement';
import { trajectoryOf } from './parts';
import { standInData, writeStandInExpert } from './stand-in';
import type { DataSize } from './rows';

export interface MeasureOptions {
  size: DataSize;
  /** An empty folder, for the expert that stands in for real ones. */
  experts: string;
  /** Iterations that would take longer, by the estimate, are not tried. */
  longestSeconds: number;
  /** Why none are to be tried. */
  untried?: Untried;
  say: (message: string) => void;
}

/** Iterations measured after one that warms up, at most. */
const repetitions = 3;
/** What takes longer than this needs no repetition: making its graphs is little beside it. */
const enoughSeconds = 60;

export async function measureRun(given: Configuration, options: MeasureOptions): Promise<RunMeasurement> {
  const { say, longestSeconds, experts } = options;
  const [load] = loadavg();
  const data = standInData(given, options.size);
  try {
    const { configuration, estimate, lacking } = fitToMemory(given, data, freeMemory());
    if (configuration !== given)
      say("measured with matching.unroll 'stepwise', since memory does not hold all steps at once");
    const untried = options.untried ?? lacking ?? tooLong(estimate, longestSeconds);
    if (untried) say(`not tried: ${untried.why}`);
    else if (estimate) say(`about ${formatSeconds(estimate.iterationSeconds)} an iteration, by the estimate`);
    const trajectory = trajectoryOf({ configuration });
    if (trajectory) writeStandInExpert(configuration, trajectory, data, experts);
    const distillation = createDistillation(configuration, data, { experts });
    try {
      const start = distillation.start();
      const students = await timeStudents(distillation, start, configuration, data).catch((error: unknown) => {
        releaseState(start);
        throw error;
      });
      const iteration = untried === undefined ? await timeIterations(distillation, start) : undefined;
      if (!iteration) releaseState(start);
      return {
        ...(trajectory && { unroll: trajectory.unroll }),
        ...(estimate && { estimate: told(estimate) }),
        ...(iteration ? { iteration } : { untried }),
        ...students,
        peakBytes: peakMemory(),
        load,
      };
    } finally {
      distillation.dispose();
    }
  } finally {
    data.dispose();
  }
}

function tooLong(estimate: RunEstimate | undefined, longestSeconds: number): Untried | undefined {
  const { iterationSeconds: seconds = 0 } = estimate ?? {};
  return seconds > longestSeconds
    ? { why: `it would take about ${formatSeconds(seconds)} (--longest)`, seconds }
    : undefined;
}

const told = ({ iterationSeconds, studentSeconds, bytes }: RunEstimate) => ({
  iterationSeconds,
  studentSeconds,
  bytes,
});

/** Takes over the state. */
async function timeIterations(
  distillation: Distillation,
  start: DistillationState,
): Promise<NonNullable<RunMeasurement['iteration']>> {
  let state = start;
  const times: { seconds: number; processorSeconds: number }[] = [];
  const measured = () => (times.length > 1 ? times.slice(1) : times);
  const sum = (of: (time: (typeof times)[number]) => number) => measured().reduce((total, time) => total + of(time), 0);
  do {
    const before = process.cpuUsage();
    const next = await distillation.iterate(state);
    const { user, system } = process.cpuUsage(before);
    state = next.state;
    times.push({ seconds: next.metrics.seconds, processorSeconds: (user + system) / 1e6 });
    // The first one makes graphs: it counts only where it is the only one.
  } while (
    times.length <= repetitions &&
    (times.length < 2 || sum(({ seconds }) => seconds) < enoughSeconds) &&
    !isLong(times[0])
  );
  releaseState(state);
  const { length } = measured();
  return {
    seconds: sum(({ seconds }) => seconds) / length,
    processorSeconds: sum(({ processorSeconds }) => processorSeconds) / length,
    repetitions: length,
  };
}

const isLong = ({ seconds }: { seconds: number }) => seconds > enoughSeconds;

/** Steps of each student that is timed, at least. */
const fewestUpdates = 8;
/** Images that it classifies. */
const testImages = 1000;

/** Two students on the set as it starts: the first warms up. */
async function timeStudents(
  distillation: Distillation,
  { set, method }: DistillationState,
  configuration: Configuration,
  data: PreparedDataset,
): Promise<Pick<RunMeasurement, 'updateSeconds' | 'testSeconds' | 'updates'>> {
  const { evaluation } = configuration;
  const { batchSize } = evaluation;
  const count = distillation.set.itemCount * distillation.set.formations;
  const epoch = Math.ceil(count / batchSize);
  // Whole epochs, since the last step of one may be smaller.
  const updates = epoch * Math.ceil(fewestUpdates / epoch);
  const tested = Math.min(testImages, data.test.count);
  const test = firstOf(data.test, tested);
  let [began, trained, ended] = [0, 0, 0];
  await evaluateSet(
    { set: distillation.set, parameters: set.parameters, method: method.parameters },
    { ...configuration, evaluation: { ...evaluation, epochs: undefined, updates, students: 2, split: 'test' } },
    { ...data, test },
    {
      onUpdate: () => (trained = performance.now()),
      onStudent: () => ([began, ended] = [ended, performance.now()]),
    },
  );
  return {
    updateSeconds: (trained - began) / 1000 / updates,
    testSeconds: (ended - trained) / 1000 / tested,
    updates: studentUpdates(count, { batchSize, length: lengthOf(evaluation) }),
  };
}
