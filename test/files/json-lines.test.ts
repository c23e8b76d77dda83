import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { openJsonLines, readJsonLines } from '../../lib/files/json-lines';

const folder = mkdtempSync(path.join(tmpdir(), 'haba-lines-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const schema = z.object({ step: z.number() });

/** A file of so many lines. */
function written(name: string, count: number, identity = 'one') {
  const file = path.join(folder, name);
  const lines = openJsonLines(file, { identity });
  for (let step = 1; step <= count; step++) lines.append({ step });
  const { bytes } = lines;
  lines.close();
  return { file, bytes };
}

const steps = (file: string, identity = 'one') => readJsonLines(file, schema, { identity }).map(({ step }) => step);

test('lines come back in order; a file can be cut back and goes on from there', () => {
  const { file } = written('plain', 4);
  assert.deepEqual(steps(file), [1, 2, 3, 4]);
  const two = readFileSync(file, 'utf8').split('\n').slice(0, 2).join('\n').length + 1;
  const again = openJsonLines(file, { identity: 'one', keepBytes: two });
  again.append({ step: 30 });
  again.close();
  assert.deepEqual(steps(file), [1, 2, 30]);
  assert.deepEqual(readJsonLines(path.join(folder, 'none'), schema, { identity: 'one' }), []);
});

test('a last line that a kill cut short does not count, and is replaced', () => {
  const { file } = written('cut', 2);
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"step":3,"se`);
  assert.deepEqual(steps(file), [1, 2]);
  const lines = openJsonLines(file, { identity: 'one' });
  lines.append({ step: 3 });
  lines.close();
  assert.deepEqual(steps(file), [1, 2, 3]);
});

test('every flipped bit before the last line end is noticed when the file goes on, with its name', () => {
  const { file, bytes } = written('flipped', 3);
  const whole = readFileSync(file);
  for (let bit = 0; bit < 8 * bytes; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(file, flipped);
    assert.throws(
      () => openJsonLines(file, { identity: 'one', keepBytes: bytes, advice: 'Do this.' }),
      /flipped.* is damaged: .* Do this\./,
      `bit ${bit}`,
    );
  }
});

test('a line that is missing, one that is there twice, and the lines of another are noticed', () => {
  const { file, bytes } = written('whole', 3);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, `${[lines[0], lines[2]].join('\n')}\n`);
  assert.throws(() => steps(file), /whole, line 2, is damaged: it does not fit its seal/);
  assert.throws(() => openJsonLines(file, { identity: 'one', keepBytes: bytes }), /lines are missing/);
  writeFileSync(file, `${[lines[0], lines[0], lines[1]].join('\n')}\n`);
  assert.throws(() => steps(file), /whole, line 2, is damaged/);
  assert.throws(() => steps(written('other', 2, 'two').file), /other, line 1, is damaged: .* another run's/);
});

test('a line of another form is refused with its number and reason', () => {
  const file = path.join(folder, 'form');
  const lines = openJsonLines(file, { identity: 'one' });
  lines.append({ step: 1 });
  lines.append({ step: 'two' });
  lines.close();
  assert.throws(() => steps(file), /form, line 2, is damaged: 'step': Expected number, received string/);
});
