import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePatches, encodePatches, type ImagesShape } from '../../lib/factorization/patch-quantiser';
import { Random } from '../../lib/tensor/random';

const random = Random.stream(0, 'test');
const size = (shape: ImagesShape) => shape.reduce((product, side) => product * side, 1);
/** Smooth images, as distilled ones are, from the formula alone. */
const smooth = (shape: ImagesShape) =>
  Float32Array.from({ length: size(shape) }, (_, place) => {
    const [, height, width, channels] = shape;
    const [x, y] = [Math.floor(place / channels) % width, Math.floor(place / channels / width) % height];
    return Math.sin(x / 4 + place / size(shape)) * Math.cos(y / 3) * (1 + (place % channels));
  });

test('a patch by hand: a = 1, z = 1, and each value at its nearest level', () => {
  const values = Float32Array.from({ length: 25 }, (_, place) => [-1, -0.4, 0.7, 2][place % 4]);
  const shape: ImagesShape = [1, 5, 5, 1];
  const codes = encodePatches(values, shape, { groups: 1, random });
  assert.deepEqual(codes.groups, [{ step: 1, zero: 1 }]);
  const expected = Float32Array.from({ length: 25 }, (_, place) => [-1, 0, 1, 2][place % 4]);
  assert.deepEqual(decodePatches(codes, shape), expected);
});

test('one group is calibrated on all values: those of the whole tensor', () => {
  const shape: ImagesShape = [3, 13, 12, 2];
  const values = smooth(shape);
  const [minimum, maximum] = [Math.min(...values), Math.max(...values)];
  const a = Math.fround((maximum - minimum) / 3);
  const z = Math.round(-minimum / a);
  const codes = encodePatches(values, shape, { groups: 1, random });
  assert.deepEqual(codes.groups, [{ step: a, zero: z }]);
  const expected = values.map((x) => a * (Math.min(3, Math.max(0, Math.round(x / a + z))) - z));
  assert.deepEqual(decodePatches(codes, shape), expected);
});

test('with a group for each, every patch has the levels of its own minimum and maximum, those at the edge too', () => {
  // Two rows of patches and two columns, the last of 2 pixels; the patches' ranges do not overlap.
  const shape: ImagesShape = [1, 7, 7, 1];
  const ranges = [
    [0, 3],
    [10, 16],
    [-30, -21],
    [100, 103],
  ];
  const patchOf = (place: number) => 2 * Number(Math.floor(place / 7) >= 5) + Number(place % 7 >= 5);
  const values = Float32Array.from({ length: 49 }, (_, place) => {
    const [low, high] = ranges[patchOf(place)];
    return place % 2 === 0 ? low : high;
  });
  const codes = encodePatches(values, shape, { groups: 99, random });
  assert.equal(codes.groups.length, 4);
  const steps = codes.groups.map(({ step, zero }) => [step, zero || 0]);
  // z = round(-min / a): 0, -5, 10, -100.
  const wanted = [
    [1, 0],
    [2, -5],
    [3, 10],
    [1, -100],
  ];
  assert.deepEqual(new Set(steps.map(String)), new Set(wanted.map(String)));
  assert.deepEqual(decodePatches(codes, shape), values);
});

test('more groups lie nearer; the same seed gives the same bytes; and codes are smaller than two bits and than deflate', () => {
  const shape: ImagesShape = [6, 32, 32, 3];
  const values = smooth(shape);
  const error = (groups: number) => {
    const decoded = decodePatches(encodePatches(values, shape, { groups, random: Random.stream(1, 'test') }), shape);
    return values.reduce((sum, value, place) => sum + (value - decoded[place]) ** 2, 0) / values.length;
  };
  assert.ok(error(16) < error(1) / 2 && error(64) < error(16));
  const [first, second] = [1, 1].map((seed) =>
    encodePatches(values, shape, { groups: 16, random: Random.stream(seed, 'test') }),
  );
  assert.deepEqual(first, second);
  assert.ok((8 * first.bytes.length) / values.length < 1.6);
});

test('images of one value, and of few different patches, need as many groups as these', () => {
  const shape: ImagesShape = [2, 6, 6, 1];
  const flat = new Float32Array(72).fill(0.3);
  const codes = encodePatches(flat, shape, { groups: 8, random });
  assert.equal(codes.groups.length, 1);
  assert.deepEqual(decodePatches(codes, shape), flat);
});

test('damaged codes say what is wrong', () => {
  const shape: ImagesShape = [2, 12, 12, 3];
  const codes = encodePatches(smooth(shape), shape, { groups: 6, random });
  const refused = (change: Partial<typeof codes>, message: RegExp) =>
    assert.throws(() => decodePatches({ ...codes, ...change }, shape), message);
  refused({ bytes: codes.bytes.subarray(0, 20) }, /ends too early/);
  refused({ bytes: Uint8Array.of(...codes.bytes, 1) }, /1 bytes more/);
  refused({ groups: codes.groups.slice(0, 5) }, /names group 5, and there are 5/);
});

test('codes of values that moved are at the levels of what they were calibrated on', () => {
  const shape: ImagesShape = [2, 10, 10, 1];
  const calibration = smooth(shape);
  const moved = calibration.map((value) => 3 * value);
  const [given, own] = [{ calibration }, {}].map((more) =>
    encodePatches(moved, shape, { groups: 3, random: Random.stream(1, 'test'), ...more }),
  );
  const still = encodePatches(calibration, shape, { groups: 3, random: Random.stream(1, 'test') });
  assert.deepEqual(given.groups, still.groups);
  assert.notDeepEqual(own.groups, still.groups);
  const most = Math.max(...calibration.map(Math.abs));
  assert.ok(decodePatches(given, shape).every((value) => Math.abs(value) < 2 * most));
});
