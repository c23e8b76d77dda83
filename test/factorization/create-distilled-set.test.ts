import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { multiFormation } from '../../lib/factorization/multi-formation';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';

before(() => useBackend());

const inputs = { imageShape: [8, 8, 3] as const, classCount: 2 };
const int32 = (values: number[]) => tf.tensor1d(values, 'int32');

/** Image i is all i: which image a pixel came from can be read off. */
const numbered: ImageSource = {
  ...smallSource({ perClass: 20 }),
  batch: (indices) => tf.tile(tf.tensor4d(Array.from(indices), [indices.length, 1, 1, 1]), [1, 8, 8, 3]),
};

test('stored images start from distinct real images of their class, class by class', () => {
  const set = createDistilledSet({ kind: 'images', ipc: 3, ...inputs });
  assert.deepEqual([set.itemCount, set.perClass, set.views, set.formations], [6, 3, 1, 1]);
  const parameters = set.init(Random.stream(0, 'test'), numbered);
  const images = Array.from(tf.tidy(() => parameters.bases.mean([1, 2, 3]).dataSync()));
  assert.equal(new Set(images).size, 6);
  assert.deepEqual(
    images.map((image) => numbered.labels[image]),
    [0, 0, 0, 1, 1, 1],
  );
  assert.deepEqual([...set.labels([0, 2, 3, 5])], [0, 0, 1, 1]);
  disposeAll(parameters);
});

test('a choice is a row each, in the order asked for; nothing is left behind', () => {
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    const set = createDistilledSet({ kind: 'images', ipc: 2, ...inputs });
    const parameters = set.init(Random.stream(0, 'test'), smallSource());
    const images = set.images(parameters, { items: int32([3, 0, 3]), hallucinators: int32([0, 0, 0]) });
    assertClose(images, tf.gather(parameters.bases, [3, 0, 3]).dataSync<'float32'>(), 0);
  });
  assert.equal(tf.memory().numTensors, tensors);
});

test('single-channel bases are the mean of the channels; hallucinations are colour images', () => {
  tf.tidy(() => {
    const source = smallSource();
    const haba = { kind: 'haba', basesPerClass: 2, hallucinators: 3, ...inputs } as const;
    const single = createDistilledSet({ ...haba, channels: 'single' });
    const colour = createDistilledSet(haba).init(Random.stream(4, 'test'), source);
    const parameters = single.init(Random.stream(4, 'test'), source);
    assert.deepEqual(parameters.bases.shape, [4, 8, 8, 1]);
    assertClose(parameters.bases, colour.bases.mean(3).dataSync<'float32'>());
    const choice = { items: int32([0, 3]), hallucinators: int32([2, 1]) };
    assert.deepEqual(single.images(parameters, choice).shape, [2, 8, 8, 3]);
  });
});

test('multi-formation: each crop starts as a real image of the class; rows run formation by formation', () => {
  for (const factor of [2, 3]) {
    tf.tidy(() => {
      const set = createDistilledSet({ kind: 'images', ipc: 2, factor, ...inputs });
      const parameters = set.init(Random.stream(2, 'test'), numbered);
      const images = set.images(parameters, { items: int32([0, 1, 2, 3]), hallucinators: int32([0, 0, 0, 0]) });
      assert.deepEqual(images.shape, [4 * factor ** 2, 8, 8, 3]);
      const labels = set.labels([0, 1, 2, 3]);
      assert.equal(labels.length, images.shape[0]);
      // 3 does not divide 8: the last crops of a side end in what continues the image.
      const corners = images.slice([0, 0, 0, 0], [-1, 4, 4, -1]);
      const [lowest, highest] = [corners.min([1, 2, 3]).dataSync(), corners.max([1, 2, 3]).dataSync()];
      for (const [row, label] of labels.entries()) {
        assert.ok(highest[row] - lowest[row] < 1e-4, `row ${row} of factor ${factor} mixes images`);
        assert.equal(numbered.labels[Math.round(lowest[row])], label, `row ${row} of factor ${factor}`);
      }
    });
  }
});

test('HaBa on multi-formation: a basis is cut first, then every crop goes through the hallucinator of the basis', () => {
  tf.tidy(() => {
    const haba = { kind: 'haba', basesPerClass: 1, hallucinators: 2, ...inputs } as const;
    const whole = createDistilledSet(haba);
    const cut = createDistilledSet({ ...haba, factor: 2 });
    const parameters = cut.init(Random.stream(2, 'test'), smallSource());
    const hallucinators = int32([1, 0]);
    const crops = multiFormation(parameters.bases as tf.Tensor4D, 2);
    const expected = whole.images(
      { ...parameters, bases: crops },
      { items: tf.range(0, 8, 1, 'int32'), hallucinators: int32([1, 0, 1, 0, 1, 0, 1, 0]) },
    );
    const images = cut.images(parameters, { items: int32([0, 1]), hallucinators });
    assertClose(images, expected.dataSync<'float32'>());
  });
});

test('noise needs no real images; the seed decides', () => {
  const set = createDistilledSet({ kind: 'images', ipc: 50, initialisation: 'noise', ...inputs });
  const [one, same, other] = [1, 1, 2].map((seed) => set.init(Random.stream(seed, 'test'), numbered));
  tf.tidy(() => {
    assert.deepEqual(one.bases.dataSync(), same.bases.dataSync());
    assert.notDeepEqual(one.bases.dataSync(), other.bases.dataSync());
    const { mean, variance } = tf.moments(one.bases);
    assert.ok(Math.abs(mean.dataSync()[0]) < 0.05 && Math.abs(variance.dataSync()[0] - 1) < 0.05);
  });
  disposeAll(one, same, other);
});

test('a kernel larger than the images is refused with both sizes', () => {
  assert.throws(
    () => createDistilledSet({ kind: 'haba', basesPerClass: 1, hallucinators: 1, kernelSize: 9, ...inputs }),
    /'set\.kernelSize', is 9; for images of 8x8 allowed are 1 to 8/,
  );
});

test('more images than a class has are refused with both numbers', () => {
  const set = createDistilledSet({ kind: 'images', ipc: 21, ...inputs });
  assert.throws(() => set.init(Random.stream(0, 'test'), numbered), /21 images per class.*class 0 has 20/);
});
