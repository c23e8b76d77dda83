/** Holders that are suspended and wake up, or compute for long; machines are told apart by the names that children give themselves. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { readJsonLines } from '../../lib/files/json-lines';
import { currentHolder, takeLock, type Holder, LockLost } from '../../lib/files/lock';
import { writeWhole } from '../../lib/files/whole-file';

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-lock-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (name: string) => {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

interface Started {
  process: ChildProcess;
  /** Until it has printed that. */
  said(text: string): Promise<void>;
  ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

/** See lock-child.ts. @param host empty for this machine's own name */
function start(host: string, action: string): Started {
  const program = path.join(__dirname, 'lock-child.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, host, folder, action], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (printed.stdout += text));
  child.stderr.on('data', (text) => (printed.stderr += text));
  return {
    process: child,
    said: (text) => until(() => printed.stdout.includes(text), `'${text}' from ${host}: ${printed.stderr}`),
    ended: once(child, 'close').then(([status]) => ({ status: status as number | null, ...printed })),
  };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) assert.fail(`waited in vain for ${what}`);
    await sleep(20);
  }
}

/** What a holder says that woke up after its silence. */
function assertReplaced({ status, stderr }: { status: number | null; stderr: string }, first: Started, next: Started) {
  const said =
    /^LockLost: haba-lock-\w+ was taken over by process (\d+) on machine-b at \d{4}-\S+Z: the last sign of life of this process, (\d+) on machine-a, is (\d+) seconds old \(it was suspended, or cut off from the disk\)\. This process stops, and writes nothing more there\. The other one goes on from what is stored\.\n$/.exec(
      stderr,
    );
  assert.ok(said, stderr);
  assert.equal(status, 3);
  assert.deepEqual([Number(said[1]), Number(said[2])], [next.process.pid, first.process.pid]);
  assert.ok(Number(said[3]) >= 1, `${said[3]} seconds`);
}

test('a holder that was suspended for too long is replaced, stops with a sentence, and writes nothing more', async () => {
  const first = start('machine-a', 'count');
  await until(() => textOf('numbers').includes('machine-a 20\n'), 'the first numbers');
  first.process.kill('SIGSTOP');
  const next = start('machine-b', 'count');
  await until(() => textOf('numbers').includes('machine-b 5\n'), 'a successor');
  first.process.kill('SIGCONT');
  assertReplaced(await first.ended, first, next);
  const soFar = textOf('numbers').split('\n').length;
  await until(() => textOf('numbers').split('\n').length > soFar + 20, 'more numbers of the successor');
  next.process.kill('SIGKILL');
  await next.ended;

  const numbers = textOf('numbers').trimEnd().split('\n');
  const change = numbers.findIndex((line) => line.startsWith('machine-b'));
  const expected = numbers.map((_, place) => (place < change ? `machine-a ${place}` : `machine-b ${place - change}`));
  assert.deepEqual(numbers, expected, 'one after the other');
  assert.ok(!textOf('lines.jsonl').includes('machine-a'), 'what it appended is not among the lines of its successor');
  assert.match(textOf('state.json'), /machine-b/);
});

test('a holder that writes nothing is told by its signal', async () => {
  const first = start('machine-a', 'wait');
  await first.said('taken');
  first.process.kill('SIGSTOP');
  const next = start('machine-b', 'hold');
  await next.said('written');
  first.process.kill('SIGCONT');
  assertReplaced(await first.ended, first, next);
});

for (const [action, what] of [
  ['rename', 'before a file appears under its name'],
  ['append', 'before a line is appended'],
]) {
  test(`suspended between its check and its write, ${what}: it never gets there`, async () => {
    const first = start('machine-a', action);
    await first.said('taken');
    const next = start('machine-b', 'hold');
    await next.said('written');
    assert.equal((JSON.parse(textOf('holder.json')) as Holder).host, 'machine-b');
    first.process.kill('SIGCONT');
    assertReplaced(await first.ended, first, next);
    assert.equal(textOf('state.json'), '{"host":"machine-b"}');
    const lines = readJsonLines(path.join(folder, 'lines.jsonl'), z.object({ host: z.string() }), {
      identity: 'numbers',
    });
    assert.deepEqual(lines, [{ host: 'machine-b' }]);
    assert.deepEqual(readdirSync(folder), ['holder.json', 'lines.jsonl', 'state.json']);
  });
}

test('a step that computes for longer than the silence does not lose the lock: signs of life have a thread', async () => {
  const first = start('machine-a', 'compute');
  await first.said('taken');
  const next = start('machine-b', 'hold');
  const { status, stdout, stderr } = await first.ended;
  assert.deepEqual([status, stdout, stderr], [0, 'taken\nstill mine\n', '']);
  await next.said('written');
});

test('a holder that is suspended on the same machine is waited for, and goes on', async () => {
  const first = start('', 'compute');
  await first.said('taken');
  first.process.kill('SIGSTOP');
  const waiting = takeLock(folder, { remoteSilence: 0.5, signal: AbortSignal.timeout(3000) });
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(currentHolder(folder)?.pid, first.process.pid);
  first.process.kill('SIGCONT');
  const { status, stdout } = await first.ended;
  assert.deepEqual([status, stdout], [0, 'taken\nstill mine\n']);
});

test('a lock that is never released does not keep its process from ending', async () => {
  const { status, stdout } = await start('machine-a', 'forget').ended;
  assert.deepEqual([status, stdout], [0, 'taken\n']);
});

test('the thread ends with the release', async () => {
  const threads: Worker[] = [];
  const remember = (thread: Worker) => void threads.push(thread);
  process.on('worker', remember);
  const lock = await takeLock(folder);
  await sleep(0);
  process.off('worker', remember);
  assert.equal(threads.length, 1);
  const ended = once(threads[0], 'exit');
  await lock.release();
  await ended;
});

test('a lock whose file was removed or replaced is lost, for all files of its folder; after the release nobody asks', async () => {
  const file = path.join(folder, 'holder.json');
  const inside = path.join(folder, 'inside');
  const lock = await takeLock(folder);
  writeWhole(inside, 'first');
  lock.check();
  const own = readFileSync(file, 'utf8');
  rmSync(file);
  const removed = /^haba-lock-\w+ is no longer held by this process, \d+ on .+: its holder\.json was removed\./;
  assert.throws(
    () => writeWhole(inside, 'second'),
    (error) => error instanceof LockLost && removed.test(error.message),
  );
  assert.equal(readFileSync(inside, 'utf8'), 'first');
  assert.deepEqual(readdirSync(folder), ['inside']);
  assert.ok(lock.lost.aborted);
  // Once lost it stays so, whatever the file says.
  writeFileSync(file, own);
  assert.throws(lock.check, lock.lost.reason as LockLost);
  await lock.release();
  writeWhole(inside, 'second');

  const other = await takeLock(folder);
  writeFileSync(file, '{"pid": 1');
  assert.throws(other.check, /was taken over by another process, which is writing its name this moment: /);
  await other.release();
  assert.equal(readFileSync(file, 'utf8'), '{"pid": 1', 'the other one keeps it');
});
