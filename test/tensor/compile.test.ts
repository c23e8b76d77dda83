import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { flatten } from '../../lib/tensor/tree';
import { withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

/** Repeatable numbers away from the kinks and poles of the functions under test. */
function numbers(shape: number[], phase = 0): tf.Tensor {
  const values = Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, index) => 0.1 + 0.8 * Math.abs(Math.sin(index * 1.7 + phase)),
  );
  return tf.tensor(values, shape);
}

/** ||a - b|| / ||b||, over all tensors. */
function relativeError(first: tf.Tensor[], second: tf.Tensor[]): number {
  return tf.tidy(() => {
    const norm = (tensors: tf.Tensor[]) =>
      tf.addN(tensors.map((tensor) => tensor.toFloat().square().sum())).dataSync()[0];
    const difference = norm(first.map((tensor, index) => tensor.toFloat().sub(second[index].toFloat())));
    return Math.sqrt(difference / Math.max(norm(second), 1e-30));
  });
}

type Tensors = tf.Tensor[];
type Function = (inputs: Tensors) => tf.Tensor;

/** Sum of squares of a result, which makes a scalar with a gradient everywhere. */
const scalar = (run: Function) => (inputs: Tensors) => run(inputs).toFloat().square().sum().asScalar();

function gradients(run: (inputs: Tensors) => tf.Scalar, inputs: Tensors): Tensors {
  const { grads } = tf.engine().gradients(() => run(inputs), inputs, undefined, true);
  return inputs.map((input, index) => (grads as (tf.Tensor | null)[])[index] ?? tf.zerosLike(input));
}

const image = [2, 6, 6, 3];
const kernel = [3, 3, 3, 4];

