import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { hallucinate, initHallucinators } from '../../lib/factorization/hallucinator';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { disposeAll, floatCount } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';

before(() => useBackend());

/** Two hallucinators that make 4x5 colour images of grey bases, two channels in the middle. */
const stacked = () => ({
  'enc.weight': wave([2, 3, 3, 1, 2], 0.1),
  'enc.bias': wave([2, 2], 0.2),
  scale: wave([2, 2, 3, 2], 0.3),
  shift: wave([2, 2, 3, 2], 0.4),
  'dec.weight': wave([2, 3, 3, 3, 2], 0.5),
  'dec.bias': wave([2, 3], 0.6),
});

// PyTorch 2.5 in double precision: conv2d, scale and shift, conv_transpose2d; the loss is the sum of squares / 100.
const golden: Record<string, { first: number[]; norm: number }> = {
  'enc.weight': { first: [1.173932, 1.704384, 0.338899, 0.431779], norm: 17.168759 },
  'enc.bias': { first: [0.879034, 1.196302, 4.131593, 4.163911], norm: 6.05079 },
  scale: { first: [1.820141, 5.101971, 0.702297, 1.253348], norm: 24.071233 },
  shift: { first: [0.654098, 1.281201, 0.734105, 0.372358], norm: 5.39949 },
  'dec.weight': { first: [0.118051, 0.674161, 0.25887, 0.929805], norm: 10.581869 },
  'dec.bias': { first: [0.210899, 0.389802, 0.380165, 0.342222], norm: 0.964958 },
  bases: { first: [0.20625, 3.320235, 3.257052, -0.098439], norm: 14.395716 },
};

test('images and all gradients are those of PyTorch, each basis through its own hallucinator', () => {
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    const chosen = tf.tensor1d([1, 0, 1], 'int32');
    const parameters = { ...stacked(), bases: wave([3, 4, 5, 1], 0.7) };
    const images = hallucinate(parameters, parameters.bases as tf.Tensor4D, chosen);
    assert.deepEqual(images.shape, [3, 4, 5, 3]);
    const firstRow = [
      1.886339, 2.150234, -1.459431, -7.76966, -5.1521, 5.714255, 3.637325, -8.776576, -6.924814, 5.340836, 5.673358,
      -3.716297, -0.790299, 4.772136, 2.108482,
    ];
    assertClose(images.slice([0, 0], [1, 1]), firstRow);
    assertClose(images.slice([1, 2], [1, 1, 2]), [6.653746, 5.091122, -3.776706, -1.53735, 6.376261, 4.851254]);
    const { value, gradients } = valueAndGradients(
      (current) =>
        hallucinate(current, current.bases as tf.Tensor4D, chosen)
          .square()
          .sum()
          .div(100),
      parameters,
    );
    assertClose(value, [32.438024]);
    for (const [name, { first, norm }] of Object.entries(golden)) {
      assertClose(gradients[name].flatten().slice(0, 4), first);
      assertClose(gradients[name].norm(), [norm]);
    }
  });
  assert.equal(tf.memory().numTensors, tensors);
});

test('one hallucinator alone is the one of a stack', () => {
  tf.tidy(() => {
    const bases = wave([2, 4, 5, 1], 0.9) as tf.Tensor4D;
    const all = stacked();
    const second = Object.fromEntries(Object.entries(all).map(([name, tensor]) => [name, tensor.slice(1, 1)]));
    const alone = hallucinate(second, bases, tf.tensor1d([0, 0], 'int32'));
    assertClose(hallucinate(all, bases, tf.tensor1d([1, 1], 'int32')), alone.dataSync());
  });
});

test("pinned defaults: the authors' 5,568 floats each, affine maps that start at 1 and 0", () => {
  const options = { imageShape: [32, 32, 3] as const, hallucinators: 5, baseChannels: 3 };
  const parameters = initHallucinators(Random.stream(0, 'test'), options);
  assert.equal(floatCount(parameters), 5 * 5_568);
  assert.deepEqual(parameters.scale.shape, [5, 30, 30, 3]);
  tf.tidy(() => {
    assert.equal(parameters.scale.sub(1).abs().max().dataSync()[0], 0);
    assert.equal(parameters.shift.abs().max().dataSync()[0], 0);
    // PyTorch: uniform within 1 / sqrt(fan-in); of a transposed convolution the fan-in is over output channels.
    for (const name of ['enc.weight', 'dec.weight', 'enc.bias', 'dec.bias']) {
      const largest = parameters[name].abs().max().dataSync()[0];
      assert.ok(largest <= Math.fround(1 / Math.sqrt(27)) && largest > 0.5 / Math.sqrt(27), name);
    }
  });
  disposeAll(parameters);
});

test('identity filters without noise pass colour and grey bases through, but for the border', () => {
  for (const baseChannels of [3, 1]) {
    tf.tidy(() => {
      const parameters = initHallucinators(Random.stream(0, 'test'), {
        imageShape: [6, 7, 3],
        hallucinators: 2,
        baseChannels,
        hallucinatorInitialisation: 'identity',
        identityNoise: 0,
      });
      const bases = wave([2, 6, 7, baseChannels], 0.3) as tf.Tensor4D;
      const images = hallucinate(parameters, bases, tf.tensor1d([0, 1], 'int32'));
      const inner = (batch: tf.Tensor4D) => batch.slice([0, 1, 1, 0], [2, 4, 5, batch.shape[3]]);
      const expected = baseChannels === 3 ? inner(bases) : tf.tile(inner(bases), [1, 1, 1, 3]);
      assertClose(inner(images), expected.dataSync());
    });
  }
});
