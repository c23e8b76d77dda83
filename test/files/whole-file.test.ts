import assert from 'node:assert/strict';
import fs, { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { removeUnfinished, writeWhole } from '../../lib/files/whole-file';
import { guardWrites } from '../../lib/files/write-guard';
import { deadProcess } from './dead-holder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-whole-'));
});
afterEach(() => {
  mock.restoreAll();
  rmSync(folder, { recursive: true, force: true });
});

const at = (...parts: string[]) => path.join(folder, ...parts);
const unfinished = (pid: number, host = hostname()) => `file.${host}-${pid}.partial`;

test('texts and numbers, one after the other, in the place of what was there', () => {
  writeFileSync(at('file'), 'a longer text that was there');
  writeWhole(at('file'), 'ab', Uint8Array.of(99, 100), new Uint16Array([0, 0x6665, 0]).subarray(1, 2), '');
  assert.equal(readFileSync(at('file'), 'utf8'), 'abcdef');
  assert.deepEqual(readdirSync(folder), ['file']);
});

for (const [what, name] of [
  ['halfway', 'writeSync'],
  ['while it is brought to the disk', 'fsyncSync'],
  ['when it is to appear', 'renameSync'],
] as const) {
  test(`a write that fails ${what} leaves the old file, nothing else, and no open descriptor`, () => {
    writeWhole(at('file'), 'old');
    const open = mock.method(fs, 'openSync');
    const close = mock.method(fs, 'closeSync');
    const failing = mock.method(fs, name, () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    });
    assert.throws(() => writeWhole(at('file'), 'new'), { code: 'ENOSPC' });
    failing.mock.restore();
    assert.equal(readFileSync(at('file'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['file']);
    assert.ok(open.mock.callCount() >= 1);
    assert.equal(close.mock.callCount(), open.mock.callCount());
  });
}

test('a folder in the place of the file stays, and nothing is left beside it', () => {
  mkdirSync(at('file', 'inside'), { recursive: true });
  assert.throws(() => writeWhole(at('file'), 'new'), { code: 'EISDIR' });
  assert.deepEqual(readdirSync(folder), ['file']);
});

test('what dead processes of this machine had begun is removed, whatever its name; that of living ones and of others is not', () => {
  const [alive, elsewhere] = [unfinished(process.ppid), unfinished(deadProcess(), 'elsewhere')];
  const others = [alive, elsewhere, `file.${hostname()}-x.partial`, 'my.partial'];
  for (const name of [...others, unfinished(deadProcess()), `another.${unfinished(deadProcess())}`]) {
    writeFileSync(at(name), 'half');
  }
  writeWhole(at('file'), 'new');
  assert.deepEqual(readdirSync(folder).sort(), ['file', ...others].sort());
});

test('a folder is listed once, however many files are written to it', () => {
  const listing = mock.method(fs, 'readdirSync');
  for (let file = 0; file < 100; file++) writeWhole(at(`${file}`), 'new');
  writeWhole(path.join(folder, '.', 'file'), 'new');
  assert.equal(listing.mock.callCount(), 1);
});

test('what one process had begun is removed at every depth, and then does not appear any more', () => {
  mkdirSync(at('deep'));
  const own = { host: hostname(), pid: process.pid };
  const names = [unfinished(1, 'elsewhere'), unfinished(11, 'elsewhere'), `deep/${unfinished(1, 'elsewhere')}`];
  for (const name of names) writeFileSync(at(name), 'half');
  removeUnfinished(folder, { host: 'elsewhere', pid: 1 });
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ['deep', unfinished(11, 'elsewhere')]);

  // As where this process is suspended, and replaced, right before the file would appear.
  writeWhole(at('file'), 'old');
  let replaced = false;
  const end = guardWrites(folder, () => {
    if (replaced) throw new Error('replaced');
  });
  mock.method(fs, 'renameSync', (from: string, to: string) => {
    mock.restoreAll();
    replaced = true;
    removeUnfinished(folder, own);
    renameSync(from, to);
  });
  assert.throws(() => writeWhole(at('file'), 'new'), { message: 'replaced' });
  end();
  assert.equal(readFileSync(at('file'), 'utf8'), 'old');
});

test('a guard is asked for its folder and all below, until it is ended', () => {
  let asked = 0;
  mkdirSync(at('inside', 'deep'), { recursive: true });
  const end = guardWrites(path.relative(process.cwd(), at('inside')), () => void asked++);
  for (const [file, expected] of [
    ['inside/deep/file', 1],
    ['inside/file', 2],
    ['file', 2],
    ['inside-out', 2],
  ] as const) {
    writeWhole(at(file), 'new');
    assert.equal(asked, expected, file);
  }
  end();
  writeWhole(at('inside', 'file'), 'new');
  assert.equal(asked, 2);
});
