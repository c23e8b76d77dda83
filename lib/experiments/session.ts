/** A session of a run: the lock, the files, the progress between its beginning and its result. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, writing } from '../files/file-error';
import type { PreparedDataset } from '../data/image-source';
import { clearDeadHolder, describeHolder, takeLock, type Holder, type Lock } from '../files/lock';
import { requireEnoughImages, type Configuration } from '../distillation/configuration';
import { createProgress, type ProgressReporter } from '../distillation/progress';
import type { Accuracy, EvaluationOptions } from '../evaluation/evaluation';
import { useBackend } from '../tensor/backend';
import { writeWhole } from '../files/whole-file';
import { dataAtHand } from './data-at-hand';
import { describeEnvironment } from './environment';
import { unusedGpu } from './gpu-signs';
import { listenForInterrupt } from './interrupt';
import { openJsonLines, wholeLineBytes } from '../files/json-lines';
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

/** What a run works with between taking its lock and writing its result. */
export interface Session {
  configuration: Configuration;
  data: PreparedDataset;
  files: RunFiles;
  lock: Lock;
  progress: ProgressReporter;
  signal: AbortSignal;
  /** Evaluates with students stored as they finish: one that is done is not trained again. */
  students(evaluate: (hooks: EvaluationOptions) => Promise<Accuracy>): Promise<Accuracy>;
}

export type Outcome = Pick<StoredResult, 'accuracy' | 'storedFloats'>;

export interface Task {
  kind: RunKind;
  configuration: Configuration;
  /** Of an evaluation: the run whose set it is. */
  of?: string;
  /** Throws where the run could not be begun. */
  check?: (data: PreparedDataset) => void;
}

/**
 * Takes a run's lock and does its work; or returns what is stored.
 * @throws RunStopped after an interrupt
 */
export async function execute(
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
  const unused = unusedGpu();
  if (unused !== undefined) progress.note(unused);
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

/** Of one image. */
export function imageFloats({ train }: PreparedDataset): number {
  return train.imageShape.reduce((product, side) => product * side, 1);
}
