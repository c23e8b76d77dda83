/** One process at a time works on a folder: who holds it is written there, and a dead holder's lock is taken over. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { lock as closeGate } from 'proper-lockfile';
import { z } from 'zod';
import { explainWriteError, writing } from './file-error';
import { removeUnfinished } from './whole-file';
import { guardWrites } from './write-guard';

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
   * Seconds without a sign of life after which a holder on another machine, which cannot be asked, counts as dead. Signs are
   * given every 20 seconds, or ten in this time, however long a step computes; who gives none is suspended, dead, or cut off
   * from the disk. Default 600.
   */
  remoteSilence?: number;
}

export interface Lock {
  /** Aborts, with a {@link LockLost} as its reason, when it is noticed that another process holds the folder. */
  readonly lost: AbortSignal;
  /**
   * To be called before what must not be done twice: reads a small file.
   * @throws LockLost when another process holds the folder
   */
  readonly check: () => void;
  /** Never rejects: it may follow an error, which is the one to tell. */
  release(): Promise<void>;
}

/** Thrown where a folder is held, and its holder was not to be waited for. */
export class LockHeld extends Error {
  override name = 'LockHeld';
}

/** Thrown where this process held a folder, and another one does now. */
export class LockLost extends Error {
  override name = 'LockLost';
}

/**
 * Takes the lock of a folder.
 *
 * A holder that was suspended, on another machine, for longer than `remoteSilence` is replaced, and may wake up at any point of
 * its program. Two never write one folder all the same: `writeWhole` and `openJsonLines` check every lock of a folder as a whole
 * (without `name`) right before they write; who wakes up between that check and its write finds the unfinished file removed, as
 * the new holder does before it begins, or appends to a file that the new holder has replaced. What is written or removed in
 * other ways is as safe as the `check` before it is near.
 * @throws LockHeld naming process, machine and time of the holder, when `wait` is false
 */
export async function takeLock(folder: string, options: LockOptions = {}): Promise<Lock> {
  const { name = wholeFolder, wait = true, onWait, signal, remoteSilence = 600 } = options;
  const file = path.join(folder, `${name}.json`);
  const self = {
    pid: process.pid,
    host: hostname(),
    started: startOfProcess(process.pid),
    token: randomUUID(),
  };
  let waiting: Silence | undefined;
  for (;;) {
    const holder = await insideGate(folder, name, () => {
      const present = readHolder(file);
      if (present && isAlive(present) && !waiting?.isOver(present)) return present;
      const holder: Holder = { ...self, since: new Date().toISOString() };
      writing(file, () => writeFileSync(file, `${JSON.stringify(holder)}\n`));
      // Only now: what it begins to write from here on, it will not finish, since its check fails.
      if (present && name === wholeFolder) removeUnfinished(folder, present);
      return undefined;
    });
    if (!holder) return heldLock(folder, name, self, remoteSilence);
    if (!wait) throw new LockHeld(`${describeHolder(folder, holder)} Wait for it to finish, or stop it.`);
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

type Self = Omit<Holder, 'since'>;

function heldLock(folder: string, name: string, self: Self, remoteSilence: number): Lock {
  const file = path.join(folder, `${name}.json`);
  const lost = new AbortController();
  const check = () => {
    lost.signal.throwIfAborted();
    const present = contentOf(file);
    if (present?.includes(self.token)) return;
    lost.abort(new LockLost(describeLoss(folder, file, self, signs.secondsSinceLast())));
    lost.signal.throwIfAborted();
  };
  const signs = giveSigns(file, self.token, Math.min(20, remoteSilence / 10), () => {
    try {
      check();
    } catch {
      // The signal says it.
    }
  });
  const endGuard = name === wholeFolder ? guardWrites(folder, check) : () => undefined;
  return {
    lost: lost.signal,
    check,
    async release() {
      endGuard();
      await signs.end();
      // The folder may have been removed meanwhile: then there is nothing to release.
      if (!existsSync(file)) return;
      const leave = () => {
        if (readHolder(file)?.token === self.token) rmSync(file, { force: true });
      };
      // A disk may be too full even for the gate; where nothing can be removed either, a dead holder's lock is taken over.
      await insideGate(folder, name, leave)
        .catch(leave)
        .catch(() => undefined);
    },
  };
}

/** undefined where there is no such file. */
function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw explainWriteError(error, file);
  }
}

/** A sentence for who was replaced. */
function describeLoss(folder: string, file: string, { pid, host }: Self, silentSeconds: number): string {
  const name = path.basename(folder);
  const successor = readHolder(file);
  const stops = 'This process stops, and writes nothing more there.';
  if (!successor && !existsSync(file)) {
    return `${name} is no longer held by this process, ${pid} on ${host}: its ${path.basename(file)} was removed. ${stops} The same again goes on from what is stored.`;
  }
  const taker = successor
    ? `process ${successor.pid} on ${successor.host} at ${successor.since}`
    : 'another process, which is writing its name this moment';
  return (
    `${name} was taken over by ${taker}: the last sign of life of this process, ${pid} on ${host}, is ` +
    `${Math.round(silentSeconds)} seconds old (it was suspended, or cut off from the disk). ${stops} The other one goes on from what is stored.`
  );
}

interface Signs {
  secondsSinceLast(): number;
  end(): Promise<void>;
}

/** Signs of life for waiters on other machines, for as long as the token is in the file. */
function giveSigns(file: string, token: string, seconds: number, onLost: () => void): Signs {
  const lastSign = new BigInt64Array(new SharedArrayBuffer(8));
  lastSign[0] = BigInt(Date.now());
  const thread = new Worker(path.join(__dirname, 'signs-of-life.mjs'), {
    workerData: { file: path.resolve(file), token, seconds, lastSign },
    // It needs none of the loaders that this process was started with.
    execArgv: [],
  });
  thread.on('message', onLost);
  // Where the system gives no more threads: only a waiter on another machine, after its silence, could do harm, and is noticed.
  thread.on('error', () => undefined);
  // Last, since a listener to messages holds the process, too.
  thread.unref();
  return {
    secondsSinceLast: () => (Date.now() - Number(Atomics.load(lastSign, 0))) / 1000,
    async end() {
      await thread.terminate();
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
