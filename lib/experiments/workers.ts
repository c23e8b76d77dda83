/** Tasks executed by processes of their own on this machine, among which its cores are divided. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { threadSettings } from '../tensor/backend';
import { freeMemory } from '../tensor/memory';
import type { Executor, PlannedTask, TaskListener } from './executor';
import { habaProgram } from './program';
import type { TaskRequest } from './task';
import { readTaskEvent, replay, saysNothing, toldLines, type TaskResult } from './task-events';

export interface WorkersOptions {
  /** Processes at a time, at most: fewer where tasks are fewer, or memory is. */
  workers: number;
  /**
   * Threads that each computes with. Default: the machine's, divided among `workers`, however many there are in the end: numbers
   * depend on threads in their last digits, and should not on how many tasks are left or how much memory is free.
   */
  threads?: number;
  /** Bytes of memory that there are for all of them. Default: what is free, within the limit of the container. */
  memoryBytes?: number;
}

/** Thrown, or told of a task, where its process ended before it did. */
export class WorkerEnded extends Error {
  override name = 'WorkerEnded';
}

/**
 * @throws RangeError for a number of workers or threads that makes no sense
 */
export function localWorkers({ workers, threads, memoryBytes }: WorkersOptions): Executor {
  if (!Number.isSafeInteger(workers) || workers < 1)
    throw new RangeError(`There cannot be ${workers} workers; allowed is a whole number of at least 1.`);
  const settings = threadSettings(threads ?? Math.max(1, Math.floor(availableParallelism() / workers)));
  return {
    atOnce: workers,
    async execute(tasks, listener, signal) {
      const count = workersThatFit(tasks, workers, memoryBytes ?? freeMemory(), listener);
      await executeAll(tasks, { count, settings, listener, signal });
    },
  };
}

/**
 * What one worker more holds before it computes: Node, TensorFlow and CIFAR-10. Measured on Linux (/proc/PID/smaps_rollup, profiles
 * smoke and quick): 0.68 GB are resident, 0.29 GB of which are TensorFlow's library and other files, there once for all processes.
 * While the dataset is read it is 0.1 GB more, less than every run takes later.
 */
const processBytes = 4e8;

/** How many of the largest tasks may run at a time; says so where they are fewer than were asked for. */
function workersThatFit(
  tasks: readonly PlannedTask[],
  asked: number,
  free: number,
  listener: Pick<TaskListener, 'news'>,
): number {
  const largest = processBytes + Math.max(0, ...tasks.map(({ estimate }) => estimate?.ownBytes ?? 0));
  const fitting = Math.max(1, Math.floor(free / largest));
  const wanted = Math.min(asked, tasks.length);
  if (fitting >= wanted) return wanted;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  listener.news(
    `${fitting === 1 ? 'One worker' : `${fitting} workers`} instead of ${wanted}: a task takes about ${gigabytes(largest)} of memory, and ${gigabytes(free)} are free.`,
  );
  return fitting;
}

interface PoolOptions {
  count: number;
  /** Variables of the environment of each process. */
  settings: Record<string, string>;
  listener: TaskListener;
  signal: AbortSignal;
}

