import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { contrastiveConstraint } from '../../lib/factorization/contrastive-constraint';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';

before(() => useBackend());

const loss = (first: tf.Tensor, second: tf.Tensor, labels: number[], temperature?: number) =>
  contrastiveConstraint(first as tf.Tensor2D, second as tf.Tensor2D, tf.tensor1d(labels, 'int32'), { temperature });

// PyTorch 2.5: L_out of Khosla et al., two views, temperature 0.07.
test('[3, 4], labels 0 1 0: value and gradients are those of PyTorch', () => {
  tf.tidy(() => {
    const { value, gradients } = valueAndGradients(({ first, second }) => loss(first, second, [0, 1, 0]), {
      first: wave([3, 4], 0.1),
      second: wave([3, 4], 1.3),
    });
    assertClose(value, [3.076423]);
    const first = [
      -0.551554, -0.353893, 0.010209, 0.36951, 0.000517, 0.000434, 0.000146, -0.00021, -1.021007, -1.115369, -0.685156,
      0.067297,
    ];
    const second = [
      0.431482, -0.327709, -0.932773, -1.09914, -0.000387, -3e-6, 0.000383, 0.000588, 0.495595, 0.163049, -0.246182,
      -0.53963,
    ];
    assertClose(gradients.first, first, 2e-5);
    assertClose(gradients.second, second, 2e-5);
  });
});

test('closed form: where all features are the same, each positive has 1 of 2 n - 1 shares', () => {
  tf.tidy(() => {
    const same = tf.ones([3, 4]);
    assertClose(loss(same, same, [0, 1, 2]), [Math.log(5)]);
  });
});

test('compiled, of more bases than a matrix of pairs could be a constant for: the same closed form', () => {
  const bases = 700;
  const labels = tf.range(0, bases, 1, 'int32');
  const compiled = compile(
    ({ features }: { features: tf.Tensor }) => ({
      value: contrastiveConstraint(features as tf.Tensor2D, features as tf.Tensor2D, labels),
    }),
    { name: 'contrastive constraint' },
  );
  const features = tf.ones([bases, 4]);
  const { value } = compiled({ features });
  assertClose(value, [Math.log(2 * bases - 1)]);
  compiled.dispose();
  tf.dispose([labels, features, value]);
});

test("another temperature scales the loss by itself over 0.07, as the authors' code does; a small one does not overflow", () => {
  tf.tidy(() => {
    const same = tf.ones([3, 4]);
    for (const temperature of [0.5, 0.005]) {
      assertClose(loss(same, same, [0, 1, 2], temperature), [(Math.log(5) * temperature) / 0.07]);
    }
  });
});

test('hallucinations of one class together, classes apart: little; the other way round: much', () => {
  tf.tidy(() => {
    const [left, right] = [
      [1, 0],
      [0, 1],
    ];
    const apart = tf.tensor2d([left, right]);
    assert.ok(loss(apart, apart, [0, 1]).dataSync()[0] < 1e-4);
    assert.ok(loss(apart, tf.tensor2d([right, left]), [0, 1]).dataSync()[0] > 10);
    assert.ok(loss(apart, apart, [0, 1], 10).dataSync()[0] > (0.5 * 10) / 0.07);
  });
});

test('zero features, which dead ReLUs give, have a finite gradient', () => {
  tf.tidy(() => {
    const { gradients } = valueAndGradients(({ first, second }) => loss(first, second, [0, 1]), {
      first: tf.concat([tf.zeros([1, 3]), wave([1, 3], 1)]),
      second: wave([2, 3], 0),
    });
    assert.ok(Object.values(gradients).every((gradient) => gradient.isFinite().all().dataSync()[0] === 1));
  });
});
