import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { TensorSpec } from '../../lib/factorization/parameterisation';
import {
  decodeTensors,
  encodeTensors,
  storedEntries,
  type Precision,
  type StoredTensors,
} from '../../lib/factorization/stored-precision';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

type Specs = Record<string, TensorSpec>;
const encode = (tensors: Specs, parameters: Parameters, precision: Precision) =>
  encodeTensors(tensors, parameters, { precision, groups: 4, random: Random.stream(0, 'test') });

/** Encodes and decodes one tensor that learns. */
function through(values: number[], shape: number[], precision: Precision, spec: Partial<TensorSpec> = {}) {
  const tensors = { x: { shape, part: 'x', ...spec } };
  const parameters = { x: tf.tensor(values, shape, 'float32') };
  const stored = encode(tensors, parameters, precision);
  const decoded = decodeTensors(tensors, stored);
  const result = [...decoded.x.dataSync()];
  disposeAll(parameters, decoded);
  return { stored, result };
}

test('float16 by the table of IEEE 754', () => {
  const table: [value: number, bits: number, kept: number][] = [
    [0, 0x0000, 0],
    [1, 0x3c00, 1],
    [-2, 0xc000, -2],
    [65504, 0x7bff, 65504],
    [2 ** -14, 0x0400, 2 ** -14],
    [2 ** -24, 0x0001, 2 ** -24],
    [1 / 3, 0x3555, 0.333251953125],
    [0.1, 0x2e66, 0.0999755859375],
    // Half to even: 2049 lies between 2048 and 2050, 2051 between 2050 and 2052.
    [2049, 0x6800, 2048],
    [2051, 0x6802, 2052],
  ];
  const { stored, result } = through(
    table.map(([value]) => value),
    [table.length],
    'float16',
  );
  assert.equal(stored.x.type, 'F16');
  assert.deepEqual(
    [...(stored.x.values as Uint16Array)],
    table.map(([, bits]) => bits),
  );
  assert.deepEqual(
    result,
    table.map(([, , kept]) => kept),
  );
  assert.throws(() => through([1, 65520], [2], 'float16'), /'x' has 65520; float16 ends at 65504.*float32, int8/);
});

test('8 bits: each channel has its own 256 levels, by hand', () => {
  // Channel 0 runs from 0 to 255, channel 1 from -1 to 1.04 in steps of 0.008.
  const values = Array.from({ length: 512 }, (_, place) =>
    place % 2 === 0 ? place / 2 : -1 + 0.008 * ((place - 1) / 2),
  );
  const { stored, result } = through(values, [256, 2], 'int8');
  assert.deepEqual(Object.keys(stored), ['x', 'x#step', 'x#zero']);
  const steps = [...(stored['x#step'].values as Float32Array)];
  assert.ok(steps[0] === 1 && Math.abs(steps[1] - 0.008) < 1e-7);
  assert.deepEqual([...(stored['x#zero'].values as Int32Array)], [0, 125]);
  assert.deepEqual(
    [...(stored.x.values as Uint8Array)],
    values.map((_, place) => Math.floor(place / 2)),
  );
  for (const [place, value] of values.entries()) assert.ok(Math.abs(result[place] - value) < 1e-5, `${value}`);
});

test('a few values a channel are float16, since their scales would take more than is saved; many are bytes', () => {
  // 2 x 8 bits a channel and 64 of scales, against 2 x 16.
  assert.equal(through([1, 2, 3, 4, 5, 6], [2, 3], 'int8').stored.x.type, 'F16');
  // 8 bits and 64 to 9 x 16: 9 values.
  assert.equal(
    through(
      Array.from({ length: 9 }, (_, place) => place),
      [9, 1],
      'int8',
    ).stored.x.type,
    'U8',
  );
  assert.equal(
    through(
      Array.from({ length: 8 }, (_, place) => place),
      [8, 1],
      'int8',
    ).stored.x.type,
    'U8',
  );
  assert.equal(
    through(
      Array.from({ length: 7 }, (_, place) => place),
      [7, 1],
      'int8',
    ).stored.x.type,
    'F16',
  );
  // What float16 cannot hold is bytes all the same.
  assert.equal(through([1e6, 2e6], [1, 2], 'int8').stored.x.type, 'U8');
});

