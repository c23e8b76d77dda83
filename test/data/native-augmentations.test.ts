import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { nativeAugmentations } from '../../lib/data/native-augmentations';
import {
  plainAugmentations,
  type Augment,
  type AugmentationDraws,
  type AugmentationName,
} from '../../lib/data/plain-augmentations';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { adjustColour, cutOut, hasImageKernels, sampleAffine } from '../../lib/tensor/image-kernels';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

type Images = tf.Tensor4D;

const relativeError = (value: tf.Tensor, expected: tf.Tensor) =>
  tf.tidy(() => value.sub(expected).norm().div(expected.norm().add(1e-6)).dataSync()[0]);

const numbers = (...values: number[]) => tf.tensor1d(values);

/** Draws for three images; the first are ordinary, the others far outside of what is drawn. */
const draws: Record<AugmentationName, Record<string, number[]>[]> = {
  brightness: [{ uniform: [0.1, 0.5, 0.9] }],
  saturation: [{ uniform: [0, 0.6, 1] }],
  contrast: [{ uniform: [0, 0.4, 1] }],
  color: [{ brightness: [0.2, 0.5, 1], saturation: [0, 0.8, 0.3], contrast: [0.9, 0, 0.5] }],
  crop: [
    { verticalShift: [1, -2, 0], horizontalShift: [-1, 0, 3] },
    { verticalShift: [0.25, -1000, 1e9], horizontalShift: [-0.75, 0, -50] },
  ],
  cutout: [
    { verticalCentre: [0, 3, 5], horizontalCentre: [6, 1, 0] },
    { verticalCentre: [-100, 2, 1e9], horizontalCentre: [1, 100, 0] },
  ],
  flip: [{ uniform: [0.49, 0.5, 0] }],
  scale: [
    { horizontalScale: [1.2, 0.83, 1], verticalScale: [0.9, 1, 1.1] },
    { horizontalScale: [0, -1, 1e6], verticalScale: [40, 0.01, -3] },
  ],
  rotate: [{ angle: [0.26, -0.1, 0] }, { angle: [3, -1.5, 100] }],
};

const entries = Object.entries(draws) as [AugmentationName, Record<string, number[]>[]][];

const tensors = (given: Record<string, number[]>): AugmentationDraws =>
  Object.fromEntries(Object.entries(given).map(([name, values]) => [name, tf.tensor1d(values)]));

/** The first image's draws, for all images. */
const shared = (given: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(given).map(([name, [first]]) => [name, [first]]));

const shapes = [
  [3, 8, 8, 3],
  [3, 5, 7, 1],
  [3, 1, 70, 3],
  [3, 6, 1, 2],
  [3, 9, 4, 7],
];

/** Value, gradient of a cubic function of it, and gradient of that in a direction. */
const derivatives =
  (augment: Augment) =>
  ({ images, direction, given }: { images: Images; direction: Images; given: AugmentationDraws }) => {
    const slope = tf.grad((current: tf.Tensor) =>
      augment(current as Images, given)
        .pow(3)
        .sum(),
    );
    const along = tf.grad((current: tf.Tensor) => slope(current).mul(direction).sum());
    return {
      value: augment(images, given),
      slope: slope(images),
      curvature: along(images),
      third: tf.grad((current: tf.Tensor) => along(current).mul(direction).sum())(images),
    };
  };

test('this machine has the native kernels, as long as it has the native backend', () => {
  assert.equal(hasImageKernels(), tf.getBackend() === 'tensorflow');
});

describe('augmentations in one operation', () => {
  for (const [name, given] of entries) {
    for (const shape of shapes) {
      test(`${name} of x=[${shape}]: value and three derivatives of the plain operations`, () => {
        tf.tidy(() => {
          const random = Random.stream(7, 'test');
          const [images, direction] = [random.normal(shape) as Images, random.normal(shape) as Images];
          const native = derivatives(nativeAugmentations[name]!);
          const compiled = compile(native, { name });
          for (const each of [...given, ...given.map(shared)]) {
            const inputs = { images, direction, given: tensors(each) };
            const plain = derivatives(plainAugmentations[name])(inputs);
            for (const got of [native(inputs), compiled(inputs)]) {
              for (const key of ['value', 'slope', 'curvature', 'third'] as const) {
                const error = relativeError(got[key], plain[key]);
                assert.ok(error < 2e-5, `${key} is off by ${error}`);
              }
            }
          }
          compiled.dispose();
        });
      });
    }
  }
});

