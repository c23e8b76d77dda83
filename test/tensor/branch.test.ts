import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { branch, compile } from '../../lib/tensor/compile';
import { withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

type Tensors = tf.Tensor[];

const branches = [
  ([x, w]: Tensors) => x.square().mul(w),
  ([x, w]: Tensors) => x.mul(x).mul(x).add(w),
  ([x, w]: Tensors) => x.sin().add(w.square()),
];

const x = () => tf.tensor1d([0.3, -0.8, 1.2]);
const w = () => tf.tensor1d([0.5, 1.5, -0.4]);

/** Value, gradients, and gradients of the gradients' squares, with the branch nested twice. */
const everything = ({ index, inputs }: { index: tf.Scalar; inputs: Tensors }) => {
  const value = (given: Tensors) => branch(index, branches, [branch(index, branches, given), given[1]]);
  const slopes = (given: Tensors) =>
    tf.grads((first: tf.Tensor, second: tf.Tensor) => value([first, second]).sum())(given as [tf.Tensor, tf.Tensor]);
  const curvatures = tf.grads((first: tf.Tensor, second: tf.Tensor) => {
    const [inX, inW] = slopes([first, second]);
    return inX.square().sum().add(inW.mul(first).sum());
  })(inputs as [tf.Tensor, tf.Tensor]);
  return { value: value(inputs), slopes: slopes(inputs), curvatures };
};

describe('branch', () => {
  const compiled = compile(everything, { name: 'branches' });
  const eager = (inputs: Parameters<typeof everything>[0]) => withExecution('eager', () => compiled(inputs));

  for (let index = 0; index < branches.length; index++) {
    test(`branch ${index}: value, first and second derivatives are those of the chosen function`, () => {
      const inputs = { index: tf.scalar(index, 'int32'), inputs: [x(), w()] };
      const [got, wanted] = [compiled(inputs), eager(inputs)];
      const list = ({ value, slopes, curvatures }: typeof got) =>
        [value, ...slopes, ...curvatures].map((tensor) => [...tensor.dataSync()]);
      list(got).forEach((values, tensor) => {
        values.forEach((value, place) =>
          assert.ok(Math.abs(value - list(wanted)[tensor][place]) < 1e-3 * (1 + Math.abs(value))),
        );
      });
    });
  }

  test('closed form: d/dx of x^2 w is 2 x w, and of its square 8 x w^2', () => {
    const square = compile(
      ({ index, given }: { index: tf.Scalar; given: Tensors }) => {
        const slope = tf.grad((variable) => branch(index, branches, [variable, given[1]]).sum());
        return [slope(given[0]), tf.grad((variable) => slope(variable).square().sum())(given[0])];
      },
      { name: 'closed form' },
    );
    const [slope, curvature] = square({ index: tf.scalar(0, 'int32'), given: [tf.tensor1d([3]), tf.tensor1d([0.5])] });
    assert.deepEqual([slope.dataSync()[0], curvature.dataSync()[0]], [3, 6]);
  });

  test('one graph serves every index, and a branch given many times is one function', () => {
    assert.equal(compiled.report().length, 1);
    const once = compile(({ index, given }: { index: tf.Scalar; given: Tensors }) => branch(index, branches, given), {
      name: 'once',
    });
    const often = compile(
      ({ index, given }: { index: tf.Scalar; given: Tensors }) => {
        let value = given[0];
        for (let step = 0; step < 20; step++) value = branch(index, branches, [value, given[1]]);
        return value;
      },
      { name: 'often' },
    );
    const inputs = { index: tf.scalar(2, 'int32'), given: [x(), w()] };
    once(inputs);
    often(inputs);
    assert.equal(often.report()[0].nodes - once.report()[0].nodes, 19);
  });

  test('constants are read and have no gradient', () => {
    const slope = compile(
      ({ index, given, draws }: { index: tf.Scalar; given: tf.Tensor; draws: tf.Tensor }) => {
        const noisy = [([image, noise]: Tensors) => image.mul(noise), ([image]: Tensors) => image];
        return tf.grad((variable) => branch(index, noisy, [variable], [draws]).sum())(given);
      },
      { name: 'draws' },
    );
    const inputs = { given: x(), draws: tf.tensor1d([1, 2, 3]) };
    assert.deepEqual([...slope({ ...inputs, index: tf.scalar(0, 'int32') }).dataSync()], [1, 2, 3]);
    assert.deepEqual([...slope({ ...inputs, index: tf.scalar(1, 'int32') }).dataSync()], [1, 1, 1]);
  });

  test('the same functions, given with a constant and without: gradients for what is an input each time', () => {
    const product = [([image, noise]: Tensors) => image.mul(noise), ([image, noise]: Tensors) => image.add(noise)];
    const slopes = ({ index, inputs: [image, noise] }: { index: tf.Scalar; inputs: Tensors }) => [
      tf.grad((variable) => branch(index, product, [variable], [noise]).sum())(image),
      ...tf.grads((first: tf.Tensor, second: tf.Tensor) => branch(index, product, [first, second]).sum())([
        image,
        noise,
      ]),
    ];
    const inputs = { index: tf.scalar(0, 'int32'), inputs: [tf.tensor1d([2, 3]), tf.tensor1d([5, 7])] };
    assert.deepEqual(
      compile(slopes, { name: 'splits' })(inputs).map((slope) => [...slope.dataSync()]),
      [
        [5, 7],
        [5, 7],
        [2, 3],
      ],
    );
  });

  test('tensors that are not among the inputs, and results of different shapes, are refused', () => {
    const outside = ([index, given]: Tensors) => {
      const hidden = given.add(1);
      return branch(index as tf.Scalar, [([value]) => value.add(hidden), ([value]) => value], [given]);
    };
    const inputs = [tf.scalar(0, 'int32'), x()];
    assert.throws(
      () => compile(outside, { name: 'hidden' })(inputs),
      /used a tensor that is not among its inputs; add it to them/,
    );
    const uneven = ([index, given]: Tensors) =>
      branch(index as tf.Scalar, [([value]) => value, ([value]) => value.sum()], [given]);
    assert.throws(() => compile(uneven, { name: 'uneven' })(inputs), {
      message:
        "'uneven' cannot be compiled: branch: all branches give results of one shape and type, got float32[3] and float32[].",
    });
  });
});