test('2 bits are for images; what decodes them keeps 8; what is fixed, or no tensor of the set, stays as it is', () => {
  const tensors: Specs = {
    bases: { shape: [2, 10, 10, 1], part: 'bases', images: true },
    decoder: { shape: [20, 2], part: 'decoder' },
    positions: { shape: [3], type: 'uint16' },
    centre: { shape: [2] },
  };
  const parameters = {
    bases: tf.range(0, 200, 1).reshape([2, 10, 10, 1]),
    decoder: tf.range(0, 40, 1).reshape([20, 2]),
    positions: tf.tensor1d([0, 7, 65535], 'int32'),
    centre: tf.tensor1d([-1, 300], 'int32'),
    stepSize: tf.scalar(0.1),
  };
  const stored = encode(tensors, parameters, 'int2');
  const types = Object.fromEntries(Object.entries(stored).map(([name, { type }]) => [name, type]));
  assert.deepEqual(types, {
    bases: 'U8',
    'bases#step': 'F32',
    'bases#zero': 'I32',
    decoder: 'U8',
    'decoder#step': 'F32',
    'decoder#zero': 'I32',
    positions: 'U16',
    centre: 'I32',
    stepSize: 'F32',
  });
  const entries = Object.fromEntries(storedEntries(tensors, stored).map((entry) => [entry.part, entry]));
  const codedBits = 8 * stored.bases.values.byteLength;
  assert.ok(codedBits < 2 * 200);
  assert.deepEqual(entries.bases, { part: 'bases', values: 200, bits: codedBits, floats: 200 });
  assert.deepEqual(entries.decoder, { part: 'decoder', values: 40, bits: 320, floats: 40 });
  assert.deepEqual(entries.positions, { part: 'positions', values: 3, bits: 48, floats: 0 });
  assert.deepEqual(entries.stepSize, { part: 'stepSize', values: 1, bits: 32, floats: 0 });

  const before = tf.memory().numTensors;
  const decoded = decodeTensors(tensors, stored);
  assert.deepEqual([...decoded.positions.dataSync()], [0, 7, 65535]);
  assert.deepEqual([decoded.positions.dtype, decoded.bases.dtype], ['int32', 'float32']);
  assert.deepEqual([...decoded.centre.dataSync()], [-1, 300]);
  assert.deepEqual([...decoded.stepSize.dataSync()], [Math.fround(0.1)]);
  // Encoded again, what was decoded is the same: the levels are where they were.
  const again = decodeTensors(tensors, encode(tensors, decoded, 'float32'));
  assert.deepEqual([...again.bases.dataSync()], [...decoded.bases.dataSync()]);
  disposeAll(decoded, again);
  assert.equal(tf.memory().numTensors, before);
  disposeAll(parameters);
});

test('what cannot be stored says why', () => {
  const plain: Specs = { x: { shape: [2], part: 'x' } };
  const of = (x: tf.Tensor) => ({ x });
  assert.throws(() => encode(plain, of(tf.tensor1d([1, 2])), 'int2'), /'int2' is for images.*float32, float16, int8/);
  assert.throws(() => encode(plain, of(tf.tensor1d([1, NaN])), 'int8'), /'x' has NaN/);
  const bytes: Specs = { x: { shape: [2], type: 'uint8' } };
  assert.throws(
    () => encode(bytes, of(tf.tensor1d([1, 256], 'int32')), 'float32'),
    /'x' is declared uint8, which holds whole numbers from 0 to 255; it has 256/,
  );
});

test('stored tensors that do not fit together are refused, and leave no tensor behind', () => {
  const tensors: Specs = { a: { shape: [2], part: 'a' }, x: { shape: [20, 2], part: 'x' } };
  const parameters = { a: tf.tensor1d([1, 2]), x: tf.range(0, 40, 1).reshape([20, 2]) };
  const stored = encode(tensors, parameters, 'int8');
  const { 'x#zero': zero, ...withoutZero } = stored;
  const short = { type: 'F32' as const, shape: [1], values: new Float32Array(1).fill(1) };
  const damages: [change: StoredTensors, message: RegExp][] = [
    [withoutZero, /'x' has steps and zeros that do not belong together/],
    [{ ...stored, 'x#step': short }, /'x' has steps and zeros that do not belong together/],
    [{ ...stored, 'x#step': short, 'x#zero': { ...zero, shape: [1], values: new Int32Array(1) } }, /1 scales for 2/],
    [{ ...stored, 'x#step': { ...stored['x#step'], values: new Float32Array(2) } }, /steps that are 0 or no numbers/],
    [{ ...stored, x: { ...stored.x, type: 'BOOL' } }, /'x' has scales and is stored as BOOL, where U8 is read/],
    [
      { ...stored, x: { ...stored.x, shape: [2, 20] } },
      /'x' has shape \[2, 20\]; by its configuration its shape is \[20, 2\]/,
    ],
    [{ x: stored.x, a: stored.a }, /'x' is stored as U8, where F32 or F16 is read/],
    [{ a: stored.a }, /'x' is missing/],
  ];
  const before = tf.memory().numTensors;
  for (const [change, message] of damages) assert.throws(() => decodeTensors(tensors, change), message);
  assert.equal(tf.memory().numTensors, before);
  disposeAll(parameters);
});
