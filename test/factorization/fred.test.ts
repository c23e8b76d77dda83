import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  cosineMatrix,
  cosineTransform,
  decodeFrequencies,
  encodeFrequencies,
  frequencyPositions,
  frequencySlots,
  inverseCosineTransform,
  keepFrequencies,
  spreadFrequencies,
} from '../../lib/factorization/fred';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';
import { assertSlopes } from './slopes';

before(() => useBackend());

/** cos(pi k (2 row + 1) / (2 height)) cos(pi l (2 column + 1) / (2 width)), [height, width]. */
function cosine([k, l]: [number, number], [height, width]: [number, number]): number[] {
  const along = (frequency: number, pixel: number, size: number) =>
    Math.cos((Math.PI * frequency * (2 * pixel + 1)) / (2 * size));
  return Array.from(
    { length: height * width },
    (_, place) => along(k, Math.floor(place / width), height) * along(l, place % width, width),
  );
}

/** Zeros but for one place. */
const onlyAt = (place: number, value: number, size: number) =>
  Array.from({ length: size }, (_, index) => (index === place ? value : 0));

test('a constant image has frequency 0 alone: 4 height width c as it is, sqrt(height width) c orthonormal', () => {
  tf.tidy(() => {
    const image = tf.fill<tf.Rank.R4>([1, 3, 5, 1], 0.7);
    assertClose(cosineTransform(image), onlyAt(0, 4 * 15 * 0.7, 15));
    const orthonormal = cosineTransform(image, { normalisation: 'orthonormal' });
    assertClose(orthonormal, onlyAt(0, Math.sqrt(15) * 0.7, 15));
  });
});

test('a cosine has its own frequency alone: height width as it is, sqrt(height width) / 2 orthonormal', () => {
  tf.tidy(() => {
    const image = tf.tensor4d(cosine([2, 3], [4, 6]), [1, 4, 6, 1]);
    assertClose(cosineTransform(image), onlyAt(2 * 6 + 3, 24, 24));
    const orthonormal = cosineTransform(image, { normalisation: 'orthonormal' });
    assertClose(orthonormal, onlyAt(2 * 6 + 3, Math.sqrt(24) / 2, 24));
  });
});

test('the transform of [1, 2, 4] by hand: 2 sum, -3 sqrt(3), 1', () => {
  tf.tidy(() => {
    const coefficients = cosineMatrix(3).matMul(tf.tensor2d([1, 2, 4], [3, 1]));
    assertClose(coefficients, [14, -3 * Math.sqrt(3), 1]);
  });
});

for (const normalisation of ['none', 'orthonormal'] as const) {
  test(`${normalisation}: the inverse of the transform gives the images, each channel its own`, () => {
    tf.tidy(() => {
      const images = wave([2, 5, 8, 3], 0.3) as tf.Tensor4D;
      const coefficients = cosineTransform(images, { normalisation });
      assertClose(inverseCosineTransform(coefficients, { normalisation }), images.dataSync());
      const second = cosineTransform(images.slice([0, 0, 0, 1], [2, 5, 8, 1]), { normalisation });
      assertClose(coefficients.slice([0, 0, 0, 1], [2, 5, 8, 1]), second.dataSync());
    });
  });
}

test('the orthonormal matrix times its transpose is the identity', () => {
  tf.tidy(() => {
    const matrix = cosineMatrix(7, { normalisation: 'orthonormal' });
    assertClose(matrix.matMul(matrix, false, true), tf.eye(7).dataSync());
  });
});

/** Images [amplitudes[0].length, 4, 4, channels]: cosines weighed by each one's amplitudes, a channel factor for each channel. */
function varied(amplitudes: [frequency: [number, number], values: number[]][], channels: number[]): tf.Tensor4D {
  const count = amplitudes[0][1].length;
  const waves = amplitudes.map(([frequency]) => cosine(frequency, [4, 4]));
  const values = Array.from({ length: count }, (_, image) =>
    Array.from({ length: 16 }, (_, pixel) => {
      const sum = amplitudes.reduce((total, [, own], index) => total + own[image] * waves[index][pixel], 0);
      return channels.map((factor) => factor * sum);
    }),
  );
  return tf.tensor4d(values.flat(2), [count, 4, 4, channels.length]);
}

test('the mask holds the frequencies that vary, not those that are large, in ascending order', () => {
  tf.tidy(() => {
    const images = varied(
      [
        [
          [0, 0],
          [9, 9, 9],
        ],
        [
          [3, 1],
          [0, 3, 6],
        ],
        [
          [1, 2],
          [2, -2, 0],
        ],
        [
          [2, 2],
          [1, 0, 0],
        ],
      ],
      [1, 2],
    );
    assert.deepEqual([...frequencyPositions(images, 2).dataSync()], [6, 13]);
    assert.deepEqual([...frequencyPositions(images, 3).dataSync()], [6, 10, 13]);
  });
});

test('the mask is of the mean over channels: what two channels do against each other does not count', () => {
  tf.tidy(() => {
    const against = varied(
      [
        [
          [3, 3],
          [8, -8, 0],
        ],
      ],
      [1, -1],
    );
    const along = varied(
      [
        [
          [2, 1],
          [0.1, 0.2, 0.4],
        ],
      ],
      [1, 1],
    );
    assert.deepEqual([...frequencyPositions(against.add(along), 1).dataSync()], [9]);
  });
});

