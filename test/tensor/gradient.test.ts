/** Gradients whose function fails. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { valueAndGradients } from '../../lib/tensor/gradient';
import type { Parameters } from '../../lib/tensor/parameters';
import { withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

const cube = ({ x }: Parameters): tf.Scalar => x.mul(x).mul(x).sum().asScalar();
const fails = (parameters: Parameters): tf.Scalar => {
  cube(parameters);
  throw new Error('no loss');
};

test('a loss that fails, alone or inside the gradient of another, leaves no tensor behind and spoils no later gradient', () => {
  const x = tf.tensor1d([1, 2]);
  const tensors = tf.memory().numTensors;
  assert.throws(() => valueAndGradients(fails, { x }), /no loss/);
  assert.equal(tf.memory().numTensors, tensors);

  const slope = (inner: (parameters: Parameters) => tf.Scalar) => (parameters: Parameters) =>
    valueAndGradients(inner, parameters).gradients.x.sum().asScalar();
  assert.throws(() => valueAndGradients(slope(fails), { x }), /no loss/);
  assert.equal(tf.memory().numTensors, tensors);

  tf.tidy(() => {
    // One that fails inside another, and is caught there.
    const { value, gradients } = valueAndGradients(
      (parameters) => {
        const once = cube(parameters);
        assert.throws(() => valueAndGradients(fails, parameters), /no loss/);
        return once;
      },
      { x },
    );
    assert.deepEqual([...value.dataSync()], [9]);
    assert.deepEqual([...gradients.x.dataSync()], [3, 12]);
    assert.deepEqual([...valueAndGradients(slope(cube), { x }).gradients.x.dataSync()], [6, 12]);
  });
  assert.equal(tf.memory().numTensors, tensors);
  x.dispose();
});

const breakOff = (): never => {
  throw new Error('no way back');
};

for (const mode of ['eager', 'compiled'] as const) {
  test(`a way back that fails, ${mode}: no tensor is left, and the next gradient is right`, () => {
    const x = tf.tensor1d([1, 2]);
    const tensors = tf.memory().numTensors;
    const broken = ({ x: given }: Parameters) =>
      tf.customGrad((y) => ({ value: (y as tf.Tensor).sum(), gradFunc: breakOff }))(given.square()) as tf.Scalar;
    const run = compile((inputs: { x: tf.Tensor }) => valueAndGradients(broken, inputs), {
      name: 'no way back',
    });
    assert.throws(() => withExecution(mode, () => run({ x })), /no way back/);
    assert.equal(tf.memory().numTensors, tensors);
    const { value, gradients } = valueAndGradients(cube, { x });
    assert.deepEqual([...gradients.x.dataSync()], [3, 12]);
    tf.dispose([value, gradients, x]);
  });
}
