/** Tasks that wait in the queue for more than their turn: what is said of them, and what lets them begin. */
import type { TaskListener } from '../executor';
import { isWaiting, releaseJobs, type Queue, type QueuedTask } from './queue';

/** Why a task may wait that needs nobody's attention. */
const ordinary = /^(None|Priority|Resources|Dependency|JobArrayTaskLimit|BeginTime|Cleaning|Prolog)?$/;

/** Slurm gave the task a node that could not start it, queued it again, and holds it: the fault is the cluster's. */
const couldNotStart = /^launch.failed/i;

/** Why a task waits whose nodes are lost, or were taken out of service. */
const lacksNodes = /DOWN|DRAINED|UnavailableNodes/i;

/**
 * @param job number of the task that waits, or of its array
 * @returns what lets it begin, as part of a sentence; undefined where it begins by itself when its turn comes
 */
export function remedyFor({ state, reason }: Pick<QueuedTask, 'state' | 'reason'>, job: string): string | undefined {
  if (reason === 'DependencyNeverSatisfied') return `after scancel ${job} the same again submits it anew`;
  if (reason === 'JobHeldAdmin') return `an administrator ends the hold with scontrol release ${job}`;
  const isHeld = /held|hold|BadConstraints/i.test(reason) || /HOLD|SPECIAL_EXIT/.test(state);
  return isHeld ? `scontrol release ${job} ends the hold` : undefined;
}

/** Entries of a queue that do not begin by themselves: what is held, and what comes after it. */
export function blockedJobs(queue: Queue): ReadonlySet<QueuedTask> {
  const blocked = new Set<QueuedTask>();
  const jobs = new Set<string>();
  let before: number;
  do {
    before = blocked.size;
    for (const entry of queue.values()) {
      if (!isWaiting(entry)) continue;
      if (remedyFor(entry, '') === undefined && !entry.after.some((job) => jobs.has(job))) continue;
      blocked.add(entry);
      jobs.add(entry.job);
    }
  } while (blocked.size > before);
  return blocked;
}

/** A task that waits in the queue. */
export interface WaitingTask {
  label: string;
  /** Its job's place in its array. */
  index: number;
  entry: QueuedTask;
}

/**
 * Who looks at waiting tasks again and again, and says once for each reason which of them wait for it, where it is not their turn
 * alone. What a node could not start is released, once a task: it begins on another node, or on that one when it is mended.
 */
export function createCare({ news }: Pick<TaskListener, 'news'>): (waiting: readonly WaitingTask[]) => Promise<void> {
  const told = new Set<string>();
  const released = new Set<string>();
  const say = (reason: string, tasks: readonly WaitingTask[]) => {
    // What follows, e.g. the nodes that are not available, changes all the time.
    const [key] = reason.split(/[,:]/);
    if (told.has(key)) return;
    told.add(key);
    const jobs = [...new Set(tasks.map(({ entry }) => entry.job))].join();
    const advice =
      remedyFor(tasks[0].entry, jobs) ??
      (lacksNodes.test(reason) ? 'sinfo -R says what is wrong with nodes' : undefined);
    news(`${namesOf(tasks)}: waiting in the queue (${[reason, ...(advice ? [advice] : [])].join('; ')})`);
  };
  return async (waiting) => {
    const byReason = new Map<string, WaitingTask[]>();
    for (const task of waiting) {
      const { reason } = task.entry;
      if (!ordinary.test(reason)) byReason.set(reason, [...(byReason.get(reason) ?? []), task]);
    }
    for (const [reason, tasks] of byReason) {
      const fresh = couldNotStart.test(reason) ? tasks.filter((task) => !released.has(numberOf(task))) : [];
      for (const task of fresh) released.add(numberOf(task));
      if (fresh.length < tasks.length) say(reason, tasks);
      if (fresh.length === 0) continue;
      try {
        await releaseJobs([...new Set(fresh.map(numberOf))]);
        news(
          `${namesOf(fresh)}: not started by its node (${reason}), and released, once; sinfo -R says what is wrong with the node`,
        );
      } catch (error) {
        news(`It is not released: ${(error as Error).message}`);
        say(reason, fresh);
      }
    }
  };
}

const numberOf = ({ entry, index }: WaitingTask) => `${entry.job}_${index}`;

/** Labels that are told. */
const named = 3;

function namesOf(tasks: readonly WaitingTask[]): string {
  const more = tasks.length - named;
  return `${tasks
    .slice(0, named)
    .map(({ label }) => label)
    .join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
