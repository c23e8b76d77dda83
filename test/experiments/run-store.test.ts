import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { takeLock } from '../../lib/files/lock';
import { listRuns, pruneRuns, removeRuns } from '../../lib/experiments/run-store';

let runs: string;
beforeEach(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-store-'));
});
afterEach(() => rmSync(runs, { recursive: true, force: true }));

const result = {
  accuracy: { mean: 0.5, std: 0, runs: [0.5] },
  storedFloats: 9,
  imagesPerClass: 1,
  seconds: 3,
  peakBytes: 9,
};

/** A run of 1,000 bytes of checkpoint, a configuration of 2, and, where it is finished, a result. */
function writeRun(name: string, { finished = true } = {}): string {
  const folder = path.join(runs, name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'configuration.json'), '{}');
  writeFileSync(path.join(folder, 'checkpoint.safetensors'), Buffer.alloc(1000));
  if (finished) writeFileSync(path.join(folder, 'result.json'), JSON.stringify(result));
  return folder;
}

test('runs are listed by name, with state and size; what is no run is left out', () => {
  writeRun('b-done');
  writeRun('a-half', { finished: false });
  writeFileSync(path.join(writeRun('c-torn'), 'result.json'), '{"accuracy');
  mkdirSync(path.join(runs, 'no-run'));
  symlinkSync(path.join(runs, 'b-done'), path.join(runs, 'link'));
  const listed = listRuns(runs);
  assert.deepEqual(
    listed.map(({ name, state, bytes, spareBytes }) => [name, state, bytes, spareBytes]),
    [
      ['a-half', 'unfinished', 1002, 0],
      ['b-done', 'finished', 1002 + JSON.stringify(result).length, 1000],
      ['c-torn', 'unreadable', 1012, 1000],
    ],
  );
  assert.deepEqual(listed[1].result, result);
  assert.deepEqual(listRuns(path.join(runs, 'nowhere')), []);
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
  assert.deepEqual(readdirSync(done), ['configuration.json', 'result.json']);
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