/** Hands tasks out as workers ask for them. */
async function executeAll(
  tasks: readonly PlannedTask[],
  { count, settings, listener, signal }: PoolOptions,
): Promise<void> {
  const waiting = new Set(tasks.keys());
  const ended = new Set<number>();
  const idle = new Set<Worker>();
  const workers = new Map<Worker, Promise<void>>();
  let whyNone: Error | undefined;

  const next = () => [...waiting].find((place) => tasks[place].after.every((before) => ended.has(before)));
  /** Gives idle workers what may begin, and lets them go when nothing is left to begin. */
  const handOut = () => {
    for (const worker of idle) {
      const place = signal.aborted ? undefined : next();
      if (place !== undefined) {
        waiting.delete(place);
        idle.delete(worker);
        worker.begin(place, tasks[place]);
      } else if (waiting.size === 0 || signal.aborted) {
        idle.delete(worker);
        worker.leave();
      }
    }
  };
  const end = (place: number) => {
    ended.add(place);
    handOut();
  };
  const employ = () => {
    const worker = startWorker(settings, listener, {
      onIdle() {
        idle.add(worker);
        handOut();
      },
      onEnd: end,
    });
    workers.set(
      worker,
      worker.gone.then(({ wasReady, reason }) => {
        workers.delete(worker);
        idle.delete(worker);
        if (signal.aborted) return;
        if (!wasReady) {
          whyNone = reason;
          if (workers.size > 0) listener.news(`A worker less: ${reason.message}`);
        } else if (waiting.size > 0) employ();
      }),
    );
  };
  const stop = () => {
    for (const worker of workers.keys()) worker.stop();
  };
  signal.addEventListener('abort', stop);
  try {
    if (signal.aborted) return;
    for (let worker = 0; worker < count; worker++) employ();
    while (workers.size > 0) await Promise.race(workers.values());
    if (waiting.size > 0 && !signal.aborted) throw whyNone ?? new Error('No worker is left.');
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Worker {
  begin(place: number, task: TaskRequest): void;
  /** No more tasks will come. */
  leave(): void;
  /** To stop soon, and keep what is done. */
  stop(): void;
  /** When it is no more: whether it ever took tasks, and why it may have ended. */
  gone: Promise<{ wasReady: boolean; reason: Error }>;
}

interface WorkerHooks {
  /** It takes a task. */
  onIdle: () => void;
  /** A task of its ended, and was told of. */
  onEnd: (place: number) => void;
}

function startWorker(settings: Record<string, string>, listener: TaskListener, { onIdle, onEnd }: WorkerHooks): Worker {
  const { node, loader, program } = habaProgram();
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(node, ['--import', loader, program, 'task'], {
    env: { ...process.env, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C reaches this process alone, which passes it on once.
    detached: true,
  });
  let current: number | undefined;
  let [wasReady, isStopped] = [false, false];
  const last: string[] = [];
  const remember = (line: string) => {
    if (saysNothing(line)) return;
    last.push(line);
    if (last.length > toldLines) last.shift();
  };
  const finish = (tell: (place: number) => void) => {
    if (current === undefined) return;
    const place = current;
    current = undefined;
    tell(place);
    onEnd(place);
  };
  // A worker that died does not hear any more; its end is told by itself.
  child.stdin.on('error', () => undefined);
  const errors = createInterface({ input: child.stderr }).on('line', remember);
  const events = createInterface({ input: child.stdout }).on('line', (line) => {
    const event = readTaskEvent(line);
    if (event === undefined) return remember(line);
    if (event.event === 'ready') {
      wasReady = true;
      onIdle();
    }
    if (current === undefined) return;
    if (replay(event, listener.progress(current))) return;
    if (event.event === 'done') {
      finish((place) => listener.done(place, event.result as unknown as TaskResult));
      onIdle();
    } else if (event.event === 'failed') {
      if (event.name === 'RunStopped' && isStopped) return;
      const error = Object.assign(new Error(event.message), { name: event.name });
      finish((place) => listener.failed(place, error));
      if (event.name !== 'RunStopped') onIdle();
    }
  });
  const read = Promise.all([errors, events].map((reader) => new Promise((resolve) => reader.on('close', resolve))));
  const gone = new Promise<{ wasReady: boolean; reason: Error }>((resolve) => {
    let failure = '';
    child.on('error', (error) => {
      failure = error.message;
    });
    child.on('close', (status, killedBy) => {
      void read.then(() => {
        const how = failure || (killedBy ? describeKill(killedBy) : `with status ${status}`);
        const said = last.length === 0 ? '' : ['; it said last:', ...last].join('\n    ');
        const reason = new WorkerEnded(`its process ended ${how}${said}`);
        if (!isStopped) finish((place) => listener.failed(place, reason));
        resolve({ wasReady, reason });
      });
    });
  });
  return {
    begin(place, { label, task, places }) {
      current = place;
      listener.began(place);
      child.stdin.write(`${JSON.stringify({ label, task, places } satisfies TaskRequest)}\n`);
    },
    leave: () => void child.stdin.end(),
    stop() {
      if (isStopped) return;
      isStopped = true;
      child.kill('SIGINT');
    },
    gone,
  };
}

function describeKill(signal: NodeJS.Signals): string {
  return signal === 'SIGKILL' ? 'by SIGKILL, as when memory runs out' : `by ${signal}`;
}
