/** One process at a time works on a folder: who holds it is written there, and a dead holder's lock is taken over. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock as closeGate } from 'proper-lockfile';
import { z } from 'zod';
import { explainWriteError, writing } from './file-error';

const holderSchema = z.object({
  pid: z
    .number()
    .int()
    .positive()
    .max(2 ** 31 - 1),
  host: z.string(),
  /** ISO 8601. */
  since: z.string(),
  /** Tells a process from a later one of the same number; null where the system does not say. */
  started: z.string().nullable(),
  token: z.string(),
});

/** Who works on a folder. */
export type Holder = z.infer<typeof holderSchema>;

export interface LockOptions {
  /** What is locked in the folder; its files are NAME.json and NAME.gate. Default 'holder', the folder as a whole. */
  name?: string;
  /** Wait until the holder is done or dead; false throws at once. Default true. */
  wait?: boolean;
  /** Called once, when waiting begins. */
  onWait?: (holder: Holder) => void;
  signal?: AbortSignal;
  /**
   * Seconds without a sign of life after which a holder on another machine, which cannot be asked, counts as dead.
   * Default 600, longer than any single step.
   */
  remoteSilence?: number;
}

export interface Lock {
  /** A sign of life for waiters on other machines; costs nothing when called often. */
  touch(): void;
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder.
 * @throws Error naming process, machine and time of the holder, when `wait` is false
 */
export async function takeLock(folder: string, options: LockOptions = {}): Promise<Lock> {
  const { name = wholeFolder, wait = true, onWait, signal, remoteSilence = 600 } = options;
  const file = path.join(folder, `${name}.json`);
  const self: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    started: startOfProcess(process.pid),
    token: randomUUID(),
  };
  let waiting: Silence | undefined;
  for (;;) {
    const holder = await insideGate(folder, name, () => {
      const present = livingHolder(file);
      if (present && !waiting?.isOver(present)) return present;
      writing(file, () => writeFileSync(file, `${JSON.stringify(self)}\n`));
      return undefined;
    });
    if (!holder) return heldLock(folder, name, self);
    if (!wait) throw new Error(`${describeHolder(folder, holder)} Wait for it to finish, or stop it.`);
    if (!waiting) {
      waiting = watchSilence(file, remoteSilence);
      onWait?.(holder);
    }
    await sleep(500, undefined, { signal });
  }
}

const wholeFolder = 'holder';

export interface ClearOptions {
  /** As in {@link LockOptions}. */
  name?: string;
  /** Removes what else the dead holder was about to remove. */
  alsoRemove?: () => void;
}

/**
 * For finished work, which nobody takes the lock of again: removes the lock of a process that was killed between its last
 * result and its release. A folder that cannot be written keeps it, which harms nothing.
 */
export async function clearDeadHolder(
  folder: string,
  { name = wholeFolder, alsoRemove }: ClearOptions = {},
): Promise<void> {
  const file = path.join(folder, `${name}.json`);
  const isDead = () => existsSync(file) && !livingHolder(file);
  if (!isDead()) return;
  const clear = () => {
    if (!isDead()) return;
    alsoRemove?.();
    rmSync(file, { force: true });
  };
  await insideGate(folder, name, clear).catch(() => undefined);
}

/** Who holds a folder, if anybody alive does. */
export function currentHolder(folder: string): Holder | undefined {
  return livingHolder(path.join(folder, `${wholeFolder}.json`));
}

/** A sentence that says who holds a folder. */
export function describeHolder(folder: string, { pid, host, since }: Holder): string {
  return `${path.basename(folder)} is held by process ${pid} on ${host} since ${since}.`;
}

function heldLock(folder: string, name: string, self: Holder): Lock {
  const file = path.join(folder, `${name}.json`);
  let touched = performance.now();
  return {
    touch() {
      if (performance.now() - touched < 20_000) return;
      touched = performance.now();
      const now = new Date();
      if (existsSync(file)) utimesSync(file, now, now);
    },
    async release() {
      // The folder may have been removed meanwhile: then there is nothing to release.
      if (!existsSync(file)) return;
      const leave = () => {
        if (readHolder(file)?.token === self.token) rmSync(file, { force: true });
      };
      // A disk may be too full even for the gate.
      await insideGate(folder, name, leave).catch(leave);
    },
  };
}

/**
 * Judging a holder and taking its place must be one action, else two waiters could both take over. The gate is held for
 * milliseconds, so that its age tells surely whether its keeper died inside.
 */
async function insideGate<T>(folder: string, name: string, action: () => T): Promise<T> {
  const gate = path.join(folder, `${name}.gate`);
  const open = await passGate(folder, gate);
  try {
    return action();
  } finally {
    await open().catch(() => undefined);
  }
}

/** Tries for some twelve seconds, and for as long as others go in and out. */
async function passGate(folder: string, gate: string): Promise<() => Promise<void>> {
  for (;;) {
    const before = changeOf(gate);
    try {
      return await closeGate(folder, {
        lockfilePath: gate,
        realpath: false,
        stale: 10_000,
        retries: { retries: 60, factor: 1.2, minTimeout: 20, maxTimeout: 250 },
        onCompromised: () => undefined,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw explainWriteError(error, folder);
      // Where the clock was set back, a dead keeper's gate is of the future, and never of age.
      if (before !== undefined && changeOf(gate) === before) rmSync(gate, { recursive: true, force: true });
    }
  }
}

function changeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function readHolder(file: string): Holder | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Cut short by a kill while it was written: its writer is gone.
    return undefined;
  }
}

function livingHolder(file: string): Holder | undefined {
  const holder = readHolder(file);
  return holder && isAlive(holder) ? holder : undefined;
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return started === null || started === startOfProcess(pid);
}

/** Linux: boot identity and clock tick at which a process started. */
function startOfProcess(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field, the command in parentheses, may itself hold spaces; the start is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ');
    // A zombie has died and only waits for its parent to notice.
    return fields && fields[0] !== 'Z' ? `${boot}:${fields[19]}` : null;
  } catch {
    return null;
  }
}

interface Silence {
  isOver(holder: Holder): boolean;
}

/** Counts on our own monotonic clock how long a holder on another machine has given no sign; machines' clocks may differ. */
function watchSilence(file: string, seconds: number): Silence {
  let last = '';
  let since = performance.now();
  return {
    isOver(holder) {
      const sign = `${holder.token} ${statSync(file).mtimeMs}`;
      if (sign !== last) {
        last = sign;
        since = performance.now();
      }
      return holder.host !== hostname() && performance.now() - since > seconds * 1000;
    },
  };
}
