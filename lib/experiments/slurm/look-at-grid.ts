/** How far submitted grids are, for whoever asks from outside: by their logs and the queue. */
import { formatValues } from '../../terminal/progress';
import { saysNothing, type TaskEvent } from '../task-events';
import { readText } from '../../files/open-file';
import { withLastLines } from './follow';
import { gridNames, jobName, logPlace, readGrid, type GridTask, type SubmittedGrid } from './grid-folder';
import { remedyFor } from './held-tasks';
import { lastSession, saidItsEnd, type LastSession } from './last-session';
import {
  cancelJobs,
  isOver,
  isWaiting,
  lookAtAccounting,
  lookAtQueue,
  queueKey,
  type Queue,
  type QueuedTask,
} from './queue';
import { createLogReader, isOf, openTaskLogs } from './task-log';

export interface TaskStatus {
  /** What it is called on a command line, e.g. '1-17': its array, and its place there; or '1-17.3', the fourth of a job's. */
  place: string;
  label: string;
  /** Of what waits, 'held' will not begin before somebody does what `about` says. */
  state: 'waiting' | 'held' | 'running' | 'done' | 'failed';
  /** How far it is; why it waits or failed, and the last lines of its log. */
  about: string;
}

/** Each task of a grid. @throws Error where there is no such grid, SlurmFailed where the cluster does not answer */
export async function gridStatus(name: string): Promise<TaskStatus[]> {
  return statusOf(readGrid(name), await lookAtQueue());
}

/** How many tasks of each grid wait, run, are done and failed, the oldest grid first. */
export async function gridCounts(): Promise<{ name: string; counts: Partial<Record<TaskStatus['state'], number>> }[]> {
  const queue = await lookAtQueue();
  const found = [];
  for (const name of gridNames()) {
    const counts: Partial<Record<TaskStatus['state'], number>> = {};
    for (const { state } of await statusOf(readGrid(name), queue)) counts[state] = (counts[state] ?? 0) + 1;
    found.push({ name, counts });
  }
  return found;
}

/** Ends what waits and runs of a grid; a task that runs keeps what is done. @returns how many tasks that were */
export async function cancelGrid(name: string): Promise<number> {
  const grid = readGrid(name);
  const left = (await statusOf(grid, await lookAtQueue())).filter(
    ({ state }) => state !== 'done' && state !== 'failed',
  );
  if (left.length > 0) await cancelJobs([...new Set(grid.tasks.map(({ array }) => jobName(name, array)))]);
  return left.length;
}

/**
 * What the log of a task says, as a person reads it.
 * @param which the place or the label of the task
 * @throws Error where there is no such grid or task, or it has not begun
 */
export function gridLog(name: string, which: string): string[] {
  const grid = readGrid(name);
  const task = grid.tasks.find((one) => one.label === which || placeOf(one) === which);
  if (!task)
    throw new Error(`There is no task '${which}' in grid ${name}; npm run haba -- grid status ${name} lists them.`);
  const { file, part } = logPlace(grid.folder, task);
  const lineOf = createLogReader();
  const lines: string[] = [];
  let wasUpdate = false;
  for (const line of readText(file).split('\n').map(lineOf)) {
    const { event, text } = line;
    if (!isOf(part, line) || (!event && saysNothing(text))) continue;
    const isUpdate = event?.event === 'update';
    // Of updates that follow one another the last says it all.
    if (isUpdate && wasUpdate) lines.pop();
    lines.push(event ? describeEvent(event) : text);
    wasUpdate = isUpdate;
  }
  return lines;
}

function describeEvent(event: TaskEvent): string {
  switch (event.event) {
    case 'ready':
      return `ready on ${event.host}`;
    case 'began':
      return `began: ${event.label}`;
    case 'stage':
      return `${event.name}: ${event.done ?? 0} of ${event.total}`;
    case 'update':
      return `  ${event.done}  ${formatValues(event.values ?? {})}`.trimEnd();
    case 'note':
      return event.message;
    case 'done':
      return 'done';
    case 'failed':
      return `${event.name}: ${event.message}`;
  }
}

const placeOf = ({ array, index, part }: GridTask) => `${array}-${index}${part === undefined ? '' : `.${part}`}`;
const keyOf = ({ name }: SubmittedGrid, { array, index }: GridTask) => queueKey(jobName(name, array), index);

async function statusOf(grid: SubmittedGrid, queue: Queue): Promise<TaskStatus[]> {
  const statuses: TaskStatus[] = [];
  const silent: { status: TaskStatus; task: GridTask; last: (reason: string) => string }[] = [];
  const logs = openTaskLogs(grid.tasks.map((task) => logPlace(grid.folder, task)));
  for (const [number, task] of grid.tasks.entries()) {
    const log = logs[number];
    const session = lastSession(log);
    const entry = queue.get(keyOf(grid, task));
    const status: TaskStatus = { place: placeOf(task), label: task.label, state: 'running', about: '' };
    statuses.push(status);
    const last = (reason: string) => withLastLines(reason, log);
    if (session.end?.event === 'done') status.state = 'done';
    else if (entry && isWaiting(entry)) Object.assign(status, waitingStatus(entry, task));
    else if (saidItsEnd(session)) Object.assign(status, { state: 'failed', about: last(describeEvent(session.end!)) });
    else if (entry && !isOver(entry)) Object.assign(status, runningStatus(session, task));
    else {
      status.state = 'failed';
      if (entry) status.about = last(`Slurm says ${entry.state}`);
      else silent.push({ status, task, last });
    }
  }
  const names = new Set(silent.map(({ task }) => jobName(grid.name, task.array)));
  const accounted = names.size > 0 ? await lookAtAccounting([...names]) : undefined;
  for (const { status, task, last } of silent) {
    const state = accounted?.get(keyOf(grid, task));
    status.about = last(state ? `Slurm says ${state}` : 'it is not in the queue any more, and said nothing of its end');
  }
  return statuses;
}

function waitingStatus(entry: QueuedTask, { index }: GridTask): Pick<TaskStatus, 'state' | 'about'> {
  const remedy = remedyFor(entry, `${entry.job}_${index}`);
  return remedy === undefined
    ? { state: 'waiting', about: entry.reason }
    : { state: 'held', about: `${entry.reason}; ${remedy}` };
}

/** Of a task whose job runs. */
function runningStatus(
  { begun, stage, done, values }: LastSession,
  { part }: GridTask,
): Pick<TaskStatus, 'state' | 'about'> {
  if (!begun && part !== undefined) return { state: 'waiting', about: 'others of its job come before it' };
  const about = stage
    ? `${stage.name} ${done ?? stage.done ?? 0}/${stage.total}  ${formatValues(values)}`.trimEnd()
    : '';
  return { state: 'running', about };
}