/** Name, shapes of the inputs, the function. */
const differentiable: [string, number[][], Function][] = [
  ['add, broadcast', [[2, 3], [3]], ([a, b]) => a.add(b)],
  [
    'sub, broadcast',
    [
      [2, 1, 3],
      [4, 1],
    ],
    ([a, b]) => a.sub(b),
  ],
  [
    'mul',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => a.mul(b),
  ],
  [
    'div, broadcast',
    [
      [2, 3],
      [2, 1],
    ],
    ([a, b]) => a.div(b),
  ],
  [
    'pow',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => a.pow(b),
  ],
  [
    'maximum',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => a.maximum(b.sub(0.01)),
  ],
  [
    'minimum',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => a.minimum(b.sub(0.01)),
  ],
  [
    'squaredDifference',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => a.squaredDifference(b),
  ],
  ['exp', [[5]], ([a]) => a.exp()],
  ['log', [[5]], ([a]) => a.log()],
  ['sqrt', [[5]], ([a]) => a.sqrt()],
  ['rsqrt', [[5]], ([a]) => a.rsqrt()],
  ['square', [[5]], ([a]) => a.square()],
  ['abs', [[5]], ([a]) => a.sub(0.5).abs()],
  ['neg', [[5]], ([a]) => a.neg()],
  ['reciprocal', [[5]], ([a]) => a.reciprocal()],
  ['sin and cos', [[5]], ([a]) => a.sin().mul(a.cos())],
  ['tanh', [[5]], ([a]) => a.tanh()],
  ['sigmoid', [[5]], ([a]) => a.sigmoid()],
  ['relu', [[5]], ([a]) => a.sub(0.5).relu()],
  ['leakyRelu', [[5]], ([a]) => a.sub(0.5).leakyRelu(0.1)],
  ['softplus', [[5]], ([a]) => a.softplus()],
  ['log1p and expm1', [[5]], ([a]) => a.log1p().add(a.expm1())],
  ['clipByValue', [[6]], ([a]) => a.clipByValue(0.3, 0.7)],
  ['where, broadcast', [[2, 3], [3]], ([a, b]) => tf.where(a.greater(0.5), a, b)],
  ['floor and round, without gradient', [[5]], ([a]) => a.add(tf.floor(a.mul(3))).add(a.mul(3).round())],
  ['sum over axes', [[2, 3, 4]], ([a]) => a.sum([0, 2])],
  ['mean over axes, kept', [[2, 3, 4]], ([a]) => a.mean([1], true)],
  ['max', [[3, 4]], ([a]) => a.max(1)],
  ['min', [[3, 4]], ([a]) => a.min(0, true)],
  ['norm', [[3, 4]], ([a]) => a.norm('euclidean', 1)],
  ['cumsum', [[3, 4]], ([a]) => a.cumsum(1, true)],
  ['softmax', [[3, 4]], ([a]) => a.softmax()],
  ['logSumExp', [[3, 4]], ([a]) => a.logSumExp(1)],
  [
    'matMul',
    [
      [2, 3],
      [3, 4],
    ],
    ([a, b]) => a.matMul(b),
  ],
  [
    'matMul, transposed',
    [
      [3, 2],
      [4, 3],
    ],
    ([a, b]) => a.matMul(b, true, true),
  ],
  [
    'matMul, batched',
    [
      [2, 2, 3],
      [2, 4, 3],
    ],
    ([a, b]) => tf.matMul(a, b, false, true),
  ],
  ['dot', [[3], [3]], ([a, b]) => tf.dot(a, b)],
  ['reshape and transpose', [[2, 6]], ([a]) => a.reshape([2, 2, 3]).transpose([2, 0, 1])],
  ['expandDims and squeeze', [[2, 3]], ([a]) => a.expandDims(1).mul(2).squeeze([1])],
  ['slice', [[4, 5]], ([a]) => a.slice([1, 2], [2, -1])],
  [
    'pad',
    [[2, 3]],
    ([a]) =>
      tf.pad(
        a,
        [
          [1, 0],
          [2, 1],
        ],
        0.5,
      ),
  ],
  [
    'mirrorPad',
    [[3, 4]],
    ([a]) =>
      tf.mirrorPad(
        a,
        [
          [1, 1],
          [2, 1],
        ],
        'reflect',
      ),
  ],
  [
    'concat',
    [
      [2, 3],
      [2, 2],
    ],
    ([a, b]) => tf.concat([a, b, a], 1),
  ],
  [
    'stack',
    [
      [2, 3],
      [2, 3],
    ],
    ([a, b]) => tf.stack([a, b, a], 1),
  ],
  ['unstack', [[3, 2]], ([a]) => tf.unstack(a)[1].mul(tf.unstack(a)[2])],
  ['split', [[2, 6]], ([a]) => tf.split(a, [1, 2, 3], 1)[2]],
  ['tile', [[2, 1, 3]], ([a]) => a.tile([2, 3, 2])],
  ['broadcastTo', [[2, 1, 3]], ([a]) => a.broadcastTo([4, 2, 5, 3])],
  ['gather', [[4, 3]], ([a]) => a.gather(tf.tensor1d([2, 0, 2], 'int32'))],
  ['gather along the second axis', [[4, 3]], ([a]) => a.gather(tf.tensor1d([2, 0], 'int32'), 1)],
  ['unsortedSegmentSum', [[4, 3]], ([a]) => tf.unsortedSegmentSum(a, tf.tensor1d([1, 0, 1, 1], 'int32'), 3)],
  ['reverse', [[2, 3]], ([a]) => a.reverse(1)],
  [
    'spaceToBatchND',
    [image],
    ([a]) =>
      tf.spaceToBatchND(
        a,
        [2, 2],
        [
          [0, 0],
          [1, 1],
        ],
      ),
  ],
  ['conv2d, same', [image, kernel], ([a, b]) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same')],
  ['conv2d, strided', [image, kernel], ([a, b]) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same')],
  ['conv2d, valid', [image, kernel], ([a, b]) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid')],
  [
    'conv2dTranspose',
    [[2, 4, 4, 4], kernel],
    ([a, b]) => tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 6, 6, 3], 1, 'valid'),
  ],
  ['avgPool', [image], ([a]) => tf.avgPool(a as tf.Tensor4D, 2, 2, 'valid')],
];

/** Those that tfjs can differentiate once only. */
const differentiableOnce: [string, number[][], Function][] = [
  ['prod', [[3, 4]], ([a]) => a.prod(1)],
  [
    'depthwiseConv2d',
    [image, [3, 3, 3, 2]],
    ([a, b]) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'),
  ],
  ['maxPool', [image], ([a]) => tf.maxPool(a as tf.Tensor4D, 2, 2, 'valid')],
  ['resizeBilinear', [image], ([a]) => tf.image.resizeBilinear(a as tf.Tensor4D, [4, 9])],
  ['resizeNearestNeighbor', [image], ([a]) => tf.image.resizeNearestNeighbor(a as tf.Tensor4D, [3, 9])],
  ['elu', [[5]], ([a]) => a.sub(0.5).elu()],
  ['logSoftmax', [[3, 4]], ([a]) => a.logSoftmax()],
  [
    'batchNorm',
    [image, [3], [3], [3], [3]],
    ([a, b, c, d, e]) =>
      tf.batchNorm(a as tf.Tensor4D, b as tf.Tensor1D, c as tf.Tensor1D, d as tf.Tensor1D, e as tf.Tensor1D),
  ],
  ['localResponseNormalization', [image], ([a]) => tf.localResponseNormalization(a as tf.Tensor4D)],
  [
    'fused conv2d',
    [image, kernel, [4]],
    ([a, b, c]) =>
      tf.fused.conv2d({
        x: a as tf.Tensor4D,
        filter: b as tf.Tensor4D,
        bias: c as tf.Tensor1D,
        strides: 1,
        pad: 'same',
        activation: 'relu',
      }),
  ],
  ['fused matMul', [[2, 3], [3, 4], [4]], ([a, b, c]) => tf.fused.matMul({ a, b, bias: c, activation: 'relu' })],
];

const withoutGradient: [string, number[][], (inputs: Tensors) => tf.TensorContainer][] = [
  [
    'gatherND',
    [[4, 3]],
    ([a]) =>
      tf.gatherND(
        a,
        tf.tensor2d(
          [
            [1, 2],
            [0, 0],
          ],
          [2, 2],
          'int32',
        ),
      ),
  ],
  ['stridedSlice', [[6, 5]], ([a]) => a.stridedSlice([0, 4], [6, 0], [2, -1])],
  [
    'einsum',
    [
      [2, 3],
      [3, 4],
    ],
    ([a, b]) => tf.einsum('ij,jk->ik', a, b),
  ],
  [
    'comparisons and logic',
    [[2, 3], [3]],
    ([a, b]) => a.greater(b).logicalAnd(a.lessEqual(0.7)).logicalOr(a.equal(b)).logicalNot(),
  ],
  ['any and all', [[2, 3]], ([a]) => [a.greater(0.5).any(1), a.less(0.5).all()]],
  ['argMax and argMin', [[3, 4]], ([a]) => [a.argMax(1), a.argMin(0)]],
  [
    'topk',
    [[3, 4]],
    ([a]) => {
      const { values, indices } = tf.topk(a, 2);
      return { values, indices };
    },
  ],
  ['casts', [[5]], ([a]) => [a.mul(5).toInt(), a.greater(0.5).toFloat(), a.mul(5).toInt().toBool()]],
  ['oneHot of computed classes', [[4]], ([a]) => tf.oneHot(a.mul(3).toInt(), 3)],
  ['floorDiv and mod', [[5], [5]], ([a, b]) => [a.mul(9).floorDiv(b), a.mul(9).mod(b)]],
  ['scatterND', [[2, 3]], ([a]) => tf.scatterND(tf.tensor2d([[2], [0]], [2, 1], 'int32'), a, [4, 3])],
  [
    'tensorScatterUpdate',
    [
      [4, 3],
      [2, 3],
    ],
    ([a, b]) => tf.tensorScatterUpdate(a, tf.tensor2d([[2], [0]], [2, 1], 'int32'), b),
  ],
  [
    'range, linspace, fill, eye',
    [[1]],
    ([a]) => [tf.range(0, 5, 2).add(a), tf.linspace(0, 1, 4).add(a), tf.fill([2, 2], 3).add(a), tf.eye(3).add(a)],
  ],
  ['isNaN and isFinite', [[3]], ([a]) => [a.sub(0.5).log().isNaN(), a.div(0).isFinite()]],
  ['depthToSpace', [[1, 2, 2, 8]], ([a]) => tf.depthToSpace(a as tf.Tensor4D, 2)],
  [
    'conv3d',
    [
      [1, 4, 4, 4, 2],
      [2, 2, 2, 2, 3],
    ],
    ([a, b]) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, 'same'),
  ],
  ['cropAndResize', [[1, 4, 4, 2]], ([a]) => tf.image.cropAndResize(a as tf.Tensor4D, [[0, 0, 0.5, 0.5]], [0], [3, 3])],
  [
    'moments',
    [[4, 3]],
    ([a]) => {
      const { mean, variance } = tf.moments(a, 0);
      return { mean, variance };
    },
  ],
];

