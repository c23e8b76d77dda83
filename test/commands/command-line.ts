/** Starts the command line as a process of its own, as a user would. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '..', '..');

export interface Finished {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface StartedCommand {
  child: ChildProcess;
  finished: Promise<Finished>;
  /** Resolves when stderr matches. @throws Error when the process ends before */
  line: (pattern: RegExp) => Promise<void>;
}

/** `haba ARGUMENTS`, in the project's root. */
export function startHaba(given: string[], environment: Record<string, string> = {}): StartedCommand {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('lib', 'cli.ts'), ...given], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr })),
  );
  const line = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stderr)) resolve();
      };
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`It ended before ${pattern} came: ${stderr}`)));
      look();
    });
  return { child, finished, line };
}

/** Runs a command to its end. */
export function haba(...given: string[]): Promise<Finished> {
  return startHaba(given).finished;
}

/** What a script reads: the last line of stdout. */
export function lastJson({ stdout }: Finished): Record<string, unknown> {
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
}
