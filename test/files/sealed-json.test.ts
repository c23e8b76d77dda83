import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { readSealed, writeSealed } from '../../lib/files/sealed-json';

const folder = mkdtempSync(path.join(tmpdir(), 'haba-sealed-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'result.json');
const schema = z.object({ accuracy: z.number(), runs: z.array(z.number()) });
const value = { accuracy: 0.25, runs: [0.2, 0.3] };

test('what is written is read again by its owner, in any order of keys, and is plain JSON for others', () => {
  writeSealed(file, 'abc', value);
  assert.deepEqual(readSealed(file, schema, { identity: 'abc' }), value);
  assert.deepEqual(readSealed(file, schema), value);
  const { seal, ...plain } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  assert.deepEqual(plain, value);
  writeFileSync(file, JSON.stringify({ seal, runs: plain.runs, accuracy: plain.accuracy }));
  assert.deepEqual(readSealed(file, schema, { identity: 'abc' }), value);
});

test('every flipped bit is noticed, unless it changes the space between values', () => {
  writeSealed(file, 'abc', value);
  const whole = readFileSync(file);
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(file, flipped);
    let read: unknown;
    try {
      read = readSealed(file, schema, { identity: 'abc', advice: 'Do this.' });
    } catch (error) {
      assert.match((error as Error).message, /result\.json cannot be used: .* Do this\.$/);
      continue;
    }
    assert.deepEqual(read, value, `bit ${bit}`);
  }
});

test("another's file, one without a seal, one of another form and a folder are refused by name", () => {
  writeSealed(file, 'abc', value);
  assert.throws(() => readSealed(file, schema, { identity: 'abd' }), /it belongs to abc, not to abd/);
  writeFileSync(file, JSON.stringify(value));
  assert.throws(() => readSealed(file, schema), /result\.json cannot be used: 'seal': Required/);
  writeSealed(file, 'abc', { ...value, accuracy: 'high' });
  assert.throws(() => readSealed(file, schema), /'accuracy': Expected number, received string/);
  assert.throws(() => readSealed(folder, schema), /is a folder; a file is expected there/);
});
