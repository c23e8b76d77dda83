/** A run: a configuration and what comes of it. Done ones are returned, interrupted ones go on. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, writing } from '../data/file-error';
import type { PreparedDataset } from '../data/image-source';
import { clearDeadHolder, describeHolder, takeLock, type Holder, type Lock } from '../data/lock';
import { readCheckpoint, writeCheckpoint } from '../distillation/checkpoint';
import {
  configure,
  requireEnoughImages,
  type Configuration,
  type ConfigurationInput,
} from '../distillation/configuration';
import { createDistillation, type DistillationState } from '../distillation/distillation';
import { estimateRun } from '../distillation/estimate';
import { createProgress, formatSeconds, type ProgressReporter } from '../distillation/progress';
import { herdingSelection, randomSelection } from '../evaluation/baselines';
import { evaluateSet, evaluateTrainingSet, type Accuracy, type EvaluationOptions } from '../evaluation/evaluation';
import { studentTrainer } from '../evaluation/student';
import { realTrainingSet } from '../evaluation/training-set';
import { createAugmentation } from '../data/dsa';
import { createDistilledSet } from '../factorization/create-distilled-set';
import { createNetwork } from '../networks/create-network';
import { useBackend } from '../tensor/backend';
import { disposeAll, floatCount, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { writeSafetensors } from '../tensor/safetensors';
import { tf } from '../tensor/tensorflow';
import { writeWhole } from '../tensor/whole-file';
import { dataAtHand } from './data-at-hand';
import { readDistilledSet, writeDistilledSet } from './distilled-file';
import { describeEnvironment } from './environment';
import { listenForInterrupt } from './interrupt';
import { openJsonLines, wholeLineBytes } from './json-lines';
import { runFolderName, type RunIdentity, type RunKind } from './run-name';
import {
  defaultRuns,
  readEnvironments,
  readResult,
  readSeconds,
  readStudents,
  runFiles,
  type RunFiles,
  type StoredResult,
} from './run-store';

export interface RunOptions {
  /** Where runs are stored. Default: results/runs. */
  runs?: string;
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Folder of experts. Default: results/experts. */
  experts?: string;
  /** Who is told how far the work is. Default: a bar, a notebook's line or a log, whichever suits. */
  progress?: ProgressReporter;
  /** Stops the run within one step; what is done is kept. */
  signal?: AbortSignal;
}

/** A finished run. */
export interface RunResult extends StoredResult {
  /** Its folder. */
  run: string;
  kind: RunKind;
  configuration: Configuration;
}

/** Thrown when a run was asked to stop; the same configuration again goes on from there. */
export class RunStopped extends Error {
  override name = 'RunStopped';
}

/** Thrown when a loss is no longer a number. */
export class RunDiverged extends Error {
  override name = 'RunDiverged';
}

/**
 * Distils and evaluates; or goes on where it stopped; or returns what is stored.
 * @throws RangeError for an impossible configuration
 * @throws RunStopped after an interrupt, RunDiverged when the loss is no number
 */
export async function run(input: ConfigurationInput, options: RunOptions = {}): Promise<RunResult> {
  const configuration = configure(input);
  // What a distillation lacks, e.g. experts, is said before anything is written.
  const check = (data: PreparedDataset) => createDistillation(configuration, data, options).dispose();
  return execute({ kind: 'distillation', configuration, check }, options, async (session) => {
    const { state, distillation } = await distil(session, options);
    try {
      const { data, files } = session;
      const accuracy = await session.students((hooks) =>
        evaluateSet(distillation.set, state.parameters, configuration, data, hooks),
      );
      writeDistilledSet(files.distilled, { parameters: state.parameters, configuration, data, accuracy });
      return { accuracy, storedFloats: floatCount(storedParts(state.parameters)) };
    } finally {
      release(state);
      distillation.dispose();
    }
  });
}

function release({ parameters, velocity, adversary, adversaryVelocity }: DistillationState): void {
  disposeAll(parameters, velocity, adversary, adversaryVelocity);
}

/** Real images that a distilled set is compared with. */
export type BaselineInput = Omit<ConfigurationInput, 'set'> & {
  /** 'random': random real images; 'herding': chosen by herding; 'full': the whole training set. */
  baseline: 'random' | 'herding' | 'full';
  /** Images per class; not for 'full'. Default: the profile's. */
  ipc?: number;
};

