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
  ['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'CONFIGURING'].includes(state);

/** This user's tasks. @throws SlurmFailed where the controller does not answer */
export async function lookAtQueue(): Promise<Queue> {
  // The name comes last: it may hold any character.
  const text = await ask('squeue', '-u', uid(), '-h', '-r', '-t', 'all', '-o', '%F|%K|%T|%r|%j');
  const queue = new Map<string, QueuedTask>();
  for (const line of text.split('\n')) {
    const [job, index, state, reason, ...name] = line.split('|');
    if (name.length > 0) queue.set(queueKey(name.join('|'), Number(index)), { job, state, reason });
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
  const text = await ask('sacct', ...given).catch(() => '');
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
  const found = /^MaxArraySize\s*=\s*(\d+)/m.exec(await ask('scontrol', 'show', 'config'));
  // One more than the largest index.
  return Math.max(1, Number(found?.[1] ?? 1001) - 1);
}

/** @returns the number of the job */
export async function submitJob(...given: string[]): Promise<string> {
  return (await ask('sbatch', '--parsable', ...given)).trim().split(';')[0];
}

/** Ends all tasks of jobs, wherever they are. */
export async function cancelJobs(jobNames: readonly string[]): Promise<void> {
  await ask('scancel', '-u', uid(), `--name=${jobNames.join()}`);
}

/** State of one job or task of an array, by its number. */
export async function stateOfJob(job: string): Promise<string> {
  return (await ask('squeue', '-h', '-j', job, '-o', '%T')).trim();
}

/** Has the task that asks queued again, once it has ended. */
export async function requeueJob(job: string): Promise<void> {
  await ask('scontrol', 'requeue', job);
}

const uid = () => String(process.getuid?.());

async function ask(program: string, ...given: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, given, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    return stdout;
  } catch (error) {
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
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