/** Runs a function eagerly and compiled, twice, and compares; counts tensors. */
function assertSame(run: (inputs: Tensors) => tf.TensorContainer, inputs: Tensors, tolerance = 1e-5): void {
  const compiled = compile(run, { name: 'compiled' });
  const expected = withExecution('eager', () => compiled(inputs));
  const before = tf.memory().numTensors;
  const results = [compiled(inputs), compiled(inputs)];
  assert.equal(tf.memory().numTensors - before, 2 * flatten(expected).tensors.length, 'tensors left behind');
  const wanted = flatten(expected);
  for (const result of results) {
    const got = flatten(result);
    assert.deepEqual(got.structure, wanted.structure);
    assert.deepEqual(
      got.tensors.map(({ shape, dtype }) => ({ shape, dtype })),
      wanted.tensors.map(({ shape, dtype }) => ({ shape, dtype })),
    );
    const error = relativeError(got.tensors, wanted.tensors);
    assert.ok(error <= tolerance, `relative error ${error}`);
  }
  assert.equal(compiled.report().length, 1);
  tf.dispose([expected, results, inputs]);
  compiled.dispose();
}

describe('a compiled operation gives what the eager one gives', () => {
  const inputsOf = (shapes: number[][]) => shapes.map((shape, index) => numbers(shape, index));
  for (const [name, shapes, run] of withoutGradient) test(name, () => assertSame(run, inputsOf(shapes)));
  for (const [name, shapes, run] of [...differentiable, ...differentiableOnce]) {
    test(name, () => assertSame((inputs) => [run(inputs), ...gradients(scalar(run), inputs)], inputsOf(shapes)));
  }
  for (const [name, shapes, run] of differentiable) {
    const curvature = (inputs: Tensors) =>
      gradients(
        (given) => tf.addN(gradients(scalar(run), given).map((gradient) => gradient.square().sum())).asScalar(),
        inputs,
      );
    test(`second derivative of ${name}`, () => assertSame(curvature, inputsOf(shapes), 1e-4));
  }
});

