/** Watching tasks on a cluster: the queue says where they are, their logs how far, the run store what came of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { takeStored } from '../execute-task';
import type { TaskListener } from '../executor';
import { replay, type TaskEvent, type TaskResult } from '../task-events';
import { jobName, logPlace } from './grid-folder';
import { blockedJobs, createCare, remedyFor, type WaitingTask } from './held-tasks';
import { isOver, isWaiting, lookAtAccounting, lookAtQueue, queueKey, type Queue } from './queue';
import type { SubmittedTask } from './submit';
import { openTaskLogs, type TaskLog } from './task-log';

export interface FollowOptions {
  /** Seconds between two looks. */
  every: number;
  signal: AbortSignal;
}

/** Looks that a task may be gone from the queue before it is judged: a shared disk may show its last words late. */
const patience = 3;

interface Followed {
  place: number;
  task: SubmittedTask;
  key: string;
  log: TaskLog;
  /** Whether the listener was told that it began, and not that it waits again. */
  begun: boolean;
  /** Where it runs, once it said so. */
  host?: string;
  /** What its last session said of its end. */
  end?: Extract<TaskEvent, { event: 'done' | 'failed' }>;
  /** Looks since it is gone. */
  gone: number;
}

/**
 * Tells of each task until all have ended, or the signal says to leave them alone. Where all that is left is held in the queue, or
 * comes after what is, each such task is told of as failed, with what lets it begin; it stays in the queue.
 */
export async function followTasks(
  tasks: readonly SubmittedTask[],
  listener: TaskListener,
  { every, signal }: FollowOptions,
): Promise<void> {
  const logs = openTaskLogs(tasks.map((task) => logPlace(task.folder, task)));
  const open = new Set(
    tasks.map((task, place): Followed => {
      const { grid, array, index } = task;
      return { place, task, key: queueKey(jobName(grid, array), index), log: logs[place], begun: false, gone: 0 };
    }),
  );
  const care = createCare(listener);
  let isSilent = false;
  /** Looks since nothing of what is left begins by itself. */
  let stuck = 0;
  for (;;) {
    const queue = await lookAtQueue().catch((error: Error) => {
      if (!isSilent) listener.news(`The cluster does not answer, and is asked again: ${error.message}`);
      isSilent = true;
      return undefined;
    });
    if (queue && isSilent) {
      isSilent = false;
      listener.news('The cluster answers again.');
    }
    for (const followed of open) {
      if (look(followed, queue, listener)) open.delete(followed);
    }
    await judge(open, queue, listener);
    if (open.size === 0) return;
    if (queue) {
      const waiting = waitingAmong(open, queue);
      await care(waiting);
      const blocked = blockedJobs(queue);
      const isStuck = waiting.length === open.size && waiting.every(({ entry }) => blocked.has(entry));
      stuck = isStuck ? stuck + 1 : 0;
      if (stuck >= patience) return giveUp(waiting, listener);
    }
    await sleep(every * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/**
 * @param queue undefined where the cluster does not answer: then its log alone tells of what has begun
 * @returns whether the task has ended, and was told of
 */
function look(followed: Followed, queue: Queue | undefined, listener: TaskListener): boolean {
  const { place, key, log } = followed;
  const entry = queue?.get(key);
  if (entry && isWaiting(entry)) return waits(followed, listener);
  if (!queue && !followed.begun) return false;
  for (const event of log.read()) heed(followed, event, listener);
  const { end } = followed;
  if (end?.event === 'done') {
    begin(followed, listener);
    listener.done(place, end.result as unknown as TaskResult);
    return true;
  }
  if (end?.event === 'failed' && end.name !== 'RunStopped') {
    begin(followed, listener);
    const where = followed.host === undefined ? '' : ` (on ${followed.host})`;
    listener.failed(place, Object.assign(new Error(withLastLines(`${end.message}${where}`, log)), { name: end.name }));
    return true;
  }
  followed.gone = queue && (!entry || isOver(entry)) ? followed.gone + 1 : 0;
  return false;
}

/** A task in the queue: how an earlier session of it ended does not count any more. */
function waits(followed: Followed, listener: TaskListener): false {
  if (followed.begun) listener.waits(followed.place);
  Object.assign(followed, { begun: false, end: undefined, gone: 0 });
  return false;
}

function waitingAmong(open: ReadonlySet<Followed>, queue: Queue): (WaitingTask & Followed)[] {
  return [...open].flatMap((followed) => {
    const entry = queue.get(followed.key);
    const { label, index } = followed.task;
    return entry && isWaiting(entry) ? [{ ...followed, entry, label, index }] : [];
  });
}

/** Of tasks that will not begin by themselves. Alike reasons are told once, so that none is of a task alone. */
function giveUp(waiting: readonly (WaitingTask & Followed)[], listener: TaskListener): void {
  for (const { entry, ...followed } of waiting) {
    const remedy = remedyFor(entry, entry.job);
    const why =
      remedy === undefined
        ? 'it comes after tasks that are held in the queue, and waits there'
        : `it is held in the queue (${entry.reason}), and stays there; ${remedy}, and the same again goes on with it`;
    begin(followed, listener);
    listener.failed(followed.place, new Error(why));
  }
}

function heed(followed: Followed, event: TaskEvent, listener: TaskListener): void {
  switch (event.event) {
    case 'ready':
      followed.host = event.host;
      return;
    case 'began':
      followed.end = undefined;
      return begin(followed, listener);
    case 'done':
    case 'failed':
      followed.end = event;
      return;
    default:
      replay(event, listener.progress(followed.place));
  }
}

function begin(followed: Followed, listener: TaskListener): void {
  if (!followed.begun) listener.began(followed.place);
  followed.begun = true;
}

/** Tasks that are gone without a word: what is stored counts, and then what Slurm says of them. */
async function judge(open: Set<Followed>, queue: Queue | undefined, listener: TaskListener): Promise<void> {
  const gone = [...open].filter((followed) => followed.gone >= patience);
  if (gone.length === 0) return;
  const names = new Set(gone.map(({ task }) => jobName(task.grid, task.array)));
  const accounted = await lookAtAccounting([...names]);
  for (const followed of gone) {
    const { place, task, key, log } = followed;
    const result = await takeStored(task.task, task.places);
    begin(followed, listener);
    if (result) listener.done(place, result);
    else {
      const state = queue?.get(key)?.state ?? accounted.get(key);
      const how =
        state === undefined ? 'it is not in the queue any more, and said nothing of its end' : `Slurm says ${state}`;
      listener.failed(place, new Error(withLastLines(how, log)));
    }
    open.delete(followed);
  }
}

export function withLastLines(reason: string, { last }: TaskLog): string {
  return last.length === 0 ? reason : [`${reason}; its log ends in:`, ...last].join('\n    ');
}
