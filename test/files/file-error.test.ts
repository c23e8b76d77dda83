import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { explainWriteError, makeFolder, writing } from '../../lib/files/file-error';
import { writeWhole } from '../../lib/files/whole-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-error-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const refusal = (code: string) => Object.assign(new Error(`${code}: what the system says`), { code });
const explained = (code: string, instead?: string) =>
  (explainWriteError(refusal(code), 'place/file', { instead }) as Error).message;

const sentences: [codes: string[], sentence: string][] = [
  [
    ['ENOSPC', 'EDQUOT'],
    'No space is left to write place/file. What was written before it is whole: free some space (npm run haba -- runs list shows what runs take) and start the same again; what is stored is not done again.',
  ],
  [
    ['EACCES', 'EPERM', 'EROFS'],
    'place/file cannot be written: its folder is read-only here. Choose another folder, or change its permissions.',
  ],
  [
    ['ENOTDIR', 'EEXIST'],
    'place/file cannot be written: a file stands where a folder is needed. Move it away, or choose another folder.',
  ],
  [['EISDIR'], 'place/file is a folder; a file is expected there. Move it away, or choose another folder.'],
  [
    ['ENAMETOOLONG'],
    'place/file cannot be written: its name is longer than this file system allows. Choose another folder, of a shorter name.',
  ],
  [
    ['EMFILE'],
    'place/file cannot be written: this process has as many files open as it may (ulimit -n shows how many). Raise that limit, or do less at a time.',
  ],
  [
    ['ENFILE'],
    'place/file cannot be written: this machine has as many files open as it may. End other programs, and start the same again.',
  ],
];
for (const [codes, sentence] of sentences) {
  test(`${codes.join(', ')}: a sentence that names no option unless one is given`, () => {
    for (const code of codes) {
      assert.equal(explained(code), sentence);
      const withOption = sentence.replace('another folder', 'another folder (--data FOLDER, or HABA_DATA)');
      assert.equal(explained(code, '--data FOLDER, or HABA_DATA'), withOption);
    }
  });
}

test('what the system says is kept as the cause; other errors stay as they are', () => {
  const full = refusal('ENOSPC');
  assert.throws(
    () =>
      writing('file', () => {
        throw full;
      }),
    (error: Error) => error.cause === full,
  );
  const other = new RangeError('something else');
  assert.equal(explainWriteError(other, 'file'), other);
});

test('a file where a folder is needed, a folder where a file is, and a name that is too long, as they come', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'mine');
  const advice = { instead: '--to FOLDER' };
  for (const below of [file, path.join(file, 'below')]) {
    assert.throws(() => makeFolder(below, advice), {
      message: `${below} cannot be written: a file stands where a folder is needed. Move it away, or choose another folder (--to FOLDER).`,
    });
  }
  assert.throws(
    () => writing(path.join(file, 'below'), () => writeWhole(path.join(file, 'below'), 'new')),
    /below cannot be written: a file stands where a folder is needed\./,
  );
  assert.equal(readFileSync(file, 'utf8'), 'mine');

  const inTheWay = path.join(folder, 'state.json');
  mkdirSync(inTheWay);
  // The one in the way is named, where the target is only the folder that is worked in.
  assert.throws(() => writing(folder, () => writeWhole(inTheWay, 'new')), {
    message: `${inTheWay} is a folder; a file is expected there. Move it away, or choose another folder.`,
  });

  const long = path.join(folder, 'long'.repeat(100));
  assert.throws(
    () => makeFolder(long, advice),
    /long cannot be written: its name is longer than this file system allows/,
  );
});
