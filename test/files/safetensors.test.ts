import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../lib/files/safetensors';
import { toTensor, writeTensors } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';

const folder = mkdtempSync(path.join(tmpdir(), 'safetensors-'));
const file = (name: string) => path.join(folder, name);
before(() => useBackend());
after(() => rmSync(folder, { recursive: true }));

/** A file by the letter of the format: 8 bytes of length, a JSON header, numbers. */
function writeRaw(name: string, header: unknown, data: Buffer): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(file(name), Buffer.concat([length, json, data]));
  return file(name);
}

test('a file written by the letter of the format is read: types, shapes, metadata', () => {
  const data = Buffer.alloc(28);
  data.writeFloatLE(1.5, 0);
  data.writeFloatLE(-2, 4);
  data.writeBigInt64LE(7n, 8);
  data.writeInt32LE(-3, 16);
  data.writeUInt8(255, 20);
  data.writeUInt8(1, 21);
  const header = {
    __metadata__: { op: 'test' },
    pair: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
    label: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
    scalar: { dtype: 'I32', shape: [], data_offsets: [16, 20] },
    bytes: { dtype: 'U8', shape: [1], data_offsets: [20, 21] },
    flags: { dtype: 'BOOL', shape: [7], data_offsets: [21, 28] },
  };
  const { tensors, metadata } = readSafetensors(writeRaw('letter', header, data));
  assert.deepEqual(metadata, { op: 'test' });
  assert.deepEqual([...(tensors.pair.values as Float32Array)], [1.5, -2]);
  assert.deepEqual(tensors.pair.shape, [2, 1]);
  const label = toTensor(tensors.label);
  assert.equal(label.dtype, 'int32');
  assert.deepEqual([...label.dataSync()], [7]);
  assert.deepEqual([...(tensors.scalar.values as Int32Array)], [-3]);
  assert.deepEqual([...(tensors.bytes.values as Uint8Array)], [255]);
  label.dispose();
});

test('what is written is read again bit for bit, and single tensors can be read alone', () => {
  const tensors = tf.memory().numTensors;
  const given = { weight: tf.tensor([1 / 3, NaN, -0, 1e-40], [2, 2]), steps: tf.tensor1d([1, 2, 3], 'int32') };
  writeTensors(file('own'), given, { note: 'a "quoted" note' });
  const opened = openSafetensors(file('own'));
  assert.deepEqual(opened.shapes, { weight: [2, 2], steps: [3] });
  assert.deepEqual(opened.metadata, { note: 'a "quoted" note' });
  const weight = opened.read('weight').values as Float32Array;
  assert.deepEqual(
    new Uint8Array(weight.buffer),
    new Uint8Array((given.weight.dataSync() as Float32Array).slice().buffer),
  );
  assert.throws(
    () => opened.read('bias'),
    /own is not a usable safetensors file: it has no tensor 'bias', only weight, steps/,
  );
  opened.close();
  assert.equal(readFileSync(file('own')).readBigUInt64LE(0) % 8n, 0n);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes('partial')),
    [],
  );
  tf.dispose(given);
  assert.equal(tf.memory().numTensors, tensors);
});

test('a failed writing leaves the old file as it was and nothing beside it', () => {
  writeTensors(file('kept'), { one: tf.tidy(() => tf.keep(tf.scalar(1))) });
  const before = readFileSync(file('kept'));
  const broken = { type: 'F32' as const, shape: [1], values: { byteLength: 4 } as unknown as Float32Array };
  assert.throws(() => writeSafetensors(file('kept'), { broken }));
  assert.deepEqual(readFileSync(file('kept')), before);
  assert.ok(!existsSync(`${file('kept')}.${process.pid}.partial`));
});

test('malformed files are refused with their name and the reason', () => {
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const eight = Buffer.alloc(8);
  const refused: [string, RegExp][] = [
    [
      writeRaw('cut', { x: entry }, Buffer.alloc(5)),
      /cut is not a usable.*take 8 bytes, the file holds 5 \(truncated\?\)/,
    ],
    [writeRaw('long', { x: entry }, Buffer.alloc(9)), /take 8 bytes, the file holds 9\./],
    [writeRaw('type', { x: { ...entry, dtype: 'F8' } }, eight), /tensor 'x': 'dtype'/],
    [
      writeRaw('shape', { x: { ...entry, shape: [3] } }, eight),
      /tensor 'x' of shape \[3\] needs 12 bytes, its offsets span 8/,
    ],
    [writeRaw('huge', { x: { ...entry, shape: [2 ** 40, 2 ** 40] } }, eight), /needs .* bytes, its offsets span 8/],
    [writeRaw('negative', { x: { ...entry, data_offsets: [-8, 0] } }, eight), /tensor 'x': 'data_offsets/],
    [
      writeRaw('hole', { x: { ...entry, data_offsets: [8, 16] } }, Buffer.alloc(16)),
      /'x' begins at byte 8 of the data, expected 0/,
    ],
    [writeRaw('overlap', { x: entry, y: entry }, eight), /'y' begins at byte 0 of the data, expected 8/],
    [writeRaw('text', 'no JSON', eight), /its header is not a JSON object/],
    [writeRaw('list', '[1]', eight), /its header is not a JSON object/],
    [writeRaw('metadata', { __metadata__: { a: 1 }, x: entry }, eight), /its metadata is not a record of texts/],
  ];
  writeFileSync(file('short'), 'abc');
  refused.push([file('short'), /it has 3 bytes, too few for a header/]);
  writeFileSync(file('lying'), Buffer.from([255, 255, 255, 255, 255, 255, 255, 127, 1]));
  refused.push([file('lying'), /its header claims .* bytes, the file has 9/]);
  for (const [name, message] of refused) assert.throws(() => readSafetensors(name), message, name);
});

test('any flipped bit of a file written here is noticed, in a number, a name or the metadata', () => {
  const values = Float32Array.from({ length: 6 }, (_, index) => index / 7);
  writeSafetensors(file('sealed'), { x: { type: 'F32', shape: [2, 3], values } }, { iteration: '40' });
  const whole = readFileSync(file('sealed'));
  let refused = 0;
  for (let bit = 0; bit < 8 * whole.length; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(file('flipped'), flipped);
    assert.throws(
      () => readSafetensors(file('flipped'), { requireChecksum: true }),
      /flipped is not a usable/,
      `bit ${bit}`,
    );
    refused += 1;
  }
  assert.equal(refused, 8 * whole.length);
  assert.deepEqual(readSafetensors(file('sealed'), { requireChecksum: true }).metadata, { iteration: '40' });
});

test('a file of another program has no checksum: it is read, and refused where one is required', () => {
  const other = writeRaw('other', { x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }, Buffer.alloc(8));
  assert.deepEqual(readSafetensors(other).tensors.x.shape, [2]);
  assert.throws(() => readSafetensors(other, { requireChecksum: true }), /other is not.*it carries no checksum/);
});

test('a folder where a file should be is called one', () => {
  assert.throws(() => readSafetensors(folder), /is a folder; a file is expected there/);
});