/** Epochs on the full training set, which has hundreds of times the images. */
const fullDataEpochs = { smoke: 3, quick: 10, paper: 50 };

/** Students trained on real images: resumed and stored as any run. */
export async function runBaseline(
  { baseline, ipc, ...input }: BaselineInput,
  options: RunOptions = {},
): Promise<RunResult> {
  const settings: ConfigurationInput = { ...input, set: { kind: 'images', ...(ipc === undefined ? {} : { ipc }) } };
  if (baseline === 'full') {
    const { profile } = configure(settings);
    settings.evaluation = { students: 1, epochs: fullDataEpochs[profile], ...input.evaluation };
  }
  return execute({ kind: baseline, configuration: configure(settings) }, options, async (session) => {
    const { configuration, data, files } = session;
    const chosen = await chooseReal(baseline, session);
    const trainingSet = realTrainingSet(data.train, chosen);
    const accuracy = await session.students((hooks) =>
      evaluateTrainingSet(trainingSet, configuration, data, {
        ...hooks,
        onStudent(student, measured, parameters) {
          if (baseline === 'full' && student === 0) keepStudent(files.student, parameters);
          hooks.onStudent?.(student, measured, parameters);
        },
      }),
    );
    return { accuracy, storedFloats: trainingSet.count * imageFloats(data) };
  });
}

function keepStudent(file: string, parameters: Parameters): void {
  writing(file, () => writeSafetensors(file, parameters));
}

/** Students of another kind than the distillation's, or trained in another way. */
export type OtherStudents = Pick<ConfigurationInput, 'network' | 'evaluation'>;

/**
 * Trains other students on the set of a finished distillation, e.g. of another network: resumed and stored as any run.
 * @throws RangeError for an impossible configuration, or where the run is no distillation
 */
export async function evaluateRun(
  distilled: RunResult,
  { network, evaluation }: OtherStudents,
  options: RunOptions = {},
): Promise<RunResult> {
  const { kind, configuration: made } = distilled;
  if (kind !== 'distillation') {
    throw new RangeError(`evaluateRun: ${distilled.run} is a run of kind '${kind}'; only a distillation leaves a set.`);
  }
  const configuration = configure({
    ...made,
    network: { ...made.network, ...network },
    evaluation: { ...made.evaluation, ...evaluation },
  });
  const of = path.basename(distilled.run);
  return execute({ kind: 'evaluation', configuration, of }, options, async (session) => {
    const { data } = session;
    const { parameters, statistics, imageShape } = readDistilledSet(runFiles(distilled.run).distilled);
    const { classCount } = data.train;
    const set = createDistilledSet({ ...configuration.set, imageShape, classCount });
    try {
      const accuracy = await session.students((hooks) => evaluateSet(set, parameters, configuration, data, hooks));
      return { accuracy, storedFloats: distilled.storedFloats };
    } finally {
      disposeAll(parameters, statistics);
    }
  });
}

/** What storage counts: every float but the learned step size. */
function storedParts(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== 'stepSize'));
}

function imageFloats({ train }: PreparedDataset): number {
  return train.imageShape.reduce((product, side) => product * side, 1);
}

/** Indices of the images, or undefined for all. */
async function chooseReal(baseline: BaselineInput['baseline'], session: Session): Promise<Int32Array | undefined> {
  const { configuration, data } = session;
  if (baseline === 'full' || configuration.set.kind !== 'images') return undefined;
  const random = Random.fromSeed(configuration.seed);
  const { ipc } = configuration.set;
  if (baseline === 'random') return randomSelection(data.train, ipc, random);
  // Herding needs features that know the classes: those of a network trained on the full set.
  const { imageShape, classCount } = data.train;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const { evaluation, compile, profile } = configuration;
  const augmentation = createAugmentation(evaluation.augmentation);
  const train = studentTrainer(network, { ...evaluation, epochs: fullDataEpochs[profile], augmentation, compile });
  session.progress.stage({ name: 'training for herding', total: fullDataEpochs[profile] });
  const parameters = await train(realTrainingSet(data.train), random, {
    signal: session.signal,
    onEpoch: (epoch, loss) => session.progress.update(epoch, { loss }),
  });
  train.dispose();
  const features = (images: tf.Tensor4D) => network.features(parameters, images);
  const chosen = herdingSelection(data.train, ipc, { features });
  disposeAll(parameters);
  return chosen;
}

