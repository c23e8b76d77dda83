/**
 * What a process that does tasks says of them on its stdout, a line of JSON each, so that whoever started it, or reads its log,
 * shows the same as if the work were done here.
 */
import { z } from 'zod';
import type { ProgressReporter } from '../terminal/progress';
import type { MadeExperts } from '../runs/make-experts';
import type { RunResult } from '../runs/train-students';
import type { WrittenReport } from './write-report';

/** What came of a task. */
export type TaskResult = RunResult | MadeExperts | WrittenReport;

const eventSchema = z.discriminatedUnion('event', [
  /** The process takes tasks now. */
  z.object({ event: z.literal('ready'), pid: z.number(), host: z.string(), threads: z.number() }),
  z.object({ event: z.literal('began'), label: z.string() }),
  z.object({ event: z.literal('stage'), name: z.string(), total: z.number(), done: z.number().optional() }),
  z.object({ event: z.literal('update'), done: z.number(), values: z.record(z.number()).optional() }),
  z.object({ event: z.literal('note'), message: z.string(), kind: z.enum(['detail', 'news']).optional() }),
  z.object({ event: z.literal('done'), result: z.record(z.unknown()) }),
  /** `name` of the error, e.g. 'RunDiverged'; 'RunStopped' where it was asked to stop. */
  z.object({ event: z.literal('failed'), name: z.string(), message: z.string() }),
]);

/** A line. */
export type TaskEvent = z.infer<typeof eventSchema>;

/** @returns undefined for a line that is no event, as a library may print */
export function readTaskEvent(line: string): TaskEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Lines of what a process said last that are told when it ends. */
export const toldLines = 5;

/** Whether a line of a process tells a reader nothing: TensorFlow greets each process. */
export function saysNothing(line: string): boolean {
  return line.trim() === '' || /^(WARNING: All log messages before absl|I0000 )/.test(line);
}

export interface ReportingOptions {
  /** Seconds between two updates of a stage, whose last is always said. Default 0.2. */
  every?: number;
  /** Seconds on a clock that never goes back. */
  now?: () => number;
}

/** A reporter whose words become events. */
export function reportingProgress(
  say: (event: TaskEvent) => void,
  { every = 0.2, now = () => performance.now() / 1000 }: ReportingOptions = {},
): ProgressReporter {
  let [total, said] = [0, -Infinity];
  return {
    stage(stage) {
      [total, said] = [stage.total, -Infinity];
      say({ event: 'stage', ...stage });
    },
    update(done, values = {}) {
      if (now() - said < every && done < total) return;
      said = now();
      // JSON has no infinities.
      const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
      say({ event: 'update', done, values: Object.fromEntries(finite) });
    },
    note: (message, kind) => say({ event: 'note', message, kind }),
    end: () => undefined,
  };
}

/** Passes a stage, an update or a note on to a reporter. @returns whether it was one */
export function replay(event: TaskEvent, progress: ProgressReporter): boolean {
  switch (event.event) {
    case 'stage':
      progress.stage(event);
      return true;
    case 'update':
      progress.update(event.done, event.values);
      return true;
    case 'note':
      progress.note(event.message, event.kind);
      return true;
    default:
      return false;
  }
}
