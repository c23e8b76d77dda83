import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import {
  composedInstanceNormalisation,
  instanceNormalisation,
  type InstanceNormalisationOptions,
} from '../../lib/tensor/instance-normalisation';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

type Normalisation = typeof instanceNormalisation;
type Inputs = { x: tf.Tensor4D; scale: tf.Tensor; shift: tf.Tensor; upstream: tf.Tensor; directions: tf.Tensor[] };

function drawInputs(shape: number[], options: InstanceNormalisationOptions): Inputs {
  const random = Random.stream(3, 'test');
  const channels = shape[3];
  const x = random.normal(shape) as tf.Tensor4D;
  const [scale, shift] = [random.normal([channels]), random.normal([channels])];
  const upstream = random.normal(composedInstanceNormalisation(x, scale, shift, options).shape);
  return {
    x,
    scale,
    shift,
    upstream,
    directions: [random.normal(shape), random.normal([channels]), random.normal([channels])],
  };
}

function gradients(loss: () => tf.Scalar, of: tf.Tensor[]): tf.Tensor[] {
  const { grads } = tf.engine().gradients(loss, of, undefined, true);
  return of.map((tensor, index) => (grads as (tf.Tensor | null)[])[index] ?? tf.zerosLike(tensor));
}

/** Value, gradients of <upstream, y>, and gradients of those in given directions. */
const derivatives =
  (normalise: Normalisation, options: InstanceNormalisationOptions) =>
  ({ x, scale, shift, upstream, directions }: Inputs) => {
    const slopes = () =>
      gradients(() => normalise(x, scale, shift, options).mul(upstream).sum().asScalar(), [x, scale, shift]);
    const along = () => tf.addN(slopes().map((slope, index) => slope.mul(directions[index]).sum())).asScalar();
    return {
      value: normalise(x, scale, shift, options),
      slopes: slopes(),
      curvatures: gradients(along, [x, scale, shift, upstream]),
    };
  };

function relativeError(first: tf.Tensor, second: tf.Tensor): number {
  return tf.tidy(() => first.sub(second).norm().div(second.norm().add(1e-6)).dataSync()[0]);
}

const optionSets = [{}, { relu: true }, { pool: true }, { relu: true, pool: true }];
const shapes = [
  [2, 6, 4, 5],
  [3, 5, 7, 35],
  [40, 4, 4, 64],
];

describe('instance normalisation in one operation', () => {
  for (const options of optionSets) {
    for (const shape of shapes) {
      test(`x=[${shape}] ${JSON.stringify(options)}: value, first and second derivatives of the plain operations`, () => {
        const inputs = drawInputs(shape, options);
        const plain = derivatives(composedInstanceNormalisation, options)(inputs);
        const fused = derivatives(instanceNormalisation, options);
        for (const got of [fused(inputs), compile(fused, { name: 'fused' })(inputs)]) {
          assert.ok(relativeError(got.value, plain.value) < 1e-5);
          got.slopes.forEach((slope, index) => assert.ok(relativeError(slope, plain.slopes[index]) < 1e-5));
          got.curvatures.forEach((curvature, index) =>
            assert.ok(relativeError(curvature, plain.curvatures[index]) < 1e-5),
          );
        }
      });
    }
  }

  test('each channel of each image has mean 0 and deviation 1', () => {
    const { x } = drawInputs([2, 8, 8, 3], {});
    const y = instanceNormalisation(x.mul(5).add(3), tf.ones([3]), tf.zeros([3]));
    const { mean, variance } = tf.moments(y, [1, 2]);
    assert.ok(mean.abs().max().dataSync()[0] < 1e-5);
    assert.ok(variance.sub(1).abs().max().dataSync()[0] < 1e-4);
  });

  test('a map of 96x96 far from zero: ReLUs open as they do in double precision', () => {
    const [side, channels] = [96, 4];
    const x = Random.stream(5, 'test').normal([1, side, side, channels]).mul<tf.Tensor4D>(3).add<tf.Tensor4D>(7);
    const y = instanceNormalisation(x, tf.ones([channels]), tf.zeros([channels]));
    const [given, got] = [x.dataSync<'float32'>(), y.dataSync<'float32'>()];
    const pixels = side * side;
    let worst = 0;
    for (let channel = 0; channel < channels; channel++) {
      const values = Array.from({ length: pixels }, (_, pixel) => given[pixel * channels + channel]);
      const mean = values.reduce((sum, value) => sum + value, 0) / pixels;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels;
      values.forEach((value, pixel) => {
        const exact = (value - mean) / Math.sqrt(variance + 1e-5);
        // Where a ReLU decides: near zero.
        if (Math.abs(exact) < 0.1) worst = Math.max(worst, Math.abs(exact - got[pixel * channels + channel]));
      });
    }
    assert.ok(worst < 2e-7, `off by ${worst}`);
  });

  test('the gradient is that of finite differences', () => {
    const options = { pool: true };
    const { x, scale, shift, upstream } = drawInputs([1, 4, 4, 2], options);
    const loss = (given: tf.Tensor4D) =>
      instanceNormalisation(given, scale, shift, options).mul(upstream).sum().asScalar();
    const [slope] = gradients(() => loss(x), [x]);
    for (const place of [0, 7, 31]) {
      const step = tf.buffer([1, 4, 4, 2]);
      step.values[place] = 1e-2;
      const difference = loss(x.add(step.toTensor()))
        .sub(loss(x.sub(step.toTensor())))
        .div(2e-2)
        .dataSync()[0];
      assert.ok(Math.abs(difference - slope.dataSync()[place]) < 1e-3);
    }
  });

  test('it keeps no tensors', () => {
    const inputs = drawInputs([2, 4, 4, 3], {});
    const before = tf.memory().numTensors;
    tf.tidy(() => void derivatives(instanceNormalisation, {})(inputs));
    assert.equal(tf.memory().numTensors, before);
  });
});
