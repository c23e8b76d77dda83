import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { multiFormation, withMultiFormation } from '../../lib/factorization/multi-formation';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';
import { smallSource } from '../small-source';
import { lowRank } from './low-rank';

before(() => useBackend());

const squares = (side: number, divisor: number) =>
  tf
    .range(0, side * side)
    .square()
    .div(divisor)
    .reshape<tf.Tensor4D>([1, side, side, 1]);

// PyTorch 2.5: chunk along both sides, interpolate(mode='bilinear'); the loss weighs the crops' pixels with a wave.
test('[1, 4, 4, 1] by 2: crops and gradient are those of PyTorch', () => {
  tf.tidy(() => {
    const crops = multiFormation(squares(4, 10), 2);
    assert.deepEqual(crops.shape, [4, 4, 4, 1]);
    const second = [0.4, 0.525, 0.775, 0.9, 1.2, 1.375, 1.725, 1.9, 2.8, 3.075, 3.625, 3.9, 3.6, 3.925, 4.575, 4.9];
    assertClose(crops.slice(1, 1), second);
    const { gradients } = valueAndGradients(
      ({ images }) =>
        multiFormation(images as tf.Tensor4D, 2)
          .mul(wave([4, 4, 4, 1], 0.2))
          .sum(),
      { images: squares(4, 10) },
    );
    const expected = [
      0.639228, 0.774229, -0.461961, 0.566059, 0.489559, -0.540552, 0.815011, 0.569795, -0.826789, -0.544403, 0.126277,
      -0.787092, -0.158657, 0.771894, -0.879427, -0.256398,
    ];
    assertClose(gradients.images, expected);
  });
});

// PyTorch 2.15: pad(value=0.5) by one, split into crops of 2, interpolate(mode='bilinear'), as IDC's decode_zoom.
test('[1, 5, 5, 1] by 3, which does not divide: the image is continued by 0.5, so that all crops are of one size', () => {
  tf.tidy(() => {
    const crops = multiFormation(squares(5, 100), 3);
    assert.deepEqual(crops.shape, [9, 5, 5, 1]);
    // Crop 8 is the last pixel and three of 0.5; crop 5 the last column of rows 2 and 3, and a column of 0.5.
    const last = [
      5.76, 5.234, 3.13, 1.026, 0.5, 5.234, 4.7606, 2.867, 0.9734, 0.5, 3.13, 2.867, 1.815, 0.763, 0.5, 1.026, 0.9734,
      0.763, 0.5526, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
    ];
    assertClose(crops.slice(8, 1), last);
    const side = [
      1.96, 1.814, 1.23, 0.646, 0.5, 2.125, 1.9625, 1.3125, 0.6625, 0.5, 2.785, 2.5565, 1.6425, 0.7285, 0.5, 3.445,
      3.1505, 1.9725, 0.7945, 0.5, 3.61, 3.299, 2.055, 0.811, 0.5,
    ];
    assertClose(crops.slice(5, 1), side);
  });
});

test('factor 1 gives the images themselves; row f * batch + i shows item i', () => {
  tf.tidy(() => {
    const images = tf.tensor4d([1, 2, 3], [3, 1, 1, 1]).tile<tf.Tensor4D>([1, 4, 4, 2]);
    assert.equal(multiFormation(images, 1), images);
    const items = multiFormation(images, 2).max([1, 2, 3]);
    assert.deepEqual([...items.dataSync()], [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  });
});

const inputs = { imageShape: [8, 8, 3] as const, classCount: 2 };
const int32 = (values: number[]) => tf.tensor1d(values, 'int32');

test('a set that decodes in one stage: its images are cut, and every crop is of their class', () => {
  tf.tidy(() => {
    const whole = createDistilledSet({ ...lowRank({ ipc: 2, rank: 3 }), ...inputs });
    const cut = withMultiFormation(whole, 2);
    assert.equal(cut.formations, 4);
    const parameters = cut.init(Random.stream(1), smallSource({ perClass: 20 }));
    const choice = { items: int32([3, 0]), hallucinators: int32([0, 0]) };
    const expected = multiFormation(whole.images(parameters, choice), 2);
    assertClose(cut.images(parameters, choice), expected.dataSync<'float32'>());
    assert.deepEqual([...cut.labels([3, 0])], [1, 0, 1, 0, 1, 0, 1, 0]);
  });
});

test('twice by 2, HaBa: bases are cut into 16 before they are hallucinated, and start from 16 real images each', () => {
  tf.tidy(() => {
    const haba = { kind: 'haba', basesPerClass: 1, hallucinators: 2, ...inputs } as const;
    const [whole, once] = [createDistilledSet(haba), createDistilledSet({ ...haba, factor: 2 })];
    const twice = withMultiFormation(once, 2);
    assert.equal(twice.formations, 16);
    const source = smallSource({ perClass: 40 });
    let drawn = 0;
    const counted = { ...source, batch: (rows: ArrayLike<number>) => source.batch(((drawn = rows.length), rows)) };
    const parameters = twice.init(Random.stream(1), counted);
    assert.equal(drawn, 2 * 16);
    const crops = multiFormation(multiFormation(parameters.bases as tf.Tensor4D, 2), 2);
    const expected = whole.images(
      { ...parameters, bases: crops },
      { items: tf.range(0, 32, 1, 'int32'), hallucinators: tf.tile(int32([1, 0]), [16]) },
    );
    const images = twice.images(parameters, { items: int32([0, 1]), hallucinators: int32([1, 0]) });
    assertClose(images, expected.dataSync<'float32'>());
    assert.deepEqual(
      [...twice.labels([0, 1])],
      Array.from({ length: 32 }, (_, row) => row % 2),
    );
  });
});
