/** The folder `results/runs`: a folder a run, with everything that it was and came to. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { currentHolder, describeHolder, type Holder } from '../files/lock';
import { resultsFolder } from '../files/results-folder';
import type { IterationMetrics } from '../distillation/distillation';
import { oneLine } from '../files/one-line';
import { readJsonLines } from '../files/json-lines';

/** Where runs are stored unless something else is said: HABA_RUNS, else among the results, under the working folder. */
export const defaultRuns = process.env.HABA_RUNS || resultsFolder('runs');

/** Paths of the files of one run. */
export interface RunFiles {
  /** Identity: kind, complete configuration, checksum of the data. */
  configuration: string;
  /** One entry a session: versions, device, commit. */
  environment: string;
  /** A line of JSON an iteration. */
  metrics: string;
  /** A line of JSON a student trained on the finished set. */
  students: string;
  checkpoint: string;
  /** Seconds that the sessions of an unfinished run took. */
  seconds: string;
  /** The finished set, self-describing. */
  distilled: string;
  /** Of full-data training: the first student's parameters, whose features judge training sets. */
  student: string;
  /** Written last: a run that has it is done. */
  result: string;
}

export function runFiles(folder: string): RunFiles {
  return {
    configuration: path.join(folder, 'configuration.json'),
    environment: path.join(folder, 'environment.json'),
    metrics: path.join(folder, 'metrics.jsonl'),
    students: path.join(folder, 'students.jsonl'),
    checkpoint: path.join(folder, 'checkpoint.safetensors'),
    seconds: path.join(folder, 'seconds'),
    distilled: path.join(folder, 'distilled.safetensors'),
    student: path.join(folder, 'student.safetensors'),
    result: path.join(folder, 'result.json'),
  };
}

const share = z.number().min(0).max(1);

const resultSchema = z.object({
  /** Test accuracy over students, as fractions. */
  accuracy: z.object({ mean: share, std: z.number().min(0).finite(), runs: z.array(share) }),
  /** Floats that training on the set needs, the learned step size apart. */
  storedFloats: z.number().int().min(0).safe(),
  /** The same in images per class, which a class of images of the dataset's shape would take. */
  imagesPerClass: z.number().min(0).finite(),
  /** Of all sessions together: iterations and students. */
  seconds: z.number().min(0).finite(),
  /** Largest resident memory of the process in the last session. */
  peakBytes: z.number().min(0).finite(),
});

/** What a finished run came to. */
export type StoredResult = z.infer<typeof resultSchema>;

/**
 * The result of a run, if it is finished.
 * @throws Error naming the file, when it is there and cannot be understood
 */
export function readResult(folder: string): StoredResult | undefined {
  const file = runFiles(folder).result;
  return existsSync(file) ? readJson(file, resultSchema) : undefined;
}

const metricsSchema: z.ZodType<IterationMetrics> = z.object({
  iteration: z.number().int().min(1).safe(),
  loss: z.number(),
  cosine: z.number().optional(),
  adversaryLoss: z.number().optional(),
  stepSize: z.number().optional(),
  seconds: z.number().min(0),
});

/** Iteration by iteration, what a run recorded. @throws Error naming file and line of what is damaged */
export function readMetrics(folder: string): IterationMetrics[] {
  return readJsonLines(runFiles(folder).metrics, metricsSchema);
}

const studentSchema = z.object({ student: z.number().int().min(0).safe(), accuracy: share });

/** The students trained so far. @throws Error naming file and line of what is damaged */
export function readStudents(folder: string): z.infer<typeof studentSchema>[] {
  return readJsonLines(runFiles(folder).students, studentSchema);
}

const identitySchema = z.record(z.unknown());

/** What a run is: kind, complete configuration, checksum of its data. @throws Error naming the file */
export function readIdentity(folder: string): Record<string, unknown> {
  return readJson(runFiles(folder).configuration, identitySchema);
}

const environmentsSchema = z.array(z.record(z.unknown()));

/** The sessions so far: versions, device, commit. @throws Error naming the file */
export function readEnvironments(folder: string): Record<string, unknown>[] {
  const file = runFiles(folder).environment;
  return existsSync(file) ? readJson(file, environmentsSchema) : [];
}

