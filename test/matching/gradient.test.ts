import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { gradientDistance, gradientMatching } from '../../lib/matching/gradient';
import type { MatchingParameters } from '../../lib/matching/matching-loss';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';
import { smallSource } from '../small-source';
import { assertSlope } from './finite-differences';

// Operation by operation, unless said otherwise: little is computed, and graphs would take longer to make.
process.env.HABA_EXECUTION = 'eager';
before(() => useBackend());

// PyTorch 2.5: the authors' metric 'ours', per output channel, on the transposed tensors.
test('distance of gradients, and its gradient, are those of PyTorch; vectors do not count', () => {
  tf.tidy(() => {
    const second = { convolution: wave([2, 2, 2, 3], 0.9), linear: wave([4, 2], 1.7), bias: tf.zeros([3]) };
    const { value, gradients } = valueAndGradients((first) => gradientDistance(first, second), {
      convolution: wave([2, 2, 2, 3], 0.1),
      linear: wave([4, 2], 0.2),
      bias: tf.ones([3]),
    });
    assertClose(value, [2.580942]);
    const linear = [-0.467735, -0.297048, 0.094338, 0.349284, 0.499804, 0.415782, 0.075563, -0.207945];
    assertClose(gradients.linear, linear);
    const firstOfConvolution = [-0.197998, -0.11697, 0.006689, 0.099683, 0.181221, 0.140246];
    assertClose(gradients.convolution.flatten().slice(0, 6), firstOfConvolution);
    assert.equal(gradients.bias.abs().max().dataSync()[0], 0);
  });
});

test('equal gradients are at distance 0, opposite ones at 2 for every output channel; dead channels have a slope', () => {
  tf.tidy(() => {
    const weight = wave([3, 4], 0.3).mul(100);
    assert.ok(Math.abs(gradientDistance({ weight }, { weight }).dataSync()[0]) < 1e-5);
    assertClose(gradientDistance({ weight }, { weight: weight.neg() }), [8]);
    const { gradients } = valueAndGradients((first) => gradientDistance(first, { weight }), {
      weight: tf.zeros([3, 4]),
    });
    assert.equal(gradients.weight.isFinite().all().dataSync()[0], 1);
  });
});

const source = smallSource();
const inputs = { imageShape: source.imageShape, classCount: 2 };

for (const [what, settings, activation, change] of [
  ['images', { kind: 'images', ipc: 2 }, 'sigmoid', 0.01],
  ['HaBa', { kind: 'haba', basesPerClass: 2, hallucinators: 2 }, 'sigmoid', 0.01],
  // Farther away kinks of ReLU lie between the two values.
  ['images through ReLU', { kind: 'images', ipc: 2 }, 'relu', 0.0003],
] as const) {
  test(`second order, ${what}: the gradient agrees with finite differences`, async () => {
    const set = createDistilledSet({ ...settings, ...inputs } as DistilledSetOptions);
    const parameters = { set: set.init(Random.stream(1, 'test'), source), method: {} };
    const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, activation, ...inputs });
    const augmentation = createAugmentation('color_crop_cutout_flip_scale_rotate');
    const loss = gradientMatching({
      set,
      source,
      network,
      augmentation,
      realBatch: 6,
      outerLoops: 1,
    });
    await assertSlope(loss, parameters, { change });
    tf.dispose(parameters);
  });
}

test('outer loops: an update each, with the parameters that the update before returned', async () => {
  const set = createDistilledSet({ kind: 'images', ipc: 2, ...inputs });
  const parameters = { set: set.init(Random.stream(1, 'test'), source), method: {} };
  const network = createNetwork({ name: 'ConvNet', width: 4, depth: 1, ...inputs });
  const augmentation = createAugmentation('none');
  const options = { set, source, network, augmentation, realBatch: 6 };
  const loss = gradientMatching({ ...options, outerLoops: 3, innerLoops: 2 });
  assert.equal(loss.updatesPerIteration, 3);
  const tensors = tf.memory().numTensors;
  const losses: number[] = [];
  let current: MatchingParameters = parameters;
  await loss.iteration(parameters, Random.stream(3, 'test'), ({ loss: value, gradients }) => {
    losses.push(value);
    const next = { set: { bases: tf.tidy(() => current.set.bases.sub(gradients.set.bases.mul(0.5))) }, method: {} };
    tf.dispose(gradients);
    if (current !== parameters) tf.dispose(current);
    return (current = next);
  });
  assert.equal(losses.length, 3);
  assert.ok(losses[1] < losses[0], `${losses}`);
  tf.dispose(current);
  assert.equal(tf.memory().numTensors, tensors);
  tf.dispose(parameters);
});
