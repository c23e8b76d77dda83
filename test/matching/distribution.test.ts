import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { distributionDistance, distributionMatching } from '../../lib/matching/distribution';
import { drawReal } from '../../lib/matching/match-once';
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

// PyTorch 2.5: sum over classes of ((real mean - distilled mean) ** 2).sum().
test('distance of mean features of two classes, and its gradient, are those of PyTorch', () => {
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(
      ({ distilled }) =>
        distributionDistance(
          wave([5, 3], 0.2) as tf.Tensor2D,
          tf.tensor1d([0, 1, 0, 1, 1], 'int32'),
          distilled as tf.Tensor2D,
          tf.tensor1d([0, 0, 1, 1], 'int32'),
          2,
        ),
      { distilled: wave([4, 3], 0.9) },
    );
    assertClose(value, [1.589786]);
    const [one, other] = [
      [0.83869, 0.306113, -0.370434],
      [-0.631148, -0.085911, 0.499731],
    ];
    assertClose(gradients.distilled, [...one, ...one, ...other, ...other]);
  });
});

test('HaBa with augmentation: the gradient agrees with finite differences', async () => {
  const source = smallSource();
  const inputs = { imageShape: source.imageShape, classCount: 2 };
  const set = createDistilledSet({ kind: 'haba', basesPerClass: 2, hallucinators: 2, ...inputs });
  const parameters = { set: set.init(Random.stream(1, 'test'), source), method: {} };
  const network = createNetwork({ name: 'ConvNet', width: 4, depth: 2, activation: 'sigmoid', ...inputs });
  const augmentation = createAugmentation('color_crop_cutout_flip_scale_rotate');
  const loss = distributionMatching({ set, source, network, augmentation, realBatch: 6 });
  await assertSlope(loss, parameters);
  tf.dispose(parameters);
});

test('real images are drawn without replacement, or, where a class has too few, with', () => {
  const indices = Int32Array.from([3, 5, 7]);
  assert.deepEqual([...drawReal(Random.stream(0, 'test'), indices, 3)].sort(), [3, 5, 7]);
  const drawn = drawReal(Random.stream(0, 'test'), indices, 8);
  assert.equal(drawn.length, 8);
  assert.ok(drawn.every((index) => indices.includes(index)));
});
