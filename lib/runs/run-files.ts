/**
 * Where a run's files lie, and how they are read: `RUN/` for a training set, `RUN/students/RECIPE/` for the students that were
 * trained on it. Every file says whose it is and carries a checksum.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ledgerSchema } from '../factorization/ledger';
import type { IterationMetrics } from '../distillation/distillation';
import type { StudentResult } from '../evaluation/evaluation';
import { testSplits } from '../evaluation/student-settings';
import { readJsonLines } from '../files/json-lines';
import { parseOrExplain } from '../files/parse-or-explain';
import { resultsFolder } from '../files/results-folder';
import { readSealed } from '../files/sealed-json';
import { shellWord } from '../files/shell-word';
import { runKinds } from './run-kinds';
import { storedAsSchema } from './stored-as';

/** A folder of a run, and the hash that its files are sealed with. */
export interface RunPlace {
  folder: string;
  hash: string;
}

/** Where runs are stored unless something else is said: HABA_RUNS, else among the results, under the working folder. */
export function defaultRuns(): string {
  return process.env.HABA_RUNS || resultsFolder('runs');
}

/** Paths of the files of a training set. */
export interface SetFiles {
  /** What it is: kind, complete configuration, checksum of the data. */
  configuration: string;
  /** One entry a session: versions, device, commit, seconds. */
  environment: string;
  /** A line of JSON an iteration. */
  metrics: string;
  checkpoint: string;
  /** How far what comes before the first iteration is; gone when there is a checkpoint. */
  preparation: string;
  /** A finished distilled set, self-describing. */
  distilled: string;
  /** Folder of the folders of sets that it had at earlier iterations. */
  snapshots: string;
  /** Real images that were chosen. */
  selection: string;
  /** Soft labels of real images. */
  labels: string;
  /** Of what coresets are chosen by: the network whose features are used. */
  network: string;
  /** Written last: a set that has it is done. */
  result: string;
  /** Folder of the students' folders. */
  students: string;
}

export function setFiles(folder: string): SetFiles {
  return {
    configuration: path.join(folder, 'configuration.json'),
    environment: path.join(folder, 'environment.json'),
    metrics: path.join(folder, 'metrics.jsonl'),
    checkpoint: path.join(folder, 'checkpoint.safetensors'),
    preparation: path.join(folder, 'preparation.safetensors'),
    distilled: path.join(folder, 'distilled.safetensors'),
    snapshots: path.join(folder, 'snapshots'),
    selection: path.join(folder, 'selection.json'),
    labels: path.join(folder, 'labels.safetensors'),
    network: path.join(folder, 'network.safetensors'),
    result: path.join(folder, 'result.json'),
    students: path.join(folder, 'students'),
  };
}

/** Paths of the files of students of one recipe. */
export interface StudentsFiles {
  /** Their network and how they are trained and tested. */
  configuration: string;
  environment: string;
  /** A line of JSON a student. */
  results: string;
  /** Of full-data training: the first student's parameters, whose features judge training sets. */
  student: string;
}

export function studentsFiles(folder: string): StudentsFiles {
  return {
    configuration: path.join(folder, 'configuration.json'),
    environment: path.join(folder, 'environment.json'),
    results: path.join(folder, 'students.jsonl'),
    student: path.join(folder, 'student.safetensors'),
  };
}

/** What to do about a training set, or one of its snapshots, whose files are damaged, or students' in whose folder they are. */
export function advice(folder: string): string {
  const [set, recipe] = folder.split(`${path.sep}students${path.sep}`);
  if (recipe !== undefined)
    return `Nothing was changed. Remove ${folder}: its students are trained again, their set stays.`;
  const [run] = set.split(`${path.sep}snapshots${path.sep}`);
  const runs = path.dirname(run);
  const place = path.resolve(runs) === path.resolve(defaultRuns()) ? '' : ` --runs ${shellWord(runs)}`;
  return `Nothing was changed. To begin this run anew: npm run haba -- runs remove ${path.basename(run)}${place}`;
}

const identitySchema = z.object({
  kind: z.enum(runKinds),
  configuration: z.record(z.unknown()),
  dataChecksum: z.string(),
  stored: storedAsSchema.optional(),
  /** Of a set made elsewhere. */
  imported: z
    .object({
      checksum: z.string(),
      name: z.string().optional(),
      said: z.record(z.unknown()),
      files: z.array(z.string()),
    })
    .optional(),
});

/** What a run's folder says that its training set is. */
export type StoredIdentity = z.infer<typeof identitySchema>;

/** What a training set is. @throws Error naming the file */
export function readIdentity(folder: string): StoredIdentity {
  return readSealed(setFiles(folder).configuration, identitySchema, {
    identity: hashInName(folder),
    advice: advice(folder),
  });
}

/** A run's folder is named by its hash, too. */
export function hashInName(folder: string): string {
  return path.basename(folder).split('-').at(-1)!;
}

