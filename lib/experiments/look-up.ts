/** What of a task is stored, and what the rest will take: found without doing any of it. */
import type { Configuration } from '../distillation/configuration';
import { configure } from '../distillation/configuration';
import { estimatePreparation, estimateRun, type Estimate } from '../distillation/estimate';
import { canonicalJson } from '../files/canonical-json';
import type { PreparedDataset } from '../data/image-source';
import { dataAtHand } from '../runs/data-at-hand';
import { setPlace, snapshotPlace, studentsPlace } from '../runs/identity';
import { leftToPrepare, type LeftToPrepare } from '../runs/make-experts';
import { configureBaseline, withStudents } from '../runs/run';
import { readSetResult, readStudents, type RunPlace } from '../runs/run-files';
import { kindOfBaseline, type RunKind } from '../runs/run-kinds';
import { missingSnapshots } from '../runs/snapshots';
import { storedAs, type StoreInput } from '../runs/stored-as';
import { setTaskOf, type Places, type RunTask } from './task';

/** The configurations of a task. */
export interface ConfiguredTask {
  kind: RunKind;
  /** Of the set, and of students that are trained on it in any case. */
  made: Configuration;
  /** Of other students, where the task has some. */
  others?: Configuration;
  /** Whether students are trained on the set in another precision, too. */
  stored?: boolean;
  /** That those are trained on, where it is not the set of the last iteration. */
  snapshot?: number;
}

/** @throws RangeError for an impossible configuration, and for a snapshot that is not asked for */
export function configureTask(task: RunTask): ConfiguredTask {
  const of = setTaskOf(task);
  const made = of.kind === 'run' ? configure(of.input) : configureBaseline(of.input);
  if (task.kind === 'stored') storedAs('the run', task.as);
  const snapshot = task.kind === 'evaluation' && task.snapshot !== made.iterations ? task.snapshot : undefined;
  if (snapshot !== undefined && (of.kind !== 'run' || !made.snapshots?.includes(snapshot))) {
    throw new RangeError(
      `A task trains students on the set of iteration ${snapshot}, which its run is not asked to keep: name it among the run's 'snapshots'.`,
    );
  }
  return {
    kind: of.kind === 'run' ? 'distillation' : kindOfBaseline(of.input.baseline, of.input.keep),
    made,
    ...(task.kind === 'evaluation' ? { others: withStudents(made, task.students) } : {}),
    ...(task.kind === 'stored' ? { stored: true } : {}),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

export interface FoundTask extends ConfiguredTask {
  /** Where the set lies, or will: tasks of one place make one set. */
  folder: string;
  /** Whether the set is there, and those of earlier iterations that are asked for. */
  set: boolean;
  /** Whether the students that are trained on it in any case are there, too. */
  students: boolean;
  /** Whether everything is there: then the task returns it at once. */
  all: boolean;
  /** What a set that is not there needs prepared, and is not: experts. */
  left?: LeftToPrepare;
}

/**
 * Looks a task up.
 * @throws RangeError for an impossible configuration
 * @throws Error where the data is not to be had, or experts cannot be used; what is damaged of a run counts as not there, and is
 * told by whoever does the task
 */
export async function lookUp(task: RunTask, places: Places = {}): Promise<FoundTask> {
  const configured = configureTask(task);
  const { kind, made, others, snapshot } = configured;
  const data = await preparedFor(made, places);
  const place = setPlace({ kind, configuration: made, dataChecksum: data.checksum }, places.runs);
  const set = hasSet(place) && missingSnapshots(place, made).length === 0;
  const othersPlace = snapshot === undefined ? place : snapshotPlace(place, snapshot);
  const students = set && hasStudents(place, made.network, made);
  const all =
    students &&
    (others === undefined || hasStudents(othersPlace, made.network, others)) &&
    (task.kind !== 'stored' ||
      hasAll(storedPlace(task.as, { made, place, dataChecksum: data.checksum }, places), made));
  const left = set ? undefined : await leftToPrepare(made, places);
  return { ...configured, folder: place.folder, set, students, all, left };
}

/** Where the set of a run lies in another precision, or will. */
function storedPlace(
  as: StoreInput,
  { made, place, dataChecksum }: { made: Configuration; place: RunPlace; dataChecksum: string },
  { runs }: Pick<Places, 'runs'>,
): RunPlace {
  return setPlace({ kind: 'stored', configuration: made, dataChecksum, stored: storedAs(place.hash, as) }, runs);
}

const hasSet = (place: RunPlace) => readable(() => readSetResult(place) !== undefined);

const hasAll = (place: RunPlace, made: Configuration) => hasSet(place) && hasStudents(place, made.network, made);

function hasStudents(place: RunPlace, network: Configuration['network'], configuration: Configuration): boolean {
  const wanted = configuration.evaluation.students;
  return readable(() => readStudents(studentsPlace({ ...place, network }, configuration)).length >= wanted);
}

function readable(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}

function preparedFor(
  { dataset, whitening, holdOut }: Configuration,
  { data }: Pick<Places, 'data'>,
): Promise<PreparedDataset> {
  return dataAtHand(dataset, { data, whitening, holdOut });
}

/**
 * Seconds and memory of what is left of a task, by the speed of this machine.
 * @returns undefined where nothing can be told, as on a GPU
 */
export async function estimateTask(found: FoundTask, places: Places = {}): Promise<Estimate | undefined> {
  const { made, others, stored, kind, set, students } = found;
  const data = await preparedFor(made, places);
  const whole = kind === 'full' ? Math.ceil(data.train.count / data.train.classCount) : undefined;
  const isMade = set || kind !== 'distillation';
  const parts = [
    ...(students && (others || stored) ? [] : [isMade ? studentsAlone(made, whole) : made]),
    ...(others ? [studentsAlone(others, whole)] : []),
    ...(stored ? [studentsAlone(made)] : []),
  ].map((part) => estimateOnce(part, data, estimateRun));
  return parts.reduce(together);
}

/** Of one part of what a configuration needs prepared: an expert. */
export async function estimatePart(made: Configuration, places: Places = {}): Promise<Estimate | undefined> {
  return estimateOnce(made, await preparedFor(made, places), estimatePreparation);
}

/** Without iterations; on as many images a class, where the set is real images. */
function studentsAlone(configuration: Configuration, ipc?: number): Configuration {
  const set = ipc === undefined ? configuration.set : ({ ...configuration.set, ipc } as Configuration['set']);
  return { ...configuration, set, iterations: 0 };
}

function together(first: Estimate | undefined, second: Estimate | undefined): Estimate | undefined {
  if (first === undefined || second === undefined) return undefined;
  return {
    seconds: first.seconds + second.seconds,
    bytes: Math.max(first.bytes, second.bytes),
    ownBytes: Math.max(first.ownBytes, second.ownBytes),
  };
}

const estimates = new Map<string, Estimate | undefined>();

/** Runs that differ in their seed take the same: the machine's speed is measured once for all of them. */
function estimateOnce(
  configuration: Configuration,
  data: PreparedDataset,
  estimate: (configuration: Configuration, data: PreparedDataset) => Estimate | undefined,
): Estimate | undefined {
  const key = `${estimate.name} ${canonicalJson({ ...configuration, seed: 0 })}`;
  if (!estimates.has(key)) estimates.set(key, estimate(configuration, data));
  return estimates.get(key);
}
