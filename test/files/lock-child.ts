/** A process that takes a folder's lock on a machine of another name: `lock-child.ts HOST FOLDER ACTION`. */
import { mock } from 'node:test';
import fs, { appendFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openJsonLines } from '../../lib/files/json-lines';
import { takeLock, type Lock } from '../../lib/files/lock';
import { writeWhole } from '../../lib/files/whole-file';

const [, , host, folder, action] = process.argv;
if (host !== '') mock.method(os, 'hostname', () => host);

/** Seconds. */
const remoteSilence = 1.5;
const openLines = () => openJsonLines(path.join(folder, 'lines.jsonl'), { identity: 'numbers', keepBytes: 0 });
const state = path.join(folder, 'state.json');

/** Suspends this process at the next call of that function of node:fs, right before it does anything. */
function suspendAt(name: 'renameSync' | 'appendFileSync'): void {
  const original = fs[name] as (...given: unknown[]) => void;
  const { mock: suspended } = mock.method(fs, name, (...given: unknown[]) => {
    suspended.restore();
    process.kill(process.pid, 'SIGSTOP');
    // The signal may reach another thread first, which then stops this one.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    original(...given);
  });
}

const actions: Record<string, (lock: Lock) => Promise<void> | void> = {
  /** Writes numbers in every way until it is killed, or may not. */
  async count(lock) {
    const lines = openLines();
    for (let number = 0; !lock.lost.aborted; number++) {
      lock.check();
      appendFileSync(path.join(folder, 'numbers'), `${host} ${number}\n`);
      lines.append({ host, number });
      writeWhole(state, JSON.stringify({ host, number }));
      await sleep(10);
    }
    lock.lost.throwIfAborted();
  },
  /** Does not even ask: is the signal told? */
  async wait(lock) {
    while (!lock.lost.aborted) await sleep(10);
    lock.lost.throwIfAborted();
  },
  rename() {
    suspendAt('renameSync');
    writeWhole(state, JSON.stringify({ host }));
  },
  append() {
    const lines = openLines();
    suspendAt('appendFileSync');
    lines.append({ host, number: 0 });
    lines.append({ host, number: 1 });
  },
  /** Computes four times as long as the silence that counts as death, in one step. */
  compute(lock) {
    const end = performance.now() + 4000 * remoteSilence;
    while (performance.now() < end);
    lock.check();
    process.stdout.write('still mine\n');
  },
  /** Writes once in every way, and holds the folder until it is killed. */
  async hold() {
    writeWhole(state, JSON.stringify({ host }));
    openLines().append({ host, number: 0 });
    process.stdout.write('written\n');
    await sleep(60_000);
  },
  /** Neither releases the lock nor ends the process by itself. */
  forget: () => undefined,
};

async function main(): Promise<void> {
  const lock = await takeLock(folder, { remoteSilence });
  process.stdout.write('taken\n');
  await actions[action](lock);
  if (action !== 'forget') await lock.release();
}

main().catch((error: Error) => {
  process.stderr.write(`${error.name}: ${error.message}\n`);
  process.exitCode = 3;
});
