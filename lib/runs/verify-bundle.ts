/** A bundle on another machine: its checksums, its data, and its students, trained again and compared. In the end nothing is kept. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unpack } from '../data/unpack';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import type { StudentResult } from '../evaluation/evaluation';
import { digestOfFile } from '../files/file-digest';
import { readSealed } from '../files/sealed-json';
import { describeEnvironment, type Environment } from '../machine/environment';
import { useBackend } from '../tensor/backend';
import { listenForInterrupt } from '../terminal/interrupt';
import { createProgress, type ProgressReporter } from '../terminal/progress';
import { bundleFormat, manifestName, manifestSchema, type BundleManifest } from './bundle';
import { RunStopped } from './context';
import { dataAtHand } from './data-at-hand';
import { hashInName, readRecipe, readSessions, readStudents, type RecordedSession } from './run-files';
import { listRuns, type RunSummary } from './run-store';
import { evaluateStudents } from './train-students';
import { openVerifiedStudents, type VerifiedStudentsStore } from './verified-students';

export interface VerifyOptions {
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Students of each recipe that are trained again, the first ones; 0 checks files alone. Default: all. */
  students?: number;
  progress?: ProgressReporter;
  signal?: AbortSignal;
}

export interface VerifiedStudent {
  /** From 0 on. */
  student: number;
  /** Accuracies, as fractions. */
  recorded: number;
  found: number;
  /** How far they may lie apart; 0 where they must be the same bit for bit. */
  tolerance: number;
  agrees: boolean;
}

export interface VerifiedStudents {
  run: string;
  /** Name of the students' folder. */
  students: string;
  /** What tolerance is meant, and why. */
  expected: string;
  results: VerifiedStudent[];
}

export interface BundleVerification {
  file: string;
  /** Files whose checksums are right: all. */
  files: number;
  verified: VerifiedStudents[];
  /** Runs that could not be compared, and why: e.g. data that are not here. */
  problems: { run: string; why: string }[];
  /** Whether every student that was trained again agrees, and there was no problem. */
  agrees: boolean;
}

/**
 * Checks every file of a bundle, then trains students again on its sets and compares their accuracies with those recorded: bit for
 * bit where processor, threads, backend and TensorFlow are those recorded, else within four standard errors of the difference of two
 * accuracies on as many test images. Interrupted, the same again goes on after the last student that was trained.
 * @throws Error naming the archive, and the file in it, where anything is damaged, missing, beside what it lists, or leads elsewhere
 * @throws RunStopped after an interrupt
 */
