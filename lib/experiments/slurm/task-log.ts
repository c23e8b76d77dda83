/** The log of a task on a cluster, read as it grows: what the task says of itself, and what else was printed. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { readTaskEvent, saysNothing, toldLines, type TaskEvent } from '../task-events';

export interface TaskLog {
  /** Events that were written since the last call; one line cut short is read when it is whole. */
  read(): TaskEvent[];
  /** The last lines that are no events. */
  readonly last: readonly string[];
}

export function openTaskLog(file: string): TaskLog {
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);
  const last: string[] = [];
  return {
    last,
    read() {
      if (!existsSync(file)) return [];
      const added = readFrom(file, offset);
      offset += added.length;
      const text = Buffer.concat([rest, added]);
      const end = text.lastIndexOf('\n') + 1;
      rest = text.subarray(end);
      return text
        .toString('utf8', 0, end)
        .split('\n')
        .flatMap((line) => {
          const event = readTaskEvent(line);
          if (event) return [event];
          if (!saysNothing(line)) last.push(line);
          if (last.length > toldLines) last.shift();
          return [];
        });
    },
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