/** What a run works with between taking its lock and writing its result. */
interface Session {
  configuration: Configuration;
  data: PreparedDataset;
  files: RunFiles;
  lock: Lock;
  progress: ProgressReporter;
  signal: AbortSignal;
  /** Evaluates with students stored as they finish: one that is done is not trained again. */
  students(evaluate: (hooks: EvaluationOptions) => Promise<Accuracy>): Promise<Accuracy>;
}

type Outcome = Pick<StoredResult, 'accuracy' | 'storedFloats'>;

interface Task {
  kind: RunKind;
  configuration: Configuration;
  /** Of an evaluation: the run whose set it is. */
  of?: string;
  /** Throws where the run could not be begun. */
  check?: (data: PreparedDataset) => void;
}

async function execute(
  { kind, configuration, of, check }: Task,
  options: RunOptions,
  work: (session: Session) => Promise<Outcome>,
): Promise<RunResult> {
  const { dataset, whitening } = configuration;
  const data = await dataAtHand(dataset, { data: options.data, whitening });
  requireEnoughImages(
    configuration,
    data.train.indicesOfClass.map((indices) => indices.length),
  );
  const identity: RunIdentity = {
    kind,
    configuration,
    dataChecksum: data.checksum,
    ...(of === undefined ? {} : { of }),
  };
  const folder = path.join(options.runs ?? defaultRuns, runFolderName(identity));
  const finished = (result: StoredResult): RunResult => ({ run: folder, kind, configuration, ...result });
  const progress = options.progress ?? createProgress();
  const stored = readResult(folder);
  if (stored) {
    await clearDeadHolder(folder, { alsoRemove: () => rmSync(runFiles(folder).seconds, { force: true }) });
    progress.note(`${describeAccuracy(stored)}, as stored in ${folder}`);
    return finished(stored);
  }

  check?.(data);
  makeFolder(folder);
  const interrupt = listenForInterrupt(options.signal);
  const { signal } = interrupt;
  const onWait = (holder: Holder) => progress.note(`${describeHolder(folder, holder)} Waiting for it.`);
  let lock: Lock | undefined;
  try {
    lock = await takeLock(folder, { onWait, signal });
    const meanwhile = readResult(folder);
    if (meanwhile) return finished(meanwhile);
    const files = runFiles(folder);
    writeText(files.configuration, `${JSON.stringify(identity, undefined, 2)}\n`);
    const earlier = await recordSession(folder);
    const began = performance.now();
    const session: Session = {
      configuration,
      data,
      files,
      lock,
      progress,
      signal,
      students: studentsOf(configuration, files, progress, signal, lock),
    };
    let outcome: Outcome;
    try {
      outcome = await work(session);
    } finally {
      writeText(files.seconds, String(earlier + (performance.now() - began) / 1000));
    }
    const seconds = earlier + (performance.now() - began) / 1000;
    const imagesPerClass = outcome.storedFloats / (data.train.classCount * imageFloats(data));
    const result: StoredResult = {
      ...outcome,
      imagesPerClass,
      seconds,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
    writeText(files.result, `${JSON.stringify(result, undefined, 2)}\n`);
    rmSync(files.seconds, { force: true });
    progress.note(`${describeAccuracy(result)}, stored in ${folder}`);
    return finished(result);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RunStopped(`Stopped; what was done is kept in ${folder}. The same again goes on from there.`, {
      cause: error,
    });
  } finally {
    progress.end();
    interrupt.release();
    await lock?.release();
  }
}

/** E.g. 'test accuracy 38.8 % (deviation 0.4 % over 3 students)'. */
function describeAccuracy({ accuracy: { mean, std, runs } }: StoredResult): string {
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const spread = runs.length > 1 ? `deviation ${percent(std)} over ${runs.length} students` : 'one student';
  return `test accuracy ${percent(mean)} (${spread})`;
}

/** Adds this session's environment to the run's. @returns seconds that earlier sessions took */
async function recordSession(folder: string): Promise<number> {
  const sessions = [...readEnvironments(folder), describeEnvironment(await useBackend())];
  writeText(runFiles(folder).environment, `${JSON.stringify(sessions, undefined, 2)}\n`);
  return readSeconds(folder);
}

function writeText(file: string, text: string): void {
  writing(file, () => writeWhole(file, text));
}

/** All iterations that are left, with checkpoints. */
async function distil(session: Session, { experts }: RunOptions) {
  const { configuration, data, files, lock, progress, signal } = session;
  const { iterations, checkpointEvery } = configuration;
  const distillation = createDistillation(configuration, data, { experts });
  const fresh = distillation.start();
  const restored = existsSync(files.checkpoint) ? readCheckpoint(files.checkpoint, fresh) : undefined;
  if (restored) release(fresh);
  let state: DistillationState = restored?.state ?? fresh;
  const metrics = openJsonLines(files.metrics, restored?.metricsBytes ?? 0);
  const save = () => {
    if (!allFinite(state.parameters)) {
      throw diverged(`Iteration ${state.iteration} left parameters that are no numbers`, session);
    }
    metrics.flush();
    writing(files.checkpoint, () => writeCheckpoint(files.checkpoint, { state, metricsBytes: metrics.bytes }));
  };
  const estimate = state.iteration < iterations ? estimateRun(configuration, data, state.iteration) : undefined;
  if (estimate) {
    const gigabytes = (estimate.bytes / 1e9).toFixed(1);
    progress.note(
      `about ${formatSeconds(estimate.seconds)} and ${gigabytes} GB of memory, by the speed of this machine`,
    );
  }
  progress.stage({ name: 'distilling', total: iterations, done: state.iteration });
  try {
    while (state.iteration < iterations && !signal.aborted) {
      const next = await distillation.iterate(state);
      state = next.state;
      const { iteration, loss } = next.metrics;
      if (!Number.isFinite(loss)) throw diverged(`The loss of iteration ${iteration} is ${loss}`, session);
      metrics.append(next.metrics);
      progress.update(iteration, { loss });
      lock.touch();
      if (iteration % checkpointEvery === 0 || iteration === iterations) save();
      await new Promise(setImmediate);
    }
    if (signal.aborted) {
      save();
      signal.throwIfAborted();
    }
    return { state, distillation };
  } catch (error) {
    release(state);
    distillation.dispose();
    throw error;
  } finally {
    metrics.close();
  }
}

/** A step may fail to show in the loss until the next one: what it left must be numbers before it is kept. */
function allFinite(parameters: Parameters): boolean {
  return Object.values(parameters).every((tensor) => tf.tidy(() => tensor.isFinite().all().dataSync()[0] === 1));
}

function diverged(what: string, { configuration, files }: Session): RunDiverged {
  const rates = Object.entries(configuration.optimisers).map(
    ([part, { learningRate }]) => `optimisers.${part}.learningRate ${learningRate}`,
  );
  const kept = existsSync(files.checkpoint)
    ? `The checkpoint before it is kept in ${files.checkpoint}.`
    : 'No checkpoint had been taken.';
  return new RunDiverged(`${what}: it diverged with ${rates.join(', ')}. ${kept} Try smaller rates.`);
}

function studentsOf(
  { evaluation }: Configuration,
  files: RunFiles,
  progress: ProgressReporter,
  signal: AbortSignal,
  lock: Lock,
): Session['students'] {
  return async (evaluate) => {
    const lines = openJsonLines(files.students, wholeLineBytes(files.students));
    const done = readStudents(path.dirname(files.students)).map(({ accuracy }) => accuracy);
    const total = evaluation.students * evaluation.epochs;
    progress.stage({ name: 'training students', total, done: done.length * evaluation.epochs });
    try {
      return await evaluate({
        done,
        signal,
        onEpoch: (student, epoch, loss) => {
          progress.update(student * evaluation.epochs + epoch, { student: student + 1, loss });
          lock.touch();
        },
        onStudent: (student, accuracy) => {
          lines.append({ student, accuracy });
          lines.flush();
        },
      });
    } finally {
      lines.close();
    }
  };
}
