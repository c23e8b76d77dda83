/** Progress of long work: a bar in a terminal, a line that updates in a notebook, now and then a line in a log. */
import { Presets, SingleBar } from 'cli-progress';

/** A stretch of work of one kind, e.g. the iterations of a distillation. */
export interface Stage {
  /** E.g. 'distilling'. */
  name: string;
  /** Steps in all, those done in an earlier session included. */
  total: number;
  /** Steps already done when the stage begins. Default 0. */
  done?: number;
}

/** Who is told how far the work is. */
export interface ProgressReporter {
  /** A stage begins; the one before it is over. */
  stage(stage: Stage): void;
  /** @param done steps of the stage done by now @param values numbers to show, e.g. `{ loss: 0.31 }` */
  update(done: number, values?: Record<string, number>): void;
  /**
   * One sentence that stays to be read.
   * @param kind 'news', which a reader must not miss, e.g. whom work waits for; a grid of many runs shows nothing else. Default 'detail'.
   */
  note(message: string, kind?: 'detail' | 'news'): void;
  /** Nothing more will come. */
  end(): void;
}

export interface ProgressOptions {
  /** Default: 'notebook' in a tslab kernel, 'bar' where `stream` is a terminal, else 'log'. */
  form?: 'bar' | 'notebook' | 'log' | 'silent';
  /** Where bar and log are written. Default: stderr. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Seconds between two lines of a log. Default 15. */
  logEvery?: number;
  /** Writes the line of a notebook anew. Default: one tslab display. */
  rewrite?: (line: string) => void;
}

/** The form that suits the place the program runs in. */
export function chooseForm({ form, stream = process.stderr }: ProgressOptions): NonNullable<ProgressOptions['form']> {
  return form ?? (notebookDisplay() ? 'notebook' : stream.isTTY ? 'bar' : 'log');
}

/** Makes the reporter that suits the place the program runs in. */
export function createProgress(options: ProgressOptions = {}): ProgressReporter {
  const { stream = process.stderr, logEvery = 15, rewrite } = options;
  const form = chooseForm(options);
  switch (form) {
    case 'bar':
      return barProgress(stream);
    case 'notebook':
      return lineProgress({
        write: rewrite ?? displayLine(),
        every: 0.5,
        stay: (line) => process.stdout.write(`${line}\n`),
      });
    case 'log': {
      const write = (line: string) => void stream.write(`${line}\n`);
      return lineProgress({ write, every: logEvery, stay: write });
    }
    case 'silent':
      return { stage: () => undefined, update: () => undefined, note: () => undefined, end: () => undefined };
  }
}

/** Speed and time left of one stage, from a monotonic clock, counted from this session's first step. */
export function createMeter({ total, done = 0 }: Stage, now: () => number = () => performance.now() / 1000) {
  const began = now();
  return {
    /** @returns steps per second and seconds left; undefined before the first step */
    pace(current: number): { perSecond: number; secondsLeft: number } | undefined {
      const elapsed = now() - began;
      if (current <= done || elapsed <= 0) return undefined;
      const perSecond = (current - done) / elapsed;
      return { perSecond, secondsLeft: Math.max(0, total - current) / perSecond };
    },
  };
}

/** 75 becomes '1 min 15 s', 4000 '1 h 7 min'. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** E.g. 'loss 0.3100  student 2'. */
export function formatValues(values: Record<string, number>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join('  ');
}

function formatPace(pace: ReturnType<ReturnType<typeof createMeter>['pace']>): string {
  if (pace === undefined) return '';
  const { perSecond, secondsLeft } = pace;
  const speed = perSecond >= 1 ? `${perSecond.toPrecision(3)}/s` : `${(1 / perSecond).toPrecision(3)} s each`;
  return `${speed}  ${formatSeconds(secondsLeft)} left`;
}

function barProgress(stream: NodeJS.WritableStream): ProgressReporter {
  let bar: SingleBar | undefined;
  let meter = createMeter({ name: '', total: 0 });
  const stop = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    stage(stage) {
      stop();
      meter = createMeter(stage);
      bar = new SingleBar(
        { format: '{stage} {bar} {value}/{total}  {values}  {pace}', stream, fps: 5, gracefulExit: false },
        Presets.shades_classic,
      );
      bar.start(stage.total, stage.done ?? 0, { stage: stage.name, values: '', pace: '' });
    },
    update(done, values = {}) {
      bar?.update(done, { values: formatValues(values), pace: formatPace(meter.pace(done)) });
    },
    note(message) {
      // The bar holds the current line: a note takes its place, and the bar is drawn below.
      if (bar) stream.write('\r\u001b[K');
      stream.write(`${message}\n`);
      bar?.render();
    },
    end: stop,
  };
}

interface LineOptions {
  write: (line: string) => void;
  /** Seconds between two lines. */
  every: number;
  stay: (line: string) => void;
}

function lineProgress({ write, every, stay }: LineOptions): ProgressReporter {
  let current: Stage | undefined;
  let meter = createMeter({ name: '', total: 0 });
  let written = -Infinity;
  return {
    stage(stage) {
      current = stage;
      meter = createMeter(stage);
      written = -Infinity;
    },
    update(done, values = {}) {
      if (!current) return;
      const now = performance.now() / 1000;
      if (now - written < every && done < current.total) return;
      written = now;
      write(
        [`${current.name} ${done}/${current.total}`, formatValues(values), formatPace(meter.pace(done))]
          .filter(Boolean)
          .join('  '),
      );
    },
    note: stay,
    end: () => undefined,
  };
}

/** What tslab gives a notebook: one output that can be written anew. */
interface NotebookDisplay {
  text(line: string): void;
}

function notebookDisplay(): (() => NotebookDisplay) | undefined {
  const kernel = (globalThis as { __tslab__?: { require(name: string): { newDisplay(): NotebookDisplay } } }).__tslab__;
  return kernel && (() => kernel.require('tslab').newDisplay());
}

/** Writes the one output of a notebook's cell anew. */
export function displayLine(): (line: string) => void {
  const display = notebookDisplay()?.();
  return (line) => display?.text(line);
}
