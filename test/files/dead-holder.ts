import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import type { Holder } from '../../lib/files/lock';

/** The number of a process that has ended. */
export const deadProcess = () => spawnSync(process.execPath, ['-e', '']).pid;

/** What a lock's file says after its holder was killed. */
export function deadHolder(): string {
  const since = '2026-01-02T03:04:05Z';
  const holder: Holder = { pid: deadProcess(), host: hostname(), since, started: null, token: 'dead' };
  return JSON.stringify(holder);
}
