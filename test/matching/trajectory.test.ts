import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { squaredDistance, trajectoryMatching } from '../../lib/matching/trajectory';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { withExecution } from '../../lib/tensor/execution';
import { floatCount, mapParameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { flatten } from '../../lib/tensor/tree';
import { smallSource } from '../small-source';
import { assertSlope, firstStep } from './finite-differences';

// Operation by operation, unless said otherwise: little is computed, and graphs would take longer to make.
process.env.HABA_EXECUTION = 'eager';
before(() => useBackend());

const source = smallSource();
const inputs = { imageShape: source.imageShape, classCount: 2 };

interface Settings {
  set?: Partial<DistilledSetOptions>;
  unroll: 'full' | 'stepwise';
  steps?: number;
  activation?: 'sigmoid' | 'relu';
}

/** Trajectory matching on HaBa; the expert is drawn: a start, and a target near it. */
function matching({ set: changes = {}, unroll, steps = 3, activation = 'sigmoid' }: Settings) {
  const haba = { kind: 'haba', basesPerClass: 3, hallucinators: 2, ...inputs, ...changes } as DistilledSetOptions;
  const set = createDistilledSet(haba);
  const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, activation, ...inputs });
  const loss = trajectoryMatching({
    set,
    network,
    augmentation: createAugmentation('color_crop_cutout_flip_scale_rotate'),
    segment: (random) => {
      const start = network.init(random);
      const target = mapParameters(start, (tensor) => tf.tidy(() => tensor.add(random.normal(tensor.shape).mul(0.05))));
      return { start, target };
    },
    studentSteps: steps,
    studentBatch: 4,
    unroll,
  });
  const parameters = { set: set.init(Random.stream(1, 'test'), source), method: { stepSize: tf.scalar(0.1) } };
  return { loss, parameters, network };
}

test('squared distance over all parameters', () => {
  tf.tidy(() => {
    const first = { weight: tf.tensor2d([[1, 2]]), bias: tf.tensor1d([3]) };
    const second = { weight: tf.tensor2d([[1, 4]]), bias: tf.tensor1d([0]) };
    assert.equal(squaredDistance(first, second).dataSync()[0], 13);
  });
});

for (const unroll of ['full', 'stepwise'] as const) {
  test(`${unroll}: the gradient of three steps, of the step size too, agrees with finite differences`, async () => {
    const { loss, parameters } = matching({ unroll });
    await assertSlope(loss, parameters);
    tf.dispose(parameters);
  });
}

test('a step size of 0 leaves the student at its start: the loss is 1', async () => {
  const { loss, parameters } = matching({ unroll: 'full' });
  const still = { ...parameters, method: { stepSize: tf.scalar(0) } };
  const { loss: value, gradients } = await firstStep(loss, still);
  assert.equal(value, 1);
  assert.equal(
    tf.tidy(() => gradients.set.bases.abs().max().dataSync()[0]),
    0,
  );
  tf.dispose([parameters, still, gradients]);
});

for (const mode of ['eager', 'compiled'] as const) {
  test(`stepwise gives the gradient of the full unroll with the same draws, ${mode}`, async () => {
    const full = matching({ unroll: 'full', activation: 'relu', steps: 4 });
    const stepwise = matching({ unroll: 'stepwise', activation: 'relu', steps: 4 });
    const one = await withExecution(mode, () => firstStep(full.loss, full.parameters));
    const other = await withExecution(mode, () => firstStep(stepwise.loss, full.parameters));
    assert.ok(Math.abs(one.loss - other.loss) < 1e-5 * one.loss);
    const [first, second] = [one, other].map(({ gradients }) => ({ ...gradients.set, ...gradients.method }));
    assert.deepEqual(Object.keys(first), Object.keys(second));
    for (const [name, gradient] of Object.entries(first)) {
      const error = tf.tidy(() => gradient.sub(second[name]).norm().div(gradient.norm()).dataSync()[0]);
      assert.ok(error < 1e-3, `${name}: relative error ${error}`);
    }
    for (const { loss, parameters } of [full, stepwise]) {
      loss.dispose();
      tf.dispose(parameters);
    }
    tf.dispose([one.gradients, other.gradients]);
  });
}

test('stepwise memory grows with steps by no more than the student and its draws; the full unroll by far more', async () => {
  const peak = async (unroll: 'full' | 'stepwise', steps: number) => {
    const { loss, parameters, network } = matching({ unroll, steps });
    const { peakBytes } = await tf.profile(async () => {
      const { gradients } = await firstStep(loss, parameters);
      tf.dispose(gradients);
      return tf.scalar(0);
    });
    const student = tf.tidy(() => 4 * floatCount(network.init(Random.stream(0, 'test'))));
    tf.dispose(parameters);
    return { peakBytes, student };
  };
  const [few, many] = [await peak('stepwise', 2), await peak('stepwise', 8)];
  // Beside the student: items, hallucinators, labels and seven uniforms of four images.
  const allowed = 6 * (few.student + 4 * 4 * 10);
  assert.ok(many.peakBytes - few.peakBytes <= allowed, `${many.peakBytes} - ${few.peakBytes} > ${allowed}`);
  const [fewFull, manyFull] = [await peak('full', 2), await peak('full', 8)];
  assert.ok(manyFull.peakBytes - fewFull.peakBytes > 20 * allowed, `${manyFull.peakBytes} - ${fewFull.peakBytes}`);
});

test('an iteration frees everything but what it gives', async () => {
  for (const unroll of ['full', 'stepwise'] as const) {
    const { loss, parameters } = matching({ unroll, steps: 2 });
    const tensors = tf.memory().numTensors;
    const { gradients } = await firstStep(loss, parameters);
    assert.equal(tf.memory().numTensors, tensors + flatten(gradients).tensors.length, unroll);
    tf.dispose([parameters, gradients]);
  }
});