describe('compile', () => {
  test('results may be inputs, constants, equal to one another, and in any tree', () => {
    const run = ({ x, list }: { x: tf.Tensor; list: tf.Tensor[] }) => {
      const sum = x.add(list[0]);
      return {
        same: x,
        constant: tf.tensor1d([1, 2, 3]),
        filled: tf.ones([2, 2]),
        pair: [sum, sum],
        word: 'kept',
        number: 3,
      };
    };
    const compiled = compile(run, { name: 'tree' });
    const inputs = { x: numbers([3]), list: [numbers([3], 1)] };
    const before = tf.memory().numTensors;
    const result = compiled(inputs);
    assert.equal(tf.memory().numTensors - before, 5);
    assert.deepEqual([...result.same.dataSync()], [...inputs.x.dataSync()]);
    assert.deepEqual([...result.constant.dataSync()], [1, 2, 3]);
    assert.deepEqual([...result.filled.dataSync()], [1, 1, 1, 1]);
    assert.deepEqual([result.word, result.number], ['kept', 3]);
    result.pair[0].dispose();
    assert.ok(relativeError([result.pair[1]], [inputs.x.add(inputs.list[0])]) < 1e-6);
    compiled.dispose();
  });

  test("eager or as a graph, results are the caller's own: freeing them leaves the inputs as they are", () => {
    const run = ({ x }: { x: tf.Tensor }) => {
      const twice = x.add(x);
      return { same: x, pair: [twice, twice] };
    };
    for (const how of ['compiled', 'eager'] as const) {
      const x = tf.tensor1d([1, 2]);
      const before = tf.memory().numTensors;
      const { same, pair } = withExecution(how, () => compile(run, { name: 'own' })({ x }));
      assert.equal(tf.memory().numTensors - before, 3, how);
      tf.dispose([same, pair[0]]);
      assert.deepEqual([...x.dataSync(), ...pair[1].dataSync()], [1, 2, 2, 4], how);
      tf.dispose([x, pair]);
    }
  });

  test('plain values among the inputs are settings: each combination has a graph of its own', () => {
    const compiled = compile(({ x, times }: { x: tf.Tensor; times: number }) => x.mul(times), { name: 'settings' });
    const x = tf.tensor1d([1, 2]);
    assert.deepEqual([...compiled({ x, times: 2 }).dataSync()], [2, 4]);
    assert.deepEqual([...compiled({ x, times: 3 }).dataSync()], [3, 6]);
    assert.equal(compiled.report().length, 2);
  });

  test('settings that JSON writes alike are settings of their own', () => {
    // Null is no leaf by its type; what reads a configuration may give it all the same.
    const given = [NaN, Infinity, -Infinity, null, undefined, 'NaN', 0, -0] as number[];
    const seen: number[] = [];
    const compiled = compile(
      ({ x, setting }: { x: tf.Tensor; setting: number }) => {
        seen.push(setting);
        return x.mul(2);
      },
      { name: 'alike' },
    );
    for (const setting of [...given, ...given]) compiled({ x: tf.scalar(1), setting });
    assert.deepEqual(seen, given);
  });

  test('a new shape is recorded anew, and the graph unused longest is given up', () => {
    let recorded = 0;
    const compiled = compile(([x]: Tensors) => (recorded++, x.mul(2)), { name: 'shapes', cacheSize: 2 });
    for (const size of [1, 2, 1, 3, 1, 2]) compiled([tf.ones([size])]).dispose();
    assert.equal(recorded, 4);
    const [report] = compiled.report();
    assert.match(report.signature, /^float32\[1\]/);
    assert.ok(report.nodes > 0 && report.bytes > 0 && report.traceSeconds > 0 && report.firstRunSeconds > 0);
  });

  test('a captured tensor becomes a constant; a large one is refused', () => {
    const captured = tf.tensor1d([1, 2]);
    const compiled = compile(([x]: Tensors) => x.add(captured), { name: 'capture' });
    assert.deepEqual([...compiled([tf.tensor1d([1, 1])]).dataSync()], [2, 3]);
    assert.equal(captured.isDisposed, false);
    const large = tf.range(0, 2 ** 20 + 1);
    assert.throws(() => compile(([x]: Tensors) => x.add(large), { name: 'large capture' })([tf.scalar(1)]), {
      message:
        "'large capture' cannot be compiled: a tensor of shape [1048577] (4194308 bytes) captured from outside the function " +
        'would become a constant of the graph; at most 4194304 bytes may. Pass it as an input.',
    });
  });

  test('reading values while recording is refused, and leaves tfjs as it was', () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([1, 2]);
    assert.throws(() => compile(([given]: Tensors) => given.mul(given.add(1).dataSync()[0]), { name: 'reader' })([x]), {
      message:
        "'reader' cannot be compiled: the values of a result of Add, shape [2], were read (data, dataSync, array, arraySync, " +
        'print); they do not exist before the graph runs. Keep to tensor operations, or run with compile: false, ' +
        "or in withExecution('eager', ...).",
    });
    assert.equal(tf.getBackend(), 'tensorflow');
    x.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test('values of a constant may be read, broadcast or not', () => {
    const read = (constant: () => tf.Tensor) => {
      let values: unknown;
      compile(([x]: Tensors) => ((values = constant().arraySync()), x.mul(2)), { name: 'constant' })([tf.scalar(1)]);
      return values;
    };
    const constants = [
      () => tf.tensor2d([1, 2, 3], [1, 3]).broadcastTo([2, 3]),
      () => tf.tensor3d([1, 2], [1, 2, 1], 'int32').broadcastTo([2, 2, 3]),
      () => tf.tile(tf.tensor3d([1, 2, 3, 4], [2, 1, 2]), [1, 3, 1]),
      () => tf.fill([2, 2], 16777217, 'int32'),
      () => tf.ones([2, 0]),
      () => tf.tensor2d([1, 2, 3, 4], [2, 2]),
    ];
    for (const constant of constants) assert.deepEqual(read(constant), constant().arraySync());
  });

  test('shapes that depend on values, and operations that are not listed, are named', () => {
    const x = tf.tensor1d([1, 2, 2]);
    assert.throws(
      () => compile(([given]: Tensors) => tf.unique(given as tf.Tensor1D).values, { name: 'dynamic' })([x]),
      {
        message:
          "'dynamic' cannot be compiled: UniqueV2: TensorFlow's operation UniqueV2 is not in lib/tensor/graph/operations.ts; " +
          "list it there, or run with compile: false, or in withExecution('eager', ...).",
      },
    );
    assert.throws(
      () => compile(([given]: Tensors) => tf.multinomial(given as tf.Tensor1D, 2), { name: 'draws' })([x]),
      /Multinomial/,
    );
  });

  test('an error of the graph names the function', () => {
    const compiled = compile(([x, indices]: Tensors) => x.gather(indices), { name: 'gathering' });
    assert.throws(
      () => compiled([tf.ones([3]), tf.tensor1d([7], 'int32')]),
      /^Error: 'gathering': .*indices\[0\] = 7/s,
    );
  });

  test('inside another compiled function, or under a gradient, it is simply called', () => {
    const inner = compile(([x]: Tensors) => x.square(), { name: 'inner' });
    const outer = compile(([x]: Tensors) => inner([x]).add(1), { name: 'outer' });
    assert.deepEqual([...outer([tf.tensor1d([3])]).dataSync()], [10]);
    assert.deepEqual(
      [
        ...tf
          .grad((x) => inner([x]))(tf.tensor1d([3]))
          .dataSync(),
      ],
      [6],
    );
    assert.equal(inner.report().length, 0);
  });

  test('after dispose() it refuses to run; nothing is left in the temporary folder', (context) => {
    // A folder of its own: other processes put graphs into the machine's.
    const usual = process.env.TMPDIR;
    const folder = mkdtempSync(path.join(tmpdir(), 'haba-compile-'));
    process.env.TMPDIR = folder;
    context.after(() => {
      if (usual === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = usual;
      rmSync(folder, { recursive: true });
    });
    const compiled = compile(([x]: Tensors) => x.mul(2), { name: 'gone' });
    compiled([tf.scalar(1)]).dispose();
    compiled.dispose();
    assert.throws(() => compiled([tf.scalar(1)]), { message: "'gone' was called after its dispose()." });
    assert.deepEqual(readdirSync(folder), []);
  });

  test('a leaf that is no plain value is refused', () => {
    const compiled = compile(({ x }: { x: tf.Tensor }) => x, { name: 'leaves' });
    assert.throws(() => compiled({ x: (() => 0) as unknown as tf.Tensor }), {
      message: 'A tree of tensors holds tensors, numbers, strings and booleans; got a function.',
    });
  });

  test('constants of one value cost nothing: gradients of means make no large tensors', () => {
    const compiled = compile(
      ([x]: Tensors) => gradients(([given]) => given.square().mean([1, 2], true).sum().asScalar(), [x]),
      { name: 'mean' },
    );
    tf.dispose(compiled([numbers([4, 64, 64, 8])]));
    assert.ok(compiled.report()[0].bytes < 2000);
  });
});
