/**
 * A piece of work as plain JSON: what a cell of a grid is to whoever executes it, here, in another process or on another machine.
 * Everything it needs is in it: `npm run haba -- task FILE` does the same as this process.
 */
import { z } from 'zod';
import { datasetNameOf } from '../data/dataset-names';
import { ownDatasetOf } from '../data/own-datasets';
import type { ConfigurationInput } from '../distillation/configuration';
import { isOwnKind } from '../factorization/parameterisations';
import { parseOrExplain } from '../files/parse-or-explain';
import { isOwnMethod } from '../matching/methods';
import { isOwnNetwork } from '../networks/network-families';
import type { RunOptions } from '../runs/context';
import type { BaselineInput, OtherStudents } from '../runs/run';
import type { StoreInput } from '../runs/stored-as';

/** A distillation, with what its method needs prepared first where it is not there, e.g. experts; and students on its set. */
export interface DistillationTask {
  kind: 'run';
  input: ConfigurationInput;
}

/** Work that makes a training set, and students on it. */
export type SetTask =
  | DistillationTask
  /** Students on real images, with the experts that label them made first where they are not there. */
  | { kind: 'baseline'; input: BaselineInput };

/** Work that ends in a run. */
export type RunTask =
  | SetTask
  /**
   * Other students on a set, which is made first where it is not there; or, with an iteration that it keeps as one of its
   * `snapshots`, on the one that it had then.
   */
  | { kind: 'evaluation'; of: SetTask; students: OtherStudents; snapshot?: number }
  /** A distilled set in another precision, and students on it as on the set, which is made first where it is not there. */
  | { kind: 'stored'; of: DistillationTask; as: StoreInput };

/** The work that a task's set is made by. */
export const setTaskOf = (task: RunTask): SetTask => ('of' in task ? task.of : task);

/** Experts of a configuration of trajectory matching: all, or those of these numbers, from 0 on. */
export interface ExpertsTask {
  kind: 'experts';
  input: ConfigurationInput;
  only?: number[];
}

/** What a grid comes to in the end (`write-report.ts`). */
export interface ReportTask {
  kind: 'report';
  /** Each a verb of `npm run haba --`, and what follows it. */
  commands: string[][];
  /** Folder of what they write: their HABA_RESULTS. */
  results: string;
  /** Where they run: what relative paths of theirs begin at. */
  folder: string;
}

export type Task = RunTask | ExpertsTask | ReportTask;

/** Folders that a task reads and writes. */
export type Places = Pick<RunOptions, 'runs' | 'data' | 'experts'>;

/** A task, what it is called where it is watched, and its folders: what a file of `npm run haba -- task FILE` holds. */
export interface TaskRequest {
  /** E.g. 'DM, HaBa, seed 1'. */
  label: string;
  task: Task;
  places: Places;
}

/**
 * What a task holds that was registered in this process, and that no other one has.
 * @returns e.g. "the kind of set 'low-rank'"; undefined where any process can do the task
 */
export function ownToThisProcess(task: Task): string | undefined {
  if (task.kind === 'report') return undefined;
  const { input } = task.kind === 'experts' ? task : setTaskOf(task);
  const dataset = input.dataset && datasetNameOf(input.dataset);
  if (dataset && ownDatasetOf(dataset)) return `the dataset '${dataset}'`;
  const kind: string | undefined = 'set' in input ? input.set?.kind : undefined;
  if (kind !== undefined && isOwnKind(kind)) return `the kind of set '${kind}'`;
  const method: string | undefined = 'matching' in input ? input.matching?.method : undefined;
  if (method !== undefined && isOwnMethod(method)) return `the matching method '${method}'`;
  const networks = [input.network, task.kind === 'evaluation' ? task.students.network : undefined];
  const name: string | undefined = networks.map((network) => network?.name).find((one) => one && isOwnNetwork(one));
  return name === undefined ? undefined : `the network '${name}'`;
}

const input = z.record(z.unknown());
const runSchema = z.strictObject({ kind: z.literal('run'), input });
const baselineSchema = z.strictObject({ kind: z.literal('baseline'), input });
const students = z.strictObject({ network: input.optional(), evaluation: input.optional() });

const requestSchema = z.strictObject({
  label: z.string(),
  task: z.discriminatedUnion('kind', [
    runSchema,
    baselineSchema,
    z.strictObject({
      kind: z.literal('evaluation'),
      of: z.discriminatedUnion('kind', [runSchema, baselineSchema]),
      students,
      snapshot: z.number().int().min(0).safe().optional(),
    }),
    z.strictObject({ kind: z.literal('experts'), input, only: z.array(z.number().int().min(0).safe()).optional() }),
    z.strictObject({ kind: z.literal('stored'), of: runSchema, as: input }),
    z.strictObject({
      kind: z.literal('report'),
      commands: z.array(z.array(z.string()).min(1)),
      results: z.string(),
      folder: z.string(),
    }),
  ]),
  places: z
    .strictObject({ runs: z.string().optional(), data: z.string().optional(), experts: z.string().optional() })
    .default({}),
});

/**
 * Reads a request; what its configuration says is checked by whoever executes it.
 * @param where it comes from, for the error
 * @throws Error saying what is wrong with it
 */
export function readTaskRequest(text: string, where: string): TaskRequest {
  const refuse = (reason: string) =>
    new Error(
      `${where} is no task: ${reason}. Expected is e.g. {"label": "DM", "task": {"kind": "run", "input": {"profile": "smoke", "dataset": "shapes"}}}.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  return parseOrExplain(requestSchema, value, refuse) as TaskRequest;
}
