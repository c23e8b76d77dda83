/** What Slurm's programs are asked, and what they answer. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A task of an array, as the queue has it. */
export interface QueuedTask {
  /** Number of its array's job. */
  job: string;
  /** E.g. 'PENDING', 'RUNNING', 'COMPLETED'. */
  state: string;
  /** Why it waits, e.g. 'Resources'. */
  reason: string;
  /** Numbers of the jobs that must end before it begins. */
  after: string[];
}

/** What the queue knows, by {@link queueKey}. Tasks that ended are known for some minutes. */
export type Queue = ReadonlyMap<string, QueuedTask>;

export const queueKey = (jobName: string, index: number) => `${jobName} ${index}`;

/** Thrown where one of Slurm's programs fails. */
export class SlurmFailed extends Error {
  override name = 'SlurmFailed';
}

const ended = new Set([
  ...['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'FAILED', 'NODE_FAIL', 'OUT_OF_MEMORY', 'PREEMPTED'],
  ...['REVOKED', 'TIMEOUT'],
]);

/** Whether nothing more comes of a task of this state. */
export const isOver = ({ state }: Pick<QueuedTask, 'state'>) => ended.has(state);

/** Whether a task waits to begin. */
export const isWaiting = ({ state }: Pick<QueuedTask, 'state'>) =>
  ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD', 'SPECIAL_EXIT', 'CONFIGURING'].includes(
    state,
  );

/** This user's tasks. @throws SlurmFailed where the controller does not answer */
export async function lookAtQueue(): Promise<Queue> {
  // The name comes last: it may hold any character.
  const text = await look('squeue', '-u', uid(), '-h', '-r', '-t', 'all', '-o', '%F|%K|%T|%E|%r|%j');
  const queue = new Map<string, QueuedTask>();
  for (const line of text.split('\n')) {
    const [job, index, state, needed, reason, ...name] = line.split('|');
    if (name.length === 0) continue;
    // E.g. 'afterany:7_*(unfulfilled),afterany:9_*(unfulfilled)'.
    const after = [...needed.matchAll(/(\d+)(?:_\S*?)?\(unfulfilled\)/g)].map(([, before]) => before);
    queue.set(queueKey(name.join('|'), Number(index)), { job, state, reason, after });
  }
  return queue;
}

/**
 * How tasks ended that the queue knows no more, by {@link queueKey}: from the accounting, where the cluster has one.
 * @returns nothing where it has none
 */
export async function lookAtAccounting(jobNames: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>();
  const fields = 'JobID%40,State%40,JobName%200';
  const given = ['-X', '-n', '-P', '-u', uid(), '-S', 'now-30days', `--name=${jobNames.join()}`, `--format=${fields}`];
  const text = await look('sacct', ...given).catch(() => '');
  for (const line of text.split('\n')) {
    const [id, state, name] = line.split('|');
    const index = /^\d+_(\d+)$/.exec(id)?.[1];
    // 'CANCELLED by 1000'.
    if (index !== undefined && name) states.set(queueKey(name, Number(index)), state.split(' ')[0]);
  }
  return states;
}

/** Tasks that one array may have. */
export async function largestArray(): Promise<number> {
  const found = /^MaxArraySize\s*=\s*(\d+)/m.exec(await look('scontrol', 'show', 'config'));
  // One more than the largest index.
  return Math.max(1, Number(found?.[1] ?? 1001) - 1);
}

/** @returns the number of the job */
export async function submitJob(...given: string[]): Promise<string> {
  return (await ask('sbatch', '--parsable', ...given)).trim().split(';')[0];
}

/** Ends all tasks of jobs, wherever they are. */
export async function cancelJobs(jobNames: readonly string[]): Promise<void> {
  // It takes one name, and finds nothing by several.
  for (const name of jobNames) await ask('scancel', '-u', uid(), `--name=${name}`);
}

/** State of one job or task of an array, by its number. */
export async function stateOfJob(job: string): Promise<string> {
  return (await look('squeue', '-h', '-j', job, '-o', '%T')).trim();
}

/** Has the task that asks queued again, once it has ended. */
export async function requeueJob(job: string): Promise<void> {
  await ask('scontrol', 'requeue', job);
}

/** Lets tasks begin that are held. @param jobs their numbers, e.g. '7_3' */
export async function releaseJobs(jobs: readonly string[]): Promise<void> {
  await ask('scontrol', 'release', jobs.join());
}

const uid = () => String(process.getuid?.());

/** Seconds that a look may take before the cluster counts as not answering. */
const patience = 120;

/** {@link ask} what changes nothing, and may be cut off. */
const look = (program: string, ...given: string[]) => askWithin(patience, program, given);

const ask = (program: string, ...given: string[]) => askWithin(undefined, program, given);

async function askWithin(seconds: number | undefined, program: string, given: readonly string[]): Promise<string> {
  try {
    const options = {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      timeout: seconds === undefined ? 0 : 1000 * seconds,
    } as const;
    const { stdout } = await promisify(execFile)(program, given, options);
    return stdout;
  } catch (error) {
    const { code, stderr, message, killed } = error as NodeJS.ErrnoException & { stderr?: string; killed?: boolean };
    if (killed) throw new SlurmFailed(`${program} did not answer within ${seconds} s`, { cause: error });
    if ((code as unknown) === 'ENOENT')
      throw new SlurmFailed(
        `There is no ${program} here: Slurm's programs are on the login nodes of a cluster; start this there, or use workers.`,
        { cause: error },
      );
    const said = stderr
      ?.trim()
      .replaceAll(/^\w+: (?:error: )?/gm, '')
      .replaceAll('\n', ' ');
    throw new SlurmFailed(`${program}: ${said || message}`, { cause: error });
  }
}
