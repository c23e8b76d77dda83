import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { adversaryObjective, createAdversary } from '../../lib/factorization/adversary';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';

before(() => useBackend());

/** One block of two channels on 4x4 grey images of two classes. */
const adversary = createAdversary({ imageShape: [4, 4, 1], classCount: 2, width: 2, depth: 1 });
const parameters = () => ({
  'features.0.weight': wave([3, 3, 1, 2], 0.1),
  'features.0.bias': wave([2], 0.2),
  'features.1.weight': wave([2], 0.3).add(1.5),
  'features.1.bias': wave([2], 0.4),
  'classifier.weight': wave([2, 2, 2, 2], 0.5),
  'classifier.bias': wave([2], 0.6),
});
const images = () => wave([6, 4, 4, 1], 0.9) as tf.Tensor4D;
const labels = () => tf.tensor1d([0, 1, 1], 'int32');

// PyTorch 2.5 in double precision: conv2d, group_norm, relu, avg_pool2d, linear; cross_entropy + 0.1 likelihood + 0.1 L_con.
const golden: Record<string, { first: number[]; norm: number }> = {
  'features.0.weight': { first: [0.045231, -0.026908, 0.062193, -0.023949], norm: 0.205374 },
  'features.1.weight': { first: [0.165655, 0.089859], norm: 0.188457 },
  'features.1.bias': { first: [-0.010624, 0.065747], norm: 0.0666 },
  'classifier.weight': { first: [0.353489, -0.353489, 0.652787, -0.652787], norm: 1.968571 },
  'classifier.bias': { first: [0.383727, -0.383727], norm: 0.542672 },
};

test("the objective with the authors' weights, and its gradient, are PyTorch's", () => {
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(
      (current) => adversaryObjective(adversary, current, images(), labels()),
      parameters(),
    );
    assertClose(value, [1.156136]);
    for (const [name, { first, norm }] of Object.entries(golden)) {
      assertClose(gradients[name].flatten().slice(0, first.length), first, 1e-4);
      assertClose(gradients[name].norm(), [norm], 1e-4);
    }
  });
  assert.equal(tf.memory().numTensors, tensors);
});

test('each term alone; without any the objective is 0', () => {
  const none = { classification: 0, likelihood: 0, contrastive: 0 };
  for (const [weights, expected] of [
    [{ classification: 1 }, 0.980031],
    [{ likelihood: 1 }, 0.025418],
    [{ contrastive: 1 }, 1.735637],
    [{}, 0],
  ] as const) {
    const value = tf.tidy(
      () =>
        adversaryObjective(adversary, parameters(), images(), labels(), {
          ...none,
          ...weights,
        }).dataSync<'float32'>()[0],
    );
    assert.ok(Math.abs(value - expected) < 2e-6, `${JSON.stringify(weights)}: ${value}`);
  }
});

test('pinned defaults: 128 channels, three blocks, 2,048 features', () => {
  const large = createAdversary({ imageShape: [32, 32, 3], classCount: 10 });
  const drawn = large.init(Random.stream(0, 'test'));
  assert.deepEqual(
    tf.tidy(() => large.features(drawn, tf.zeros([1, 32, 32, 3])).shape),
    [1, 2048],
  );
  disposeAll(drawn);
});
