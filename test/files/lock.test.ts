import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clearDeadHolder, currentHolder, takeLock, type Holder } from '../../lib/files/lock';
import { deadProcess } from './dead-holder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => path.join(folder, 'holder.json');

function writeHolder(holder: Partial<Holder>): void {
  const whole = { pid: process.pid, host: hostname(), since: '2026-01-02T03:04:05Z', started: null, token: 'other' };
  writeFileSync(file(), JSON.stringify({ ...whole, ...holder }));
}

test('taken, held, released: nothing is left in the folder', async () => {
  const lock = await takeLock(folder);
  assert.equal(currentHolder(folder)?.pid, process.pid);
  await assert.rejects(
    takeLock(folder, { wait: false }),
    /is held by process \d+ on .* since .*\. Wait for it to finish, or stop it\./,
  );
  await lock.release();
  assert.equal(currentHolder(folder), undefined);
  assert.deepEqual(readdirSync(folder), []);
});

test('who waits is told for whom, once, and has it after the release', async () => {
  const first = await takeLock(folder);
  const waited: number[] = [];
  const second = takeLock(folder, { onWait: ({ pid }) => waited.push(pid) });
  await sleep(1200);
  assert.deepEqual(waited, [process.pid]);
  await first.release();
  await (await second).release();
  assert.deepEqual(readdirSync(folder), []);
});

test('locks of other names in one folder do not meet', async () => {
  const [one, other] = [await takeLock(folder, { name: '.a' }), await takeLock(folder, { name: '.b', wait: false })];
  assert.deepEqual(readdirSync(folder), ['.a.json', '.b.json']);
  await one.release();
  await other.release();
});

for (const [what, holder] of [
  ['that has ended', () => ({ pid: deadProcess() })],
  ['whose number a later process bears', () => ({ pid: process.pid, started: 'another boot:1' })],
  ['that could not finish writing its name', () => undefined],
] as [string, () => Partial<Holder> | undefined][]) {
  test(`the lock of a process ${what} is taken over at once`, async () => {
    const dead = holder();
    if (dead) writeHolder(dead);
    else writeFileSync(file(), '{"pid": 1');
    assert.equal(currentHolder(folder), undefined);
    const lock = await takeLock(folder, { wait: false });
    assert.equal((JSON.parse(readFileSync(file(), 'utf8')) as Holder).pid, process.pid);
    await lock.release();
  });
}

test('finished work: what a dead holder left is cleared, what a living one holds is not', async () => {
  const beside = path.join(folder, 'beside');
  const clear = () => clearDeadHolder(folder, { alsoRemove: () => rmSync(beside) });
  writeFileSync(beside, '');
  await clear();
  assert.deepEqual(readdirSync(folder), ['beside']);
  const lock = await takeLock(folder);
  await clear();
  assert.deepEqual(readdirSync(folder), ['beside', 'holder.json']);
  await lock.release();
  writeHolder({ host: 'elsewhere', pid: deadProcess() });
  await clear();
  assert.deepEqual(readdirSync(folder), ['beside', 'holder.json']);
  writeHolder({ pid: deadProcess() });
  await clear();
  assert.deepEqual(readdirSync(folder), []);
});

test('a holder on another machine counts as alive while it gives signs, and as dead after a silence', async () => {
  writeHolder({ host: 'elsewhere', pid: 1 });
  await assert.rejects(
    takeLock(folder, { wait: false }),
    /is held by process 1 on elsewhere since 2026-01-02T03:04:05Z/,
  );
  const began = performance.now();
  const waiting = takeLock(folder, { remoteSilence: 2 });
  await sleep(1300);
  utimesSync(file(), new Date(), new Date());
  await (await waiting).release();
  assert.ok(performance.now() - began > 3000, 'the sign in between counts');
});

test('a gate whose keeper died, dated in the future by a clock that was set back, is opened', async () => {
  const gate = path.join(folder, 'holder.gate');
  mkdirSync(gate);
  const tomorrow = Date.now() / 1000 + 86_400;
  utimesSync(gate, tomorrow, tomorrow);
  const lock = await takeLock(folder);
  await lock.release();
  assert.ok(!existsSync(gate));
});

test('waiting ends with its signal', async () => {
  const lock = await takeLock(folder);
  const stop = new AbortController();
  const waiting = takeLock(folder, { signal: stop.signal, onWait: () => stop.abort() });
  await assert.rejects(waiting, { name: 'AbortError' });
  await lock.release();
});
