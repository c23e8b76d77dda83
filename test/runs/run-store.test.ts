import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { takeLock } from '../../lib/files/lock';
import { openJsonLines } from '../../lib/files/json-lines';
import { writeSealed } from '../../lib/files/sealed-json';
import { setFiles, studentsFiles } from '../../lib/runs/run-files';
import { listRuns, pruneRuns, removeRuns } from '../../lib/runs/run-store';

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-store-'));
});
afterEach(() => rmSync(runs, { recursive: true, force: true }));

const result = { storedFloats: 9, imagesPerClass: 1, seconds: 3, peakBytes: 9 };
const identity = { kind: 'distillation', configuration: {}, dataChecksum: 'ab' };

/** A run with 1,000 bytes of checkpoint, and, where it is finished, a result and two students of a recipe. */
function writeRun(name: string, { finished = true } = {}): string {
  const folder = path.join(runs, name);
  const hash = name.split('-').at(-1)!;
  mkdirSync(folder);
  const files = setFiles(folder);
  writeSealed(files.configuration, hash, identity);
  writeFileSync(files.checkpoint, Buffer.alloc(1000));
  if (!finished) return folder;
  writeSealed(files.result, hash, result);
  const students = path.join(files.students, 'ConvNet-9updates-test-ef');
  mkdirSync(students, { recursive: true });
  writeSealed(studentsFiles(students).configuration, 'ef', { network: {}, evaluation: { split: 'test' } });
  const lines = openJsonLines(studentsFiles(students).results, { identity: 'ef' });
  for (const accuracy of [0.4, 0.6]) lines.append({ accuracy, images: 20, updates: 9, seconds: 1 });
  lines.close();
  return folder;
}

const sizeOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);

test('runs are listed by name, with state, students and size; what is no run is left out', () => {
  writeRun('b-done');
  writeRun('a-half', { finished: false });
  writeFileSync(path.join(writeRun('c-torn'), 'result.json'), '{"accuracy');
  mkdirSync(path.join(runs, 'd-killed-at-once'));
  writeFileSync(path.join(runs, 'd-killed-at-once', 'holder.json'), '{');
  mkdirSync(path.join(runs, 'no-run'));
  writeFileSync(path.join(runs, 'no-run', 'notes.txt'), 'mine');
  symlinkSync(path.join(runs, 'b-done'), path.join(runs, 'link'));
  const listed = listRuns(runs);
  assert.deepEqual(
    listed.map(({ name, state, bytes, spareBytes }) => [name, state, bytes, spareBytes]),
    [
      ['a-half', 'unfinished', sizeOf(path.join(runs, 'a-half')), 0],
      ['b-done', 'finished', sizeOf(path.join(runs, 'b-done')), 1000],
      ['c-torn', 'unreadable', sizeOf(path.join(runs, 'c-torn')), 1000],
      ['d-killed-at-once', 'unfinished', 1, 0],
    ],
  );
  assert.deepEqual(listed[1].result, result);
  const [{ name, accuracy }] = listed[1].students;
  assert.deepEqual([name, accuracy?.runs], ['ConvNet-9updates-test-ef', [0.4, 0.6]]);
  assert.deepEqual(listRuns(path.join(runs, 'nowhere')), []);
});

test('a run of the first version is called old, can be removed, and is never taken for another', () => {
  const folder = path.join(runs, 'haba-dm-cifar10-9bases-quick-3f2a9c81d0');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'configuration.json'), JSON.stringify(identity));
  writeFileSync(path.join(folder, 'result.json'), JSON.stringify({ accuracy: { mean: 0.4, std: 0, runs: [0.4] } }));
  assert.deepEqual(
    listRuns(runs).map(({ state }) => state),
    ['old'],
  );
  assert.deepEqual(removeRuns([path.basename(folder)], runs).length, 1);
  assert.deepEqual(readdirSync(runs), []);
});

test('a result of another run in the place of this one is noticed', () => {
  const [one, other] = [writeRun('one'), writeRun('other')];
  copyFileSync(setFiles(other).result, setFiles(one).result);
  assert.deepEqual(
    listRuns(runs).map(({ state }) => state),
    ['unreadable', 'finished'],
  );
});

test('remove takes what is named, and nothing else', () => {
  for (const name of ['one', 'one-more', 'two']) writeRun(name);
  assert.deepEqual(
    removeRuns(['one', 'one'], runs).map(({ name }) => name),
    ['one'],
  );
  assert.deepEqual(readdirSync(runs), ['one-more', 'two']);
});

test('a name that is no run, in whole or in part: all names there are told, and nothing is removed', () => {
  writeRun('one');
  mkdirSync(path.join(runs, 'no-run'));
  writeFileSync(path.join(runs, 'no-run', 'notes.txt'), 'mine');
  for (const name of ['on', 'no-run', '..', '.', '', '*', '../' + path.basename(runs), 'one/']) {
    for (const change of [removeRuns, pruneRuns]) {
      assert.throws(() => change(['one', name], runs), {
        message: `'${name}' is not a run in ${runs}. The names there: one.`,
      });
    }
  }
  assert.ok(existsSync(path.join(runs, 'one', 'checkpoint.safetensors')) && existsSync(path.join(runs, 'no-run')));
});

test('prune takes the checkpoints of finished runs; unfinished ones keep theirs', () => {
  const [done, half] = [writeRun('done'), writeRun('half', { finished: false })];
  assert.deepEqual(
    pruneRuns(['done', 'half'], runs).map(({ name, spareBytes }) => [name, spareBytes]),
    [['done', 1000]],
  );
  assert.deepEqual(readdirSync(done), ['configuration.json', 'result.json', 'students']);
  assert.ok(existsSync(path.join(half, 'checkpoint.safetensors')));
});

test('a run that is worked on is neither removed nor pruned, nor any named beside it; afterwards it may be', async () => {
  const folder = writeRun('held');
  writeRun('other');
  const lock = await takeLock(folder);
  assert.equal(listRuns(runs)[0].holder?.pid, process.pid);
  for (const change of [removeRuns, pruneRuns]) {
    assert.throws(
      () => change(['other', 'held'], runs),
      new RegExp(`held is held by process ${process.pid} on ${hostname()} since .*\\. Nothing was removed\\.`),
    );
  }
  assert.deepEqual(readdirSync(runs), ['held', 'other']);
  await lock.release();
  removeRuns(['other', 'held'], runs);
  assert.deepEqual(readdirSync(runs), []);
});

test('a run that was killed while it wrote its configuration is listed and can be removed; a file named students hides nothing', () => {
  const half = path.join(runs, 'a-half-written');
  mkdirSync(half);
  writeFileSync(path.join(half, 'configuration.json.elsewhere-7.partial'), '{');
  writeFileSync(path.join(writeRun('b-odd', { finished: false }), 'students'), 'no folder');
  rmSync(setFiles(writeRun('c-lacking')).configuration);
  writeRun('d-done');
  assert.deepEqual(
    listRuns(runs).map(({ name, state }) => [name, state]),
    [
      ['a-half-written', 'unfinished'],
      ['b-odd', 'unfinished'],
      ['c-lacking', 'unreadable'],
      ['d-done', 'finished'],
    ],
  );
  removeRuns(['a-half-written', 'b-odd', 'c-lacking'], runs);
  assert.deepEqual(readdirSync(runs), ['d-done']);
});
