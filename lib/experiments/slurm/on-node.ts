/** What a job of a grid runs on its node: the task of its place in the array, or several, one after the other. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { useThreads } from '../../tensor/backend';
import type { TaskEvent } from '../task-events';
import { serveTasks, type taskStatus } from '../task-process';
import { readTaskLine } from './grid-folder';
import { checkNode } from './node-check';
import { requeueJob, stateOfJob } from './queue';

/** Seconds between two updates of a stage: they stay in a log, and are looked at now and then. */
const updateEvery = 5;

/**
 * Does the tasks of a line of a file, and queues itself again where its time limit stopped it.
 * @param say told of every event; they go to the log
 */
export async function workOnNode(file: string, say: (event: TaskEvent) => void): Promise<keyof typeof taskStatus> {
  const { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_JOB_ID, SLURM_CPUS_PER_TASK, SLURM_CPUS_ON_NODE, SLURMD_NODENAME } =
    process.env;
  if (!SLURM_ARRAY_TASK_ID || !SLURM_ARRAY_JOB_ID)
    throw new Error('grid work is for jobs that grid submit made: SLURM_ARRAY_TASK_ID is not set here.');
  const index = Number(SLURM_ARRAY_TASK_ID);
  useThreads(Number(SLURM_CPUS_PER_TASK ?? SLURM_CPUS_ON_NODE ?? 1));
  const node = SLURMD_NODENAME ?? hostname();
  const { inUse, missing } = await checkNode(node);
  say({ event: 'note', message: inUse, kind: 'detail' });
  for (const message of missing) say({ event: 'note', message, kind: 'news' });
  let steps = 0;
  const end = await serveTasks(readTaskLine(file, index), {
    from: `Line ${index + 1} of ${file}`,
    say(event) {
      if (event.event === 'update') steps += 1;
      say(event);
    },
    signal: new AbortController().signal,
    ...{ host: node, every: updateEvery },
  });
  // By its place in the array: one task of each array has the array's own number, which means all of them.
  if (end === 'stopped') await queueAgain(`${SLURM_ARRAY_JOB_ID}_${index}`, steps > 0, say);
  return end;
}

/**
 * Who is cancelled, preempted or queued again by Slurm is not running any more, in its eyes; who is running still was asked to stop
 * by the signal before its time limit.
 * @param gotOn whether it did anything since it began: else it would be queued for ever
 */
async function queueAgain(job: string, gotOn: boolean, say: (event: TaskEvent) => void): Promise<void> {
  if ((await persistently(() => stateOfJob(job))) !== 'RUNNING') return;
  if (!gotOn) {
    const message = 'Its time limit came before its first step: give it more (slurm({ time }), --time of sbatch).';
    return say({ event: 'failed', name: 'TimeLimit', message });
  }
  say({ event: 'note', message: 'The time limit is near: what is done is kept, and the task is queued again.' });
  await persistently(() => requeueJob(job));
}

/** Asks again where the controller does not answer: it may be starting anew, and there is a minute or two. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 10) throw error;
      await sleep(5000);
    }
  }
}
