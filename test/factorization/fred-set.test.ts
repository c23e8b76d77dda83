/** FreD as a kind of set: its masks, what it stores of real images, and what they decode to. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { multiFormation } from '../../lib/factorization/multi-formation';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';
import { prepared } from './prepared';

before(() => useBackend());

const int32 = (values: number[]) => tf.tensor1d(values, 'int32');
const [height, width] = [4, 6];
const imageShape = [height, width, 2] as const;
const cosine = (frequency: number, pixel: number, size: number) =>
  Math.cos((Math.PI * frequency * (2 * pixel + 1)) / (2 * size));

/** Image i of ten is 5 and i times a cosine, of frequency (1, 2) in class 0, of (3, 0) in class 1; twice as much in the second channel. */
const waves: ImageSource = {
  imageShape,
  classCount: 2,
  count: 10,
  labels: Uint8Array.from({ length: 10 }, (_, image) => image % 2),
  indicesOfClass: [Int32Array.of(0, 2, 4, 6, 8), Int32Array.of(1, 3, 5, 7, 9)],
  batch: (indices) => tf.tensor4d(Array.from(indices, pixelsOf).flat(), [indices.length, ...imageShape]),
};
function pixelsOf(image: number): number[] {
  const [k, l] = image % 2 === 0 ? [1, 2] : [3, 0];
  return Array.from({ length: height * width * 2 }, (_, place) => {
    const [row, column, channel] = [Math.floor(place / (2 * width)), Math.floor(place / 2) % width, place % 2];
    return 5 + (channel + 1) * image * cosine(k, row, height) * cosine(l, column, width);
  });
}

test("a mask is where all real images of the class differ; stored are the images' amplitudes there, orthonormal", () => {
  const tensors = tf.memory().numTensors;
  const set = createDistilledSet({ kind: 'fred', ipc: 5, kept: 1, imageShape, classCount: 2 });
  const parameters = prepared(set, Random.stream(0, 'test'), waves);
  assert.deepEqual([parameters.positions.dtype, parameters.positions.arraySync()], ['int32', [[8], [18]]]);
  const coefficients = parameters.coefficients.arraySync() as number[][][];
  assert.ok(coefficients.every(([[first, second]]) => Math.abs(second - 2 * first) < 1e-4));
  // A cosine's square sums to a quarter of the pixels, or, where one frequency is 0, to a half.
  const sizes = [Math.sqrt((height * width) / 4), Math.sqrt((height * width) / 2)];
  const amplitudes = coefficients.map(([[first]], item) => first / sizes[Math.floor(item / 5)]);
  const sorted = [amplitudes.slice(0, 5), amplitudes.slice(5)].flatMap((own) => own.sort((a, b) => a - b));
  assertClose(sorted, [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]);
  disposeAll(parameters);
  assert.equal(tf.memory().numTensors, tensors);
});

test('before it is prepared a mask is of the images that the class starts from; prepared, of all, whichever they are', () => {
  tf.tidy(() => {
    const set = createDistilledSet({ kind: 'fred', ipc: 1, kept: 1, imageShape, classCount: 2 });
    const [one, other] = [0, 1].map((seed) => prepared(set, Random.stream(seed, 'test'), waves));
    assert.deepEqual(one.positions.arraySync(), [[8], [18]]);
    assert.deepEqual(other.positions.arraySync(), [[8], [18]]);
    assert.notDeepEqual(one.coefficients.arraySync(), other.coefficients.arraySync());
    // One image does not vary: equal variances, and the lowest frequency.
    assert.deepEqual(set.init(Random.stream(0, 'test'), waves).positions.arraySync(), [[0], [0]]);
    const noise = createDistilledSet({
      kind: 'fred',
      ipc: 9,
      kept: 1,
      initialisation: 'noise',
      imageShape,
      classCount: 2,
    });
    assert.deepEqual(prepared(noise, Random.stream(0, 'test'), waves).positions.arraySync(), [[8], [18]]);
  });
});

test('an image is the sum of its cosines at the positions of its class, whatever order items are asked for in', () => {
  tf.tidy(() => {
    const set = createDistilledSet({ kind: 'fred', ipc: 2, kept: 2, imageShape, classCount: 2 });
    const parameters = {
      coefficients: tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, 0.5, 1, 1.5, 2], [4, 2, 2]),
      positions: tf.tensor2d([0, 8, 9, 18], [2, 2], 'int32'),
    };
    const items = [3, 0, 2];
    const images = set.images(parameters, { items: int32(items), hallucinators: int32([0, 0, 0]) });
    const scale = (frequency: number, size: number) => Math.sqrt((frequency === 0 ? 1 : 2) / size);
    const positions = [
      [0, 8],
      [9, 18],
    ];
    const stored = parameters.coefficients.arraySync();
    const expected = items.flatMap((item) =>
      Array.from({ length: height * width * 2 }, (_, place) => {
        const [row, column, channel] = [Math.floor(place / (2 * width)), Math.floor(place / 2) % width, place % 2];
        return positions[Math.floor(item / 2)].reduce((sum, position, slot) => {
          const [k, l] = [Math.floor(position / width), position % width];
          const basis = scale(k, height) * cosine(k, row, height) * scale(l, width) * cosine(l, column, width);
          return sum + stored[item][slot][channel] * basis;
        }, 0);
      }),
    );
    assertClose(images, expected);
  });
});

test('with every frequency kept, the set is the real images that plain images start from, multi-formation or not', () => {
  const shape = { imageShape: [8, 8, 3] as const, classCount: 2 };
  for (const factor of [1, 2]) {
    tf.tidy(() => {
      const source = smallSource({ perClass: 20 });
      const random = Random.stream(3, 'test');
      const choice = { items: int32([0, 1, 2, 3]), hallucinators: int32([0, 0, 0, 0]) };
      const fred = createDistilledSet({ kind: 'fred', ipc: 2, kept: 64, factor, ...shape });
      const plain = createDistilledSet({ kind: 'images', ipc: 2, factor, ...shape });
      const made = fred.images(prepared(fred, random, source), choice);
      const { bases } = plain.init(random, source);
      assertClose(made, multiFormation(bases as tf.Tensor4D, factor).dataSync<'float32'>());
    });
  }
});

test('more frequencies than images have are refused before anything is made', () => {
  assert.throws(
    () => createDistilledSet({ kind: 'fred', ipc: 1, kept: 25, imageShape, classCount: 2 }),
    /asked to keep 25 frequencies; images of 4x6 have 1 to 24/,
  );
});
