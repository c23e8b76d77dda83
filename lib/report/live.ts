/** Training curves that grow while a run goes on, in the browser; and the same as a figure when it is over. */
import { spawn } from 'node:child_process';
import { createProgress, type ProgressReporter } from '../terminal/progress';
import type { RunResult } from '../runs/train-students';
import { readMetrics } from '../runs/run-files';
import { chartFigure, type Figure } from './figure';
import type { LineStream, LiveServer, PlotLine } from './live-server';
import { lossChart } from './loss-chart';

/** How training curves are served, and what they are called. */
export interface LiveOptions {
  /** What the curve is called, e.g. 'HaBa'. Default 'loss'. */
  label?: string;
  /** Whether curves are served to a browser. Default: where there is a display, and neither CI nor a notebook's kernel. */
  serve?: boolean;
  /** Whether a browser is opened on them. Default: as `serve` by default. */
  open?: boolean;
  /** Who else is told how far the run is. Default: as for any run. */
  progress?: ProgressReporter;
}

/** Training curves that grow while a run is under way. */
export interface Live {
  /** For `run(configuration, { progress })`: curves are served from its first stage until it ends. */
  progress: ProgressReporter;
  /** The page's address, once it is served; undefined where nothing is. */
  address: () => Promise<string | undefined>;
  /** The loss of a distillation as a figure: what a notebook shows when the run is over. @throws RangeError when it is no distillation */
  figure: (result: RunResult, options?: { name?: string; caption?: string }) => Promise<Figure>;
}

/**
 * Live curves of one run:
 *
 *     const curves = live({ label: 'HaBa' });
 *     const haba = await run(configuration, { progress: curves.progress });
 *     show(await curves.figure(haba));
 *
 * The server listens on this machine alone, never holds a run up, and is closed when the run ends, well or not.
 */
export function live(options: LiveOptions = {}): Live {
  const { label = 'loss', serve = hasDisplay(), open = hasDisplay(), progress = createProgress() } = options;
  let server: Promise<LiveServer | undefined> | undefined;
  let curves: Curves | undefined;
  const begin = async () => {
    try {
      // Loaded here: nobody else waits for a web server. Not by import(), which in a notebook knows no TypeScript.
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const { startLiveServer } = require('./live-server') as typeof import('./live-server');
      const started = await startLiveServer();
      progress.note(`Live curves: ${started.address}`);
      if (open) openBrowser(started.address);
      return started;
    } catch (error) {
      progress.note(`There are no live curves: ${(error as Error).message}`);
      return undefined;
    }
  };
  /** What the server does beside a run: where it fails, that is said, and the run goes on. */
  const aside = (work: Promise<unknown>) => {
    work
      .catch((error: unknown) => progress.note(`There are no live curves any more: ${(error as Error).message}`))
      .catch(() => undefined);
  };
  const end = async () => {
    const ending = server;
    curves?.flush();
    [server, curves] = [undefined, undefined];
    const started = await ending;
    // What was sent last is still on its way to the page, which keeps it.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await started?.close();
  };
  return {
    progress: {
      stage(stage) {
        progress.stage(stage);
        if (!serve) return;
        server ??= begin();
        curves?.flush();
        const { lines } = (curves = createCurves(label));
        aside(server.then((started) => started?.add({ title: stage.name, xTitle: 'step', yTitle: 'loss', lines })));
      },
      update(done, values = {}) {
        progress.update(done, values);
        if ('loss' in values) curves?.add(done, values.loss, values.student);
      },
      note: (message) => progress.note(message),
      end() {
        progress.end();
        if (server) aside(end());
      },
    },
    address: async () => (await server)?.address,
    async figure(result, { name = 'live-loss', caption } = {}) {
      const metrics = result.kind === 'distillation' ? readMetrics(result.run) : [];
      if (metrics.length === 0) {
        throw new RangeError(`${result.run} is of kind '${result.kind}': only a distillation has a loss to show.`);
      }
      return chartFigure(name, lossChart([{ label, metrics, result }], { caption }), [result.run]);
    },
  };
}

/** Whether somebody sits before a screen of this machine and is not in a notebook, which shows its figures itself. */
export function hasDisplay(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  argv: readonly string[] = process.argv,
): boolean {
  if (environment.CI || argv[1]?.includes('start-kernel')) return false;
  return platform !== 'linux' || Boolean(environment.DISPLAY || environment.WAYLAND_DISPLAY);
}

interface Curves {
  lines: LineStream;
  add: (step: number, loss: number, student?: number) => void;
  flush: () => void;
}

/** Points of a curve at most: more are thinned out, since a page is sent all of them each time. */
const mostPoints = 1000;
/** Milliseconds between two messages to the page. */
const leastPause = 500;

/** The curves of one stage: one in all, or one a student. */
export function createCurves(label: string, now: () => number = () => performance.now()): Curves {
  const listeners = new Set<(lines: PlotLine[]) => void>();
  let last: PlotLine[] | undefined;
  const curves = new Map<string, { x: number[]; y: number[]; stride: number; seen: number }>();
  let sent = -Infinity;
  const flush = () => {
    sent = now();
    const lines = [...curves].map(
      ([name, { x, y }]): PlotLine => ({ name, x: [...x], y: [...y], type: 'scatter', mode: 'lines' }),
    );
    last = lines;
    listeners.forEach((listener) => listener(lines));
  };
  return {
    lines: {
      subscribe(listener) {
        listeners.add(listener);
        if (last) listener(last);
        return () => listeners.delete(listener);
      },
    },
    flush,
    add(step, loss, student) {
      const name = student === undefined ? label : `${label}, student ${student}`;
      const curve = curves.get(name) ?? { x: [], y: [], stride: 1, seen: 0 };
      curves.set(name, curve);
      curve.seen += 1;
      if (curve.seen % curve.stride !== 0) return;
      curve.x.push(step);
      curve.y.push(loss);
      if (curve.x.length > mostPoints) {
        for (const key of ['x', 'y'] as const) curve[key] = curve[key].filter((_, place) => place % 2 === 1);
        curve.stride *= 2;
      }
      if (now() - sent >= leastPause) flush();
    },
  };
}

function openBrowser(address: string): void {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const browser = spawn(command, [address], { detached: true, stdio: 'ignore' });
  // The address was said; where there is nothing to open it with, the reader will.
  browser.on('error', () => undefined);
  browser.unref();
}
