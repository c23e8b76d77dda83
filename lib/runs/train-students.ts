/** The second half of a run: students, trained on its set and tested; each is stored as it ends, and none is trained twice. */
import { existsSync } from 'node:fs';
import type { PreparedDataset } from '../data/image-source';
import type { Configuration } from '../distillation/configuration';
import {
  evaluateSet,
  evaluateTrainingSet,
  summariseAccuracy,
  type Accuracy,
  type EvaluationOptions,
  type StudentResult,
} from '../evaluation/evaluation';
import { realTrainingSet } from '../evaluation/training-set';
import { openJsonLines } from '../files/json-lines';
import { clearDeadHolder } from '../files/lock';
import { writeSealed } from '../files/sealed-json';
import type { tf } from '../tensor/tensorflow';
import type { RunContext } from './context';
import { readRunsSet } from './distilled-file';
import { studentsPlace } from './identity';
import { keepTensors, keptTensors } from './kept-tensors';
import type { LedgeredResult, MadeSet } from './make-set';
import { advice, readRecipe, readSelection, readStudents, setFiles, studentsFiles } from './run-files';
import { isDistilled, type RunKind } from './run-kinds';
import { inSession, type Session } from './session';
import type { StoredAs } from './stored-as';

/** A finished run. */
export interface RunResult extends LedgeredResult {
  /** Folder of its training set. */
  run: string;
  /** Folder of its students. */
  students: string;
  kind: RunKind;
  configuration: Configuration;
  /** Of a set that was stored in another precision: how, and from which run's set. */
  stored?: StoredAs;
  /** Of the set that a run had at an iteration before its last: which, and the folder that it lies in, under the run's. */
  snapshot?: { iteration: number; folder: string };
  /** Of the students, on the images of `configuration.evaluation.split`. */
  accuracy: Accuracy;
  /** Of the set and of the students together, all sessions; of a snapshot, the iterations up to it. */
  seconds: number;
  /** Training images that the set decodes to. */
  trainingImages: number;
  /** Steps of each student. */
  updates: number;
}

/**
 * Trains the students that a configuration asks for, on a set that is done.
 * @throws RunStopped after an interrupt, RunDiverged when a student does
 */
export async function trainStudents(
  set: MadeSet,
  configuration: Configuration,
  context: RunContext,
): Promise<RunResult> {
  const place = studentsPlace(set, configuration);
  const wanted = configuration.evaluation.students;
  const stored = readStudents(place);
  const isStored = stored.length >= wanted;
  if (isStored) {
    readRecipe(place);
    await clearDeadHolder(place.folder);
  }
  const students = isStored
    ? stored
    : await inSession(place, context, (session) => trainThem(set, configuration, session));
  const result = finished(set, configuration, { folder: place.folder, students: students.slice(0, wanted) });
  const told = describeAccuracy(result.accuracy, configuration);
  context.progress.note(`${told}, ${isStored ? 'as stored in' : 'stored in'} ${set.folder}`);
  return result;
}

/** What a run comes to. @param trained folder and results of its students */
function finished(
  set: MadeSet,
  configuration: Configuration,
  { folder, students }: { folder: string; students: readonly StudentResult[] },
): RunResult {
  return {
    ...set.result,
    run: set.snapshot?.run ?? set.folder,
    students: folder,
    kind: set.kind,
    configuration,
    ...(set.stored ? { stored: set.stored } : {}),
    ...(set.snapshot ? { snapshot: { iteration: set.snapshot.iteration, folder: set.folder } } : {}),
    accuracy: summariseAccuracy(students.map(({ accuracy }) => accuracy)),
    seconds: students.reduce((sum, { seconds }) => sum + seconds, set.result.seconds),
    trainingImages: students[0].images,
    updates: students[0].updates,
  };
}

async function trainThem(set: MadeSet, configuration: Configuration, session: Session): Promise<StudentResult[]> {
  const { folder, hash, progress, signal } = session;
  const files = studentsFiles(folder);
  const { network, evaluation } = configuration;
  if (existsSync(files.configuration)) readRecipe(session);
  else writeSealed(files.configuration, hash, { network, evaluation: { ...evaluation, students: undefined } });
  const lines = openJsonLines(files.results, { identity: hash, advice: advice(folder) });
  try {
    const done = readStudents(session);
    return await evaluateStudents(set, configuration, session.data, {
      done,
      signal,
      onBegin: (total, before) => progress.stage({ name: 'training students', total, done: before }),
      onUpdate: (update, student, loss) => progress.update(update, { student: student + 1, loss }),
      onStudent: (student, result, parameters) => {
        if (set.kind === 'full' && student === 0) keepTensors(files.student, hash, parameters);
        lines.append(result);
        lines.flush();
      },
    });
  } finally {
    lines.close();
  }
}

/** Students on a set of any kind that lies in its run's folder; nothing is stored. */
export async function evaluateStudents(
  set: Pick<MadeSet, 'kind' | 'folder' | 'hash'>,
  configuration: Configuration,
  data: PreparedDataset,
  options: EvaluationOptions,
): Promise<StudentResult[]> {
  if (isDistilled(set.kind)) {
    const distilled = readRunsSet(set.folder);
    try {
      return await evaluateSet(distilled, configuration, data, options);
    } finally {
      distilled.dispose();
    }
  }
  const chosen = set.kind === 'full' ? undefined : readSelection(set);
  const soft = configuration.labels.kind === 'hard' ? undefined : readLabels(set);
  const images = realTrainingSet(data.train, chosen, soft);
  try {
    return await evaluateTrainingSet(images, configuration, data, options);
  } finally {
    images.dispose();
  }
}

/** Soft labels of real images; the caller disposes of them. */
function readLabels({ folder, hash }: Pick<MadeSet, 'folder' | 'hash'>): tf.Tensor2D {
  return keptTensors(setFiles(folder).labels, { folder, hash }).softLabels as tf.Tensor2D;
}

/** E.g. 'test accuracy 38.8 % (deviation 0.4 % over 3 students)'. */
function describeAccuracy({ mean, std, runs }: Accuracy, { evaluation }: Configuration): string {
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const spread = runs.length > 1 ? `deviation ${percent(std)} over ${runs.length} students` : 'one student';
  return `${evaluation.split} accuracy ${percent(mean)} (${spread})`;
}