/** A folder of a training set, or of students, with the hash that it is named by. */
export function placeOf(folder: string): RunPlace {
  return { folder, hash: hashInName(folder) };
}

const setResultSchema = z.object({
  /** Floats that training on the set needs, the learned step size apart. */
  storedFloats: z.number().int().min(0).safe(),
  /** The same in images per class, which a class of images of the dataset's shape would take. */
  imagesPerClass: z.number().min(0).finite(),
  /** What it costs in floats and bits, by part. Runs of before there was a ledger lack it. */
  ledger: ledgerSchema.optional(),
  /** Of all sessions together. */
  seconds: z.number().min(0).finite(),
  /** Largest resident memory of the process in the last session. */
  peakBytes: z.number().min(0).finite(),
});

/** What a finished training set came to. */
export type SetResult = z.infer<typeof setResultSchema>;

/**
 * The result of a training set, if it is finished.
 * @throws Error naming the file, when it is there and cannot be used
 */
export function readSetResult({ folder, hash }: RunPlace): SetResult | undefined {
  const file = setFiles(folder).result;
  if (!existsSync(file)) return undefined;
  return readSealed(file, setResultSchema, { identity: hash, advice: advice(folder) });
}

const metricsSchema: z.ZodType<IterationMetrics> = z
  .object({
    iteration: z.number().int().positive().safe(),
    loss: z.number(),
    cosine: z.number().optional(),
    adversaryLoss: z.number().optional(),
    seconds: z.number().min(0),
  })
  // What a matching method learned.
  .catchall(z.number());

const iterationsSchema = z.object({ iterations: z.number() });

/**
 * Iteration by iteration, what a distillation recorded.
 * @throws Error naming file and line of what is damaged, or missing from a finished one
 */
export function readMetrics(folder: string): IterationMetrics[] {
  const files = setFiles(folder);
  const options = { identity: hashInName(folder), advice: advice(folder) };
  const metrics = readJsonLines(files.metrics, metricsSchema, options);
  if (!existsSync(files.result)) return metrics;
  const { iterations } = parseOrExplain(
    iterationsSchema,
    readIdentity(folder).configuration,
    (reason) => new Error(`${files.configuration} is not a run's: its configuration ${reason}. ${options.advice}`),
  );
  if (metrics.length !== iterations) {
    throw new Error(
      `${files.metrics} has ${metrics.length} iterations, and the run ${iterations}: lines are missing. ${options.advice}`,
    );
  }
  return metrics;
}

/** Seconds that iterations took up to one, what was done before the first not counted. */
export function secondsUntil(metrics: readonly Pick<IterationMetrics, 'seconds'>[], iteration: number): number {
  return metrics.slice(0, iteration).reduce((sum, { seconds }) => sum + seconds, 0);
}

const studentSchema: z.ZodType<StudentResult> = z.object({
  accuracy: z.number().min(0).max(1),
  images: z.number().int().positive().safe(),
  updates: z.number().int().positive().safe(),
  seconds: z.number().min(0).finite(),
});

/** The students trained so far. @throws Error naming file and line of what is damaged */
export function readStudents({ folder, hash }: RunPlace): StudentResult[] {
  const options = { identity: hash, advice: advice(folder) };
  return readJsonLines(studentsFiles(folder).results, studentSchema, options);
}

const recipeSchema = z.object({
  network: z.record(z.unknown()),
  evaluation: z.object({ split: z.enum(testSplits) }).passthrough(),
});

/** What a folder of students says that they are. */
export type StoredRecipe = z.infer<typeof recipeSchema>;

/** What students are, and how they are trained and tested. @throws Error naming the file */
export function readRecipe({ folder, hash }: RunPlace): StoredRecipe {
  const options = { identity: hash, advice: advice(folder) };
  return readSealed(studentsFiles(folder).configuration, recipeSchema, options);
}

const selectionSchema = z.object({ images: z.array(z.number().int().min(0).safe()).min(1) });

/** Which real images were chosen: indices into the training split. @throws Error naming the file */
export function readSelection({ folder, hash }: RunPlace): Int32Array {
  const options = { identity: hash, advice: advice(folder) };
  return Int32Array.from(readSealed(setFiles(folder).selection, selectionSchema, options).images);
}

const sessionsSchema = z.object({
  sessions: z.array(z.object({ seconds: z.number().min(0).finite() }).passthrough()),
});

/** What one session of a run was computed with, and how long it took. */
export type RecordedSession = z.infer<typeof sessionsSchema>['sessions'][number];

/** The sessions so far: versions, device, commit, seconds. @throws Error naming the file */
export function readSessions({ folder, hash }: RunPlace): RecordedSession[] {
  const file = path.join(folder, 'environment.json');
  if (!existsSync(file)) return [];
  const remedy = 'Nothing was changed. It holds versions and times alone: remove it, and the run goes on.';
  return readSealed(file, sessionsSchema, { identity: hash, advice: remedy }).sessions;
}
