/** Labels that are learned through a matching loss: closed forms of a student's step, finite differences, and classes where they stay. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { withLearnedLabels } from '../../lib/factorization/soft-labels';
import { gradientMatching } from '../../lib/matching/gradient';
import type { MatchingLoss, MatchingParameters } from '../../lib/matching/matching-loss';
import { createUnroll, trajectoryMatching } from '../../lib/matching/trajectory';
import { createNetwork } from '../../lib/networks/create-network';
import { composeNetwork } from '../../lib/networks/network';
import { useBackend } from '../../lib/tensor/backend';
import { mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';
import { firstStep } from './finite-differences';

process.env.HABA_EXECUTION = 'eager';
before(() => useBackend());

const source = smallSource({ classCount: 3 });
const inputs = { imageShape: source.imageShape, classCount: 3 };
const learning = (options: object) =>
  withLearnedLabels(createDistilledSet({ ...options, ...inputs } as DistilledSetOptions));

/** Logits are pixels times `weight`. */
const linear = composeNetwork({
  name: 'linear',
  init: () => ({ weight: tf.zeros([192, 3]) }),
  features: (_, images) => images.reshape<tf.Tensor2D>([images.shape[0], -1]),
  classify: (parameters, features) => tf.matMul<tf.Tensor2D>(features, parameters.weight as tf.Tensor2D),
});

/** One step, of rate 0.5, of a linear student from weights 0 on two images, whose labels have these logits. */
function studentAfterStep(logits: number[][] | undefined): { weight: Float32Array; pixels: Float32Array } {
  return tf.tidy(() => {
    const set = learning({ kind: 'images', ipc: 1 });
    const { labelLogits, ...own } = set.init(Random.stream(1, 'test'), source);
    const items = tf.tensor1d([0, 2], 'int32');
    const { studentStep } = createUnroll({
      set: logits === undefined ? { ...set, targets: undefined } : set,
      network: linear,
      augmentation: createAugmentation('none'),
    });
    const step = studentStep(
      {
        set: { ...own, labelLogits: logits === undefined ? labelLogits : tf.tensor2d(logits) },
        method: { stepSize: tf.scalar(0.5) },
      },
      linear.init(Random.stream(0)),
      {
        items,
        hallucinators: items,
        labels: tf.tensor1d(set.labels([0, 2]), 'int32'),
        draws: createAugmentation('none').draw(Random.stream(0), 2),
      },
    );
    return { weight: step.weight.dataSync<'float32'>(), pixels: own.bases.dataSync<'float32'>() };
  });
}

test('a student at even odds does not move on uniform labels, and on certain ones moves as on classes', () => {
  const uniform = studentAfterStep([
    [2, 2, 2],
    [0, 1, 7],
    [-1, -1, -1],
  ]);
  assert.ok(uniform.weight.every((value) => Math.abs(value) < 1e-7));
  const certain = studentAfterStep([
    [90, 0, 0],
    [0, 0, 0],
    [0, 0, 90],
  ]);
  const classes = studentAfterStep(undefined);
  assert.deepEqual(certain.weight, classes.weight);
  assert.ok(classes.weight.some((value) => Math.abs(value) > 0.01));
});

test('a student step by hand: weights move by rate * mean of pixels * (label - 1/3)', () => {
  // Softmax of (log 2, 0, 0) is (1/2, 1/4, 1/4), of (0, log 4, 0) it is (1/6, 2/3, 1/6).
  const { weight, pixels } = studentAfterStep([[Math.log(2), 0, 0], [0, 0, 0], [0, Math.log(4), 0]]); // prettier-ignore
  const labels = [
    [1 / 2, 1 / 4, 1 / 4],
    [1 / 6, 2 / 3, 1 / 6],
  ];
  const expected = Array.from(
    { length: 192 },
    (_, pixel) =>
    [0, 1, 2].map(
      (label) => (0.5 / 2) * (pixels[pixel] * (labels[0][label] - 1 / 3) + pixels[2 * 192 + pixel] * (labels[1][label] - 1 / 3)),
    ), // prettier-ignore
  ).flat();
  tf.tidy(() => assertClose(tf.tensor1d(weight), expected, 1e-5));
});

const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, activation: 'sigmoid', ...inputs });
const kinds = {
  images: { kind: 'images', ipc: 2 },
  'HaBa on multi-formation': { kind: 'haba', basesPerClass: 2, hallucinators: 2, factor: 2 },
};

const losses: Record<string, (set: ReturnType<typeof learning>) => MatchingLoss> = {
  dc: (set) =>
    gradientMatching({
      ...{ set, source, network, augmentation: createAugmentation('none') },
      ...{ realBatch: 4, outerLoops: 1, innerLoops: 1 },
    }),
  'mtt, full': (set) => trajectory(set, 'full'),
  'mtt, stepwise': (set) => trajectory(set, 'stepwise'),
};

function trajectory(set: ReturnType<typeof learning>, unroll: 'full' | 'stepwise'): MatchingLoss {
  return trajectoryMatching({
    ...{ set, network, unroll, studentSteps: 3, studentBatch: 4 },
    augmentation: createAugmentation('color_crop'),
    segment: (random) => {
      const start = network.init(random);
      const target = mapParameters(start, (tensor) => tf.tidy(() => tensor.add(random.normal(tensor.shape).mul(0.05))));
      return { start, target };
    },
  });
}

for (const [method, create] of Object.entries(losses)) {
  for (const [kind, options] of Object.entries(kinds)) {
    test(`${method} on ${kind}: the gradient of the labels alone agrees with finite differences`, async () => {
      const before = tf.memory().numTensors;
      const set = learning(options);
      const loss = create(set);
      const method: Parameters = { stepSize: tf.scalar(0.1) };
      const parameters: MatchingParameters = { set: set.init(Random.stream(1, 'test'), source), method };
      const { loss: value, gradients } = await firstStep(loss, parameters);
      const gradient = gradients.set.labelLogits;
      const random = Random.stream(11, 'test');
      const direction = tf.tidy(() => gradient.mul(random.uniform(gradient.shape, 0, 2)));
      const slope = tf.tidy(() => gradient.mul(direction).sum().dataSync()[0]);
      assert.ok(slope > 0);
      // A label moves within its softmax: no further than a tenth of a logit.
      const most = tf.tidy(() => direction.abs().max().dataSync()[0]);
      const step = Math.min((0.01 * value) / slope, 0.1 / most);
      const valueAt = async (length: number) => {
        const labelLogits = tf.tidy(() => parameters.set.labelLogits.add(direction.mul(length)));
        const there = await firstStep(loss, { set: { ...parameters.set, labelLogits }, method });
        tf.dispose([labelLogits, there.gradients]);
        return there.loss;
      };
      const difference = ((await valueAt(step)) - (await valueAt(-step))) / (2 * step);
      assert.ok(Math.abs(difference - slope) <= 0.01 * slope, `gradient says ${slope}, values say ${difference}`);
      tf.dispose([parameters, gradients, direction]);
      loss.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }
}
