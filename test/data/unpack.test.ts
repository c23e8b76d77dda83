import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pack } from 'tar-stream';
import { isArchive, unpack } from '../../lib/data/unpack';
import { zipOf } from './zip-writer';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-unpack-'));
  mkdirSync(path.join(folder, 'out'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const out = () => path.join(folder, 'out');
const archive = (bytes: Buffer) => {
  const file = path.join(folder, 'archive.zip');
  writeFileSync(file, bytes);
  return file;
};

test('archives are known by their names', () => {
  for (const name of ['a.tar', 'a.tar.gz', 'a.TGZ', 'a.zip']) assert.ok(isArchive(name), name);
  for (const name of ['a.mat', 'train-images-idx3-ubyte.gz', 'tar']) assert.ok(!isArchive(name), name);
});

test('files and folders of a zip archive', async () => {
  await unpack(
    archive(
      zipOf([
        { name: 'a/', content: Buffer.alloc(0) },
        { name: 'a/b/c.txt', content: Buffer.from('deep '.repeat(99)) },
      ]),
    ),
    out(),
  );
  assert.equal(readFileSync(path.join(out(), 'a/b/c.txt'), 'utf8'), 'deep '.repeat(99));
});

test('a zip archive whose entries lead elsewhere, or lie about their size, or is cut short, is refused and named', async () => {
  const content = Buffer.from('x'.repeat(1000));
  for (const name of ['../x', '/x', 'a/../../x']) {
    await assert.rejects(
      unpack(archive(zipOf([{ name, content }])), out()),
      /archive\.zip cannot be unpacked: (invalid relative|absolute) path/,
    );
  }
  await assert.rejects(
    unpack(archive(zipOf([{ name: 'x', content, claimed: 10 }])), out()),
    /archive\.zip cannot be unpacked: too many bytes/,
  );
  await assert.rejects(
    unpack(archive(zipOf([{ name: 'x', content, claimed: 2 ** 31 + 1 }])), out()),
    /it holds more than 500000 files or 2147483648 bytes, more than any official archive/,
  );
  await assert.rejects(
    unpack(archive(zipOf([{ name: 'x', content }]).subarray(0, 40)), out()),
    /archive\.zip cannot be unpacked: /,
  );
  assert.deepEqual(readdirSync(folder).sort(), ['archive.zip', 'out']);
});

test('a tar archive cut short anywhere ends in an error, and does not hang', async () => {
  const whole = pack();
  whole.entry({ name: 'a/b.txt' }, 'hello');
  whole.entry({ name: `a/${'x'.repeat(150)}` }, 'h'.repeat(3000));
  whole.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of whole) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const file = path.join(folder, 'short.tar');
  // The end of the last entry; zeros follow.
  const end = 512 + 512 + 512 + 512 + 512 + 3072;
  for (let length = 100; length < end; length += 300) {
    writeFileSync(file, bytes.subarray(0, length));
    if (length % 512 === 0) continue;
    await assert.rejects(
      unpack(file, out()),
      /short\.tar cannot be unpacked: Unexpected end of data\.$/,
      `${length} bytes`,
    );
  }
});

test('an archive that is not there, or is none, is named', async () => {
  await assert.rejects(unpack(path.join(folder, 'none.tar'), out()), /none\.tar cannot be unpacked: ENOENT/);
  const file = path.join(folder, 'text.tar');
  writeFileSync(file, 'hello'.repeat(300));
  await assert.rejects(unpack(file, out()), /text\.tar cannot be unpacked: Invalid tar header/);
});