export async function verifyBundle(file: string, options: VerifyOptions = {}): Promise<BundleVerification> {
  const { students = Infinity } = options;
  if (!(students >= 0) || (Number.isFinite(students) && !Number.isInteger(students)))
    throw new RangeError(`verifyBundle: 'students' is ${students}; allowed is a whole number of at least 0.`);
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-bundle-'));
  const progress = options.progress ?? createProgress();
  const interrupt = listenForInterrupt(options.signal);
  let kept: VerifiedStudentsStore | undefined;
  try {
    await unpack(file, folder);
    const manifest = await checkFiles(file, folder);
    const runs = readRuns(file, folder, manifest);
    const environment = describeEnvironment(await useBackend());
    const found: BundleVerification = { file, files: manifest.files.length, verified: [], problems: [], agrees: true };
    if (students > 0) {
      kept = await openVerifiedStudents(file, { environment, progress });
      const context = { environment, students, progress, kept, signal: interrupt.signal, data: options.data };
      for (const run of runs) {
        try {
          await verifyRun(run, context, found);
        } catch (error) {
          if (interrupt.signal.aborted) throw error;
          found.problems.push({ run: run.name, why: (error as Error).message });
        }
      }
      kept.remove();
    }
    const agree = found.verified.every(({ results }) => results.every(({ agrees }) => agrees));
    return { ...found, agrees: agree && found.problems.length === 0 };
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    const students = kept?.count === 1 ? 'the student that was' : `${kept?.count ?? 0} students that were`;
    throw new RunStopped(`Stopped; ${students} trained again are kept. The same again goes on from there.`, {
      cause: error,
    });
  } finally {
    progress.end();
    interrupt.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error naming the first file that is not what the bundle lists */
async function checkFiles(file: string, folder: string): Promise<BundleManifest> {
  const present = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  if (!present.includes(manifestName)) throw new Error(`${file} is no bundle: it has no ${manifestName}.`);
  let manifest: BundleManifest;
  try {
    manifest = readSealed(path.join(folder, manifestName), manifestSchema, { identity: bundleFormat });
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message.replaceAll(folder + path.sep, '')}`, { cause: error });
  }
  const listed = new Map(manifest.files.map((one) => [one.path, one]));
  for (const name of present) {
    if (name === manifestName) continue;
    const expected = listed.get(name);
    if (!expected) throw new Error(`${file}: ${name} is not among the files that it lists; nothing of it is used.`);
    const { bytes, digest: sha256 } = await digestOfFile(path.join(folder, name), 'sha256');
    if (bytes !== expected.bytes || sha256 !== expected.sha256)
      throw new Error(`${file}: ${name} is not what was bundled: its checksum is another. It was damaged or changed.`);
    listed.delete(name);
  }
  const [missing] = listed.keys();
  if (missing !== undefined) throw new Error(`${file}: ${missing} is listed, and missing.`);
  return manifest;
}

/** Runs that a bundle lists, each readable and finished. */
function readRuns(file: string, folder: string, manifest: BundleManifest): RunSummary[] {
  const present = listRuns(path.join(folder, 'runs'));
  return manifest.runs.map(({ name, dataChecksum }) => {
    const run = present.find((one) => one.name === name);
    if (run?.state !== 'finished' || run.identity?.dataChecksum !== dataChecksum)
      throw new Error(`${file}: its run ${name} is ${run ? `${run.state}, or of other data than listed` : 'missing'}.`);
    return run;
  });
}

interface VerifyContext {
  environment: Environment;
  students: number;
  progress: ProgressReporter;
  kept: VerifiedStudentsStore;
  signal: AbortSignal;
  data?: string;
}

async function verifyRun(
  { name, folder, identity, students }: RunSummary,
  { environment, students: wanted, progress, kept, signal, data: place }: VerifyContext,
  found: BundleVerification,
): Promise<void> {
  const { kind, configuration: made, dataChecksum } = identity!;
  const set = { kind, folder, hash: hashInName(folder) };
  for (const { name: recipeName } of students) {
    const recipe = path.join(folder, 'students', recipeName);
    const from = { folder: recipe, hash: hashInName(recipe) };
    const recorded = readStudents(from);
    const count = Math.min(wanted, recorded.length);
    if (count === 0) continue;
    const configuration = configurationOf(made, readRecipe(from), count);
    const { dataset, whitening, holdOut, evaluation } = configuration;
    const data = await dataAtHand(dataset, { data: place, whitening, holdOut });
    if (data.checksum !== dataChecksum) {
      throw new Error(
        `it was made from another version of ${dataset} than the one here: their checksums begin with ${dataChecksum.slice(0, 8)} and ${data.checksum.slice(0, 8)}`,
      );
    }
    const other = otherThan(readSessions(from), environment);
    const images = data[evaluation.split].count;
    const own = kept.of(name, recipeName);
    let results: StudentResult[];
    try {
      results = await evaluateStudents(set, configuration, data, {
        done: own.done,
        signal,
        onBegin: (total, done) => progress.stage({ name: `students of ${name}`, total, done }),
        onUpdate: (done, student, loss) => progress.update(done, { student: student + 1, loss }),
        onStudent: (_student, result) => own.add(result),
      });
    } finally {
      own.close();
    }
    found.verified.push({
      run: name,
      students: recipeName,
      expected:
        other === undefined
          ? 'bit for bit: processor, threads, backend and TensorFlow are those recorded'
          : `within four standard errors on ${images} ${evaluation.split} images, since ${other}`,
      results: results.map(({ accuracy }, student) => {
        const before = recorded[student].accuracy;
        const tolerance = other === undefined ? 0 : toleranceOn(images, before, accuracy);
        const agrees = Math.abs(accuracy - before) <= tolerance;
        return { student, recorded: before, found: accuracy, tolerance, agrees };
      }),
    });
  }
}

function configurationOf(made: object, recipe: object, students: number): Configuration {
  const { evaluation, ...rest } = recipe as { evaluation: object };
  const input = { ...made, ...rest, evaluation: { ...evaluation, students } };
  return configure(input as ConfigurationInput, { anyDataset: true });
}

/** Four standard errors of the difference of two accuracies on so many images: of any that differ, some four images at least. */
export function toleranceOn(images: number, first: number, second: number): number {
  const mean = (first + second) / 2;
  return 4 * Math.sqrt((2 * mean * (1 - mean)) / images);
}

/** What was computed with something else than here, in words; undefined where nothing was. */
function otherThan(sessions: readonly RecordedSession[], environment: Environment): string | undefined {
  if (sessions.length === 0) return 'nothing is recorded of what it was computed with';
  for (const key of ['device', 'threads', 'backend', 'tensorflow'] as const) {
    const other = sessions.find((session) => key in session && session[key] !== environment[key]);
    if (other) return `the ${key} was ${String(other[key])}, and is ${String(environment[key])} here`;
  }
  return undefined;
}