describe('operations on images', () => {
  const turn = () => ({
    row: { fromRow: numbers(0.9), fromColumn: numbers(0.4), start: numbers(-0.3) },
    column: { fromRow: numbers(-0.4), fromColumn: numbers(0.9), start: numbers(1.7) },
  });

  test('a place of whole pixels shows that pixel exactly, one outside nothing', () => {
    tf.tidy(() => {
      const images = tf.tensor4d([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 3, 1]);
      const [zero, one] = [numbers(0), numbers(1)];
      const shown = sampleAffine(images, {
        row: { fromRow: one, fromColumn: zero, start: numbers(1) },
        column: { fromRow: zero, fromColumn: numbers(-1), start: numbers(2) },
      });
      assert.deepEqual([...shown.dataSync()], [...new Float32Array([0.6, 0.5, 0.4, 0, 0, 0])]);
    });
  });

  test('gradients of sampling and of colour are those of finite differences', () => {
    tf.tidy(() => {
      const shape = [1, 4, 5, 2];
      const [images, upstream] = [Random.stream(1, 'test').normal(shape), Random.stream(2, 'test').normal(shape)];
      const settings = { brightness: numbers(0.3), saturation: numbers(1.7), contrast: numbers(0.6) };
      const operations = [
        (given: tf.Tensor) => sampleAffine(given as Images, turn()),
        (given: tf.Tensor) => adjustColour(given as Images, settings),
      ];
      for (const operation of operations) {
        const loss = (given: tf.Tensor) => operation(given).mul(upstream).sum();
        const slopes = tf.grad(loss)(images).dataSync();
        for (let place = 0; place < slopes.length; place++) {
          const step = tf.buffer(shape as [number, number, number, number]);
          step.values[place] = 0.5;
          // Exact up to rounding: the loss is affine.
          const difference = loss(images.add(step.toTensor())).sub(loss(images.sub(step.toTensor())));
          const error = Math.abs(difference.dataSync()[0] - slopes[place]);
          assert.ok(error < 1e-4, `off by ${error} at ${place}`);
        }
      }
    });
  });

  test('the same images give the same bits every time, gradients too', () => {
    tf.tidy(() => {
      const images = Random.stream(4, 'test').normal([37, 16, 16, 3]) as Images;
      const run = () =>
        tf
          .grad((given: tf.Tensor) =>
            sampleAffine(given as Images, turn())
              .pow(3)
              .sum(),
          )(images)
          .dataSync();
      const first = run();
      for (let repetition = 0; repetition < 5; repetition++) assert.deepEqual(run(), first);
    });
  });

  test('maps have no gradient, and asking for one says so', () => {
    tf.tidy(() => {
      const images = Random.stream(4, 'test').normal([1, 4, 4, 1]) as Images;
      const shift = (start: tf.Tensor) => {
        const { row, column } = turn();
        return sampleAffine(images, { row: { ...row, start: start as tf.Tensor1D }, column }).sum();
      };
      assert.throws(() => tf.grad(shift)(numbers(0)), /Cannot backprop through input maps/);
    });
  });

  test('rectangles that do not fit the images are refused', () => {
    const images = tf.zeros([3, 4, 4, 1]) as Images;
    const two = numbers(0, 1);
    assert.throws(
      () => cutOut(images, { top: two, left: two, bottom: two, right: two }),
      /expected images \[batch, height, width, channels\] and rectangles \[batch or 1, 4\]/,
    );
  });

  test('they keep no tensors', () => {
    const images = tf.zeros([2, 4, 4, 1]) as Images;
    const start = tf.memory().numTensors;
    for (const [name, [each]] of entries) {
      tf.tidy(() => {
        const inputs = { images, direction: images, given: tensors(shared(each)) };
        void derivatives(nativeAugmentations[name]!)(inputs);
      });
    }
    assert.equal(tf.memory().numTensors, start);
  });
});
