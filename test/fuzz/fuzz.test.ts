/** A short run of `npm run fuzz`, and proof that the fuzzer notices what it looks for. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fuzz, hold, type Reader } from './fuzz';
import { readers } from './readers';

for (const reader of readers) {
  test(`${reader.name}: hostile input is refused with a sentence that names the file, or makes sense`, async () => {
    const { failures, cases, refused, accepted } = await fuzz(reader, { cases: 100, seed: 5 });
    assert.deepEqual(failures, []);
    assert.equal(cases, 100);
    assert.equal(refused + accepted, 100);
  });
}

/** Reads a byte that must be 7. */
function byteReader(read: (file: string, byte: number | undefined) => void): Reader {
  return {
    name: 'byte',
    setUp(folder) {
      const file = path.join(folder, 'byte');
      writeFileSync(file, Buffer.from([7]));
      return { targets: [{ file, valid: [Buffer.from([7])] }], read: () => read(file, readFileSync(file).at(0)) };
    },
  };
}

const sevens = byteReader((file, byte) => {
  if (byte !== 7) throw new Error(`${file} begins with another byte than 7.`);
});

test('a case follows from seed, reader and number alone, and can be run again', async () => {
  const seen: (number | undefined)[] = [];
  const watched = (): Reader => byteReader((_, byte) => void seen.push(byte));
  await fuzz(watched(), { cases: 40, seed: 3 });
  const first = seen.splice(0);
  await fuzz(watched(), { cases: 40, seed: 3 });
  assert.deepEqual(seen, first);
  seen.length = 0;
  await fuzz(watched(), { cases: 40, seed: 3, only: 17 });
  // The first call is that of valid input.
  assert.deepEqual(seen, [7, first[18]]);
});

const offences: [what: string, reader: Reader, reason: RegExp][] = [
  [
    'an error without the name of the file',
    byteReader((_, byte) => {
      if (byte !== 7) throw new Error('It begins with another byte than 7.');
    }),
    /does not name what it is about/,
  ],
  [
    'a crash in place of a check',
    byteReader((file, byte) => {
      if (byte !== 7) throw new TypeError(`${file}: Cannot read properties of undefined`);
    }),
    /is a crash/,
  ],
  [
    'nonsense that is accepted',
    byteReader((_, byte) => hold(byte === 7, 'the byte is not 7')),
    /accepted, but the byte is not 7/,
  ],
  [
    'a file that appears',
    byteReader((file, byte) => {
      if (byte !== 7) writeFileSync(path.join(file, '..', '..', 'escaped'), '');
    }),
    /files appeared or went/,
  ],
];

for (const [what, reader, reason] of offences) {
  test(`the fuzzer notices ${what}`, async () => {
    const { failures } = await fuzz(reader, { cases: 30, seed: 1 });
    assert.ok(failures.length > 0);
    assert.match(failures[0].reason, reason);
  });
}

test('the fuzzer finds nothing where there is nothing, and counts', async () => {
  const { failures, refused, accepted } = await fuzz(sevens, { cases: 60, seed: 1 });
  assert.deepEqual(failures, []);
  assert.ok(refused > 10 && accepted > 5, `${refused} refused, ${accepted} accepted`);
});

test('a harness whose valid input is refused says so', async () => {
  const refusing = byteReader((file) => {
    throw new Error(`${file} is never right.`);
  });
  await assert.rejects(fuzz(refusing, { cases: 1, seed: 1 }), /byte: valid input is refused: .* is never right\./);
});
