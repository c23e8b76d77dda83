/**
 * Logs of tasks on a cluster, read as they grow: what each task says of itself, and what else was printed. A job that does several
 * tasks, one after the other, has one log.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { readTaskEvent, saysNothing, toldLines, type TaskEvent } from '../task-events';

export interface TaskLog {
  /** Events that were written since the last call; one line cut short is read when it is whole. */
  read(): TaskEvent[];
  /** The last lines that are no events. */
  readonly last: readonly string[];
}

/** Where the words of a task are. */
export interface TaskLogPlace {
  /** Log of its job. */
  file: string;
  /** Which of the job's tasks it is; undefined for the only one. */
  part?: number;
}

export interface LogLine {
  text: string;
  /** What the line says, where it is one of a task's own. */
  event?: TaskEvent;
  /** Which task of its job speaks; undefined before the first begins: that is of all. */
  part?: number;
}

/** Tells line after line of a job's log who speaks. */
export function createLogReader(): (text: string) => LogLine {
  let part: number | undefined;
  return (text) => {
    const event = readTaskEvent(text);
    // Queued again, a job begins with its first task.
    if (event?.event === 'ready') part = undefined;
    if (event?.event === 'began') part = part === undefined ? 0 : part + 1;
    return { text, event, part };
  };
}

/** Whether a line is of a task. */
export const isOf = (part: number | undefined, line: LogLine) =>
  part === undefined || line.part === undefined || line.part === part;

/** @returns a log for each task; those of one job read its file together */
export function openTaskLogs(places: readonly TaskLogPlace[]): TaskLog[] {
  const jobs = new Map<string, JobLog>();
  return places.map(({ file, part }) => {
    const job = jobs.get(file) ?? { pull: pulling(file), readers: [] };
    jobs.set(file, job);
    return readerOf(job, part);
  });
}

interface JobLog {
  /** Lines that were added since the last call. */
  pull: () => LogLine[];
  readers: { part?: number; lines: LogLine[] }[];
}

function readerOf(job: JobLog, part: number | undefined): TaskLog {
  const own = { part, lines: [] as LogLine[] };
  job.readers.push(own);
  const last: string[] = [];
  return {
    last,
    read() {
      for (const line of job.pull()) {
        for (const reader of job.readers) if (isOf(reader.part, line)) reader.lines.push(line);
      }
      return own.lines.splice(0).flatMap(({ event, text }) => {
        if (event) return [event];
        if (!saysNothing(text)) last.push(text);
        if (last.length > toldLines) last.shift();
        return [];
      });
    },
  };
}

function pulling(file: string): () => LogLine[] {
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  const lineOf = createLogReader();
  return () => {
    if (!existsSync(file)) return [];
    const added = readFrom(file, offset);
    offset += added.length;
    const text = Buffer.concat([rest, added]);
    const end = text.lastIndexOf('\n') + 1;
    rest = text.subarray(end);
    return text.toString('utf8', 0, end).split('\n').map(lineOf);
  };
}

function readFrom(file: string, offset: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - offset));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, offset));
  } finally {
    closeSync(descriptor);
  }
}
