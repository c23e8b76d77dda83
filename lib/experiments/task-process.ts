/** The other end of `task-events.ts`: a process that does tasks, one after the other, and says how far it is. */
import { hostname } from 'node:os';
import { RunStopped } from '../runs/context';
import { computingThreads, useBackend } from '../tensor/backend';
import { listenForInterrupt } from '../terminal/interrupt';
import { executeTask } from './execute-task';
import { readTaskRequest } from './task';
import { reportingProgress, type TaskEvent } from './task-events';

export interface ServeTasksOptions {
  /** Where the requests come from, for errors. */
  from: string;
  /** A line; where nobody hears it any more, `signal` should abort. */
  say: (event: TaskEvent) => void;
  signal: AbortSignal;
  /** What the machine is called. Default: its host name. */
  host?: string;
  /** Seconds between two updates of a stage. Default: as {@link reportingProgress}. */
  every?: number;
}

/** How tasks ended: the exit status of a process that did them. 130 is what a shell reports of a program that Ctrl-C stopped. */
export const taskStatus = { done: 0, failed: 1, stopped: 130 } as const;

/**
 * Does each task that a text of `requests` asks for, as it comes. What a task throws is said, and the next one begins; asked to
 * stop, by the signal, SIGINT or SIGTERM, the task that runs stops within a step, keeps what is done, and is the last.
 * @returns the worst of their ends
 */
export async function serveTasks(
  requests: AsyncIterable<string> | Iterable<string>,
  { from, say, signal, host = hostname(), every }: ServeTasksOptions,
): Promise<keyof typeof taskStatus> {
  let end: keyof typeof taskStatus = 'done';
  await useBackend();
  say({ event: 'ready', pid: process.pid, host, threads: computingThreads() });
  const progress = reportingProgress(say, { every });
  for await (const text of requests) {
    const interrupt = listenForInterrupt(signal);
    try {
      const { label, task, places } = readTaskRequest(text, from);
      say({ event: 'began', label });
      const result = await executeTask(task, { ...places, progress, signal: interrupt.signal });
      say({ event: 'done', result: { ...result } });
    } catch (error) {
      const stopped = interrupt.signal.aborted || error instanceof RunStopped;
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      say({ event: 'failed', name: stopped ? 'RunStopped' : name, message });
      if (stopped) return 'stopped';
      end = 'failed';
    } finally {
      interrupt.release();
    }
  }
  return end;
}
