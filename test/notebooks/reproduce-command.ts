/** `npm run reproduce` in a process of its own, as a user would. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(__dirname, '..', '..');

export interface Reproducing {
  child: ChildProcess;
  finished: Promise<{ status: number | null; stdout: string; stderr: string }>;
  /** Resolves when stderr matches. @throws Error when the process ends before */
  line: (pattern: RegExp) => Promise<void>;
}

export function startReproducing(...given: string[]): Reproducing {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join('lib', 'reproduce.ts'), ...given], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  return {
    child,
    finished: new Promise((resolve) => child.on('close', (status) => resolve({ status, stdout, stderr }))),
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(stderr) && resolve();
        child.stderr.on('data', look);
        child.on('close', () => reject(new Error(`It ended before ${pattern} came: ${stderr}`)));
        look();
      }),
  };
}