/** What earlier sessions of an unfinished run took. @throws Error naming the file */
export function readSeconds(folder: string): number {
  const file = runFiles(folder).seconds;
  return existsSync(file) ? readJson(file, z.number().min(0).finite()) : 0;
}

/** @throws Error naming the file, when it is not JSON or not of the schema */
function readJson<Value>(file: string, schema: z.ZodType<Value>): Value {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${oneLine((error as Error).message)}. ${advice(path.dirname(file))}`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: keys, message } = parsed.error.issues[0];
  throw new Error(
    `${file} is not what a run writes: ${oneLine([...keys, message].join(': '))}. ${advice(path.dirname(file))}`,
  );
}

/** What to do about a run whose files are damaged. */
export function advice(folder: string): string {
  return `Nothing was changed. To begin this run anew: npm run haba -- runs remove ${path.basename(folder)}`;
}

export interface RunSummary {
  /** Name of its folder. */
  name: string;
  folder: string;
  state: 'finished' | 'unfinished' | 'running' | 'unreadable';
  holder?: Holder;
  /** Size of all its files. */
  bytes: number;
  /** Size of what a finished run no longer needs: its checkpoint. */
  spareBytes: number;
  /** Last change, milliseconds since 1970. */
  changed: number;
  result?: StoredResult;
}

/** Every run of a folder, by name. */
export function listRuns(runs: string = defaultRuns): RunSummary[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(runs, entry.name, 'configuration.json')))
    .map((entry) => summarise(path.join(runs, entry.name)))
    .sort((first, second) => (first.name < second.name ? -1 : 1));
}

function summarise(folder: string): RunSummary {
  const files = runFiles(folder);
  const holder = currentHolder(folder);
  const spareBytes = existsSync(files.result) && existsSync(files.checkpoint) ? statSync(files.checkpoint).size : 0;
  const common = {
    name: path.basename(folder),
    folder,
    holder,
    bytes: folderBytes(folder),
    spareBytes,
    changed: lastChange(folder),
  };
  try {
    const result = readResult(folder);
    return { ...common, result, state: result ? 'finished' : holder ? 'running' : 'unfinished' };
  } catch {
    return { ...common, state: 'unreadable' };
  }
}

/**
 * Removes runs, named in full.
 * @returns what was removed
 * @throws Error when a name is not a run's, or a run is being worked on; then nothing is removed
 */
export function removeRuns(names: readonly string[], runs: string = defaultRuns): RunSummary[] {
  const chosen = chooseRuns(names, runs);
  for (const { folder } of chosen) rmSync(folder, { recursive: true });
  return chosen;
}

/**
 * Removes the checkpoints of finished runs, which nothing needs any more; results and distilled sets stay.
 * @returns the runs that became smaller
 * @throws Error as {@link removeRuns}
 */
export function pruneRuns(names: readonly string[], runs: string = defaultRuns): RunSummary[] {
  const chosen = chooseRuns(names, runs).filter(({ spareBytes }) => spareBytes > 0);
  for (const { folder } of chosen) rmSync(runFiles(folder).checkpoint);
  return chosen;
}

function chooseRuns(names: readonly string[], runs: string): RunSummary[] {
  const present = new Map(listRuns(runs).map((run) => [run.name, run]));
  return [...new Set(names)].map((name) => {
    const run = present.get(name);
    if (!run)
      throw new Error(
        `'${name}' is not a run in ${runs}. The names there: ${[...present.keys()].join(', ') || 'none'}.`,
      );
    if (run.holder) throw new Error(`${describeHolder(run.folder, run.holder)} Nothing was removed.`);
    return run;
  });
}

function folderBytes(folder: string): number {
  return filesOf(folder).reduce((sum, file) => sum + lstatSync(file).size, 0);
}

function lastChange(folder: string): number {
  return Math.max(...filesOf(folder).map((file) => lstatSync(file).mtimeMs));
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const inner = path.join(folder, entry.name);
    return entry.isDirectory() ? filesOf(inner) : [inner];
  });
}
