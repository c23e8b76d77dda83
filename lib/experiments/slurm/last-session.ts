/** What a task came to when it ran last, by its log. */
import type { TaskEvent } from '../task-events';
import type { TaskLog } from './task-log';

export interface LastSession {
  /** Whether it began in it. */
  begun: boolean;
  /** How it ended; undefined while it runs, and where it said nothing of its end. */
  end?: Extract<TaskEvent, { event: 'done' | 'failed' }>;
  stage?: Extract<TaskEvent, { event: 'stage' }>;
  /** Of the stage. */
  done?: number;
  values: Record<string, number>;
}

/** Reads a log to its end. */
export function lastSession(log: TaskLog): LastSession {
  let found: LastSession = { begun: false, values: {} };
  for (const event of log.read()) {
    switch (event.event) {
      case 'ready':
        // A job of several tasks that is queued again comes by those that are done.
        if (found.end?.event !== 'done') found = { begun: false, values: {} };
        break;
      case 'began':
        found = { begun: true, values: {} };
        break;
      case 'stage':
        Object.assign(found, { stage: event, done: undefined, values: {} });
        break;
      case 'update':
        Object.assign(found, { done: event.done, values: event.values ?? {} });
        break;
      case 'done':
      case 'failed':
        found.end = event;
    }
  }
  return found;
}

/** Whether a task said that nothing more comes of it. What was asked to stop may be queued again. */
export const saidItsEnd = ({ end }: LastSession) =>
  end !== undefined && !(end.event === 'failed' && end.name === 'RunStopped');