test('the mask depends on the transform: as it is, frequency 0 counts twice', () => {
  tf.tidy(() => {
    const images = varied(
      [
        [
          [0, 2],
          [0, 1, 2],
        ],
        [
          [3, 3],
          [0, 1.6, 3.2],
        ],
      ],
      [1],
    );
    // 32 against 1.6 * 16; orthonormal 4 / sqrt(2) against 1.6 * 2.
    assert.deepEqual([...frequencyPositions(images, 1).dataSync()], [2]);
    assert.deepEqual([...frequencyPositions(images, 1, { normalisation: 'orthonormal' }).dataSync()], [15]);
  });
});

test('equal variances go by lower frequency, then by that of the rows: images that are all alike keep the corner', () => {
  tf.tidy(() => {
    const alike = (wave([1, 4, 4, 3], 0.8) as tf.Tensor4D).tile<tf.Tensor4D>([5, 1, 1, 1]);
    // (0,0); (0,1), (1,0); (0,2), (1,1), (2,0); (0,3).
    assert.deepEqual([...frequencyPositions(alike, 7).dataSync()], [0, 1, 2, 3, 4, 5, 8]);
    const mirrored = varied(
      [
        [
          [3, 1],
          [0, 1, -2],
        ],
        [
          [1, 3],
          [0, 1, -2],
        ],
        [
          [1, 1],
          [0, 0.1, 0],
        ],
      ],
      [1],
    );
    assert.deepEqual([...frequencyPositions(mirrored, 1).dataSync()], [7]);
  });
});

test('kept coefficients and back: slots name them from 1, zeros elsewhere', () => {
  tf.tidy(() => {
    const positions = tf.tensor2d([1, 4, 0, 5], [2, 2], 'int32');
    const slots = frequencySlots(positions, [2, 3]);
    assert.deepEqual(slots.arraySync(), [
      [
        [0, 1, 0],
        [0, 2, 0],
      ],
      [
        [1, 0, 0],
        [0, 0, 2],
      ],
    ]);
    const all = tf.range(1, 25).reshape<tf.Tensor4D>([2, 2, 3, 2]);
    const kept = keepFrequencies(all, positions);
    assert.deepEqual(kept.arraySync(), [
      [
        [3, 4],
        [9, 10],
      ],
      [
        [13, 14],
        [23, 24],
      ],
    ]);
    assertClose(spreadFrequencies(kept, slots), all.mul(slots.greater(0).toFloat().expandDims(3)).dataSync());
  });
});

for (const normalisation of ['none', 'orthonormal'] as const) {
  test(`${normalisation}: images of kept frequencies alone come back exactly, what is not kept is lost`, () => {
    tf.tidy(() => {
      const positions = tf.tensor2d([1, 6, 8], [1, 3], 'int32');
      const slots = frequencySlots(positions, [3, 4]);
      const image = (frequencies: [number, number][]) =>
        tf.addN(frequencies.map((frequency) => tf.tensor4d(cosine(frequency, [3, 4]), [1, 3, 4, 1])));
      const inside = image([
        [0, 1],
        [1, 2],
        [2, 0],
      ]);
      const whole = inside.add<tf.Tensor4D>(image([[2, 3]]));
      const decoded = decodeFrequencies(encodeFrequencies(whole, positions, { normalisation }), slots, {
        normalisation,
      });
      assertClose(decoded, inside.dataSync());
    });
  });
}

test('gradients of kept coefficients are the slopes of the images, and images are the same compiled', () => {
  const positions = tf.tensor2d([0, 3, 7, 1, 2, 11], [2, 3], 'int32');
  const labels = tf.tensor1d([1, 0, 1, 1], 'int32');
  const kept = wave([4, 3, 2], 0.6) as tf.Tensor3D;
  const decode = (given: { kept: tf.Tensor3D; positions: tf.Tensor2D; labels: tf.Tensor1D }) =>
    decodeFrequencies(given.kept, tf.gather(frequencySlots(given.positions, [3, 4]), given.labels));
  assertSlopes((given) => decode({ kept: given.kept as tf.Tensor3D, positions, labels }), { kept }, 0.1);
  const compiled = compile(decode, { name: 'FreD' });
  tf.tidy(() => assertClose(compiled({ kept, positions, labels }), decode({ kept, positions, labels }).dataSync()));
  compiled.dispose();
  tf.dispose([positions, labels, kept]);
});

test('what a set starts from leaves no tensor behind', () => {
  const images = wave([3, 4, 4, 2], 0.1) as tf.Tensor4D;
  const before = tf.memory().numTensors;
  const positions = frequencyPositions(images, 5);
  assert.equal(tf.memory().numTensors, before + 1);
  const each = tf.tidy(() => positions.reshape<tf.Tensor2D>([1, 5]).tile<tf.Tensor2D>([3, 1]));
  const made = [frequencySlots(each, [4, 4]), encodeFrequencies(images, each)];
  assert.equal(tf.memory().numTensors, before + 4);
  tf.dispose([images, positions, each, ...made]);
});

test('more frequencies than there are, none, or a part of one: refused, with the range', () => {
  tf.tidy(() => {
    for (const kept of [13, 0, 1.5]) {
      assert.throws(() => frequencyPositions(tf.zeros([2, 3, 4, 1]), kept), {
        name: 'RangeError',
        message: `FreD was asked to keep ${kept} frequencies; images of 3x4 have 1 to 12.`,
      });
    }
  });
});
