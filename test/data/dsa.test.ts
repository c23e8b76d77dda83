import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { augmentations, createAugmentation, strategyNames } from '../../lib/data/dsa';
import { nativeAugmentations } from '../../lib/data/native-augmentations';
import { plainAugmentations, type AugmentationDraws, type AugmentationName } from '../../lib/data/plain-augmentations';
import { ourDrawName } from '../../lib/tools/parity/golden-augmentation';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { imagesFromPyTorch } from '../../lib/tensor/layout';
import { Random } from '../../lib/tensor/random';
import { readSafetensors } from '../../lib/files/safetensors';
import { toTensor } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';

before(async () => {
  await useBackend();
});

const all = 'color_crop_cutout_flip_scale_rotate';
const strategies = all.split('_');

const relativeError = (value: tf.Tensor, expected: tf.Tensor) =>
  tf.tidy(() => value.sub(expected).norm().div(expected.norm()).dataSync()[0]);

const someImages = (seed: number, shape = [4, 8, 8, 3]) => Random.stream(seed, 'test').normal(shape) as tf.Tensor4D;

// Color is three of them, one after the other.
for (const name of (Object.keys(augmentations) as AugmentationName[]).filter((name) => name !== 'color')) {
  const file = path.join(__dirname, `../../../shared/fixtures/augment-${name}.safetensors`);
  test(
    `${name}: value and gradient of the authors' code`,
    { skip: existsSync(file) ? false : 'no fixtures here' },
    () => {
      tf.tidy(() => {
        const { tensors } = readSafetensors(file);
        const images = (name: string) => imagesFromPyTorch(toTensor(tensors[name])) as tf.Tensor4D;
        const drawn = Object.keys(tensors).filter((key) => key.startsWith('draw.'));
        const draws: AugmentationDraws = Object.fromEntries(
          drawn.map((key) => [ourDrawName(key.slice('draw.'.length)), toTensor(tensors[key]).toFloat() as tf.Tensor1D]),
        );
        const augment = (given: tf.Tensor) => augmentations[name](given as tf.Tensor4D, draws);
        assert.ok(relativeError(augment(images('x')), images('y')) < 1e-4);
        assert.ok(relativeError(tf.grad(augment)(images('x'), images('grad.y')), images('grad.x')) < 1e-4);
      });
    },
  );
}

test('small cases worked out by hand', () => {
  tf.tidy(() => {
    // One row of four pixels, values 1 to 4.
    const row = tf.tensor4d([1, 2, 3, 4], [1, 1, 4, 1]);
    const draw = (value: number) => tf.tensor1d([value]);
    const apply = (name: AugmentationName, draws: AugmentationDraws) => [...augmentations[name](row, draws).dataSync()];
    assert.deepEqual(apply('brightness', { uniform: draw(0.75) }), [1.25, 2.25, 3.25, 4.25]);
    assert.deepEqual(apply('contrast', { uniform: draw(0) }), [1.75, 2.25, 2.75, 3.25]);
    assert.deepEqual(apply('crop', { verticalShift: draw(0), horizontalShift: draw(2) }), [3, 4, 0, 0]);
    assert.deepEqual(apply('crop', { verticalShift: draw(1), horizontalShift: draw(0) }), [0, 0, 0, 0]);
    // Half of the width, two pixels, centred before pixel 1. Half of a height of 1 rounds up to 1.
    assert.deepEqual(apply('cutout', { verticalCentre: draw(0), horizontalCentre: draw(1) }), [0, 0, 3, 4]);
    assert.deepEqual(apply('flip', { uniform: draw(0.49) }), [4, 3, 2, 1]);
    assert.deepEqual(apply('flip', { uniform: draw(0.5) }), [1, 2, 3, 4]);
    // Twice as far from the centre (1.5): places -1.5, 0.5, 2.5, 4.5.
    assert.deepEqual(apply('scale', { horizontalScale: draw(2), verticalScale: draw(1) }), [0, 1.5, 3.5, 0]);
    const grey = augmentations.saturation(tf.tensor4d([1, 2, 6], [1, 1, 1, 3]), { uniform: draw(0) });
    assert.deepEqual([...grey.dataSync()], [3, 3, 3]);
    const turned = augmentations.rotate(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), { angle: draw(Math.PI / 2) });
    assert.deepEqual(
      [...turned.dataSync()].map((value) => Math.round(value * 1e4) / 1e4),
      [2, 4, 1, 3],
    );
  });
});

test('rotation of an image that is not square turns each axis in its own units, as PyTorch does', () => {
  tf.tidy(() => {
    // A quarter turn of 1 x 3 pixels: the target's row is the source's column x = 0, for y from -1 to 1.
    const turned = augmentations.rotate(tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 3, 2, 1]), {
      angle: tf.tensor1d([Math.PI / 2]),
    });
    assert.deepEqual(
      [...turned.dataSync()].map((value) => Math.round(value * 1e3) / 1e3),
      [2, 6, 1.5, 5.5, 1, 5],
    );
  });
});

for (const name of strategies) {
  test(`${name}: shared draws do to every image what they do to one`, () => {
    tf.tidy(() => {
      const augmentation = createAugmentation(name);
      const draws = augmentation.draw(Random.stream(3, 'test'), 1);
      const images = someImages(1);
      const together = augmentation.apply(images, draws);
      const apart = tf.unstack(images).map((image) => augmentation.apply(image.expandDims(0), draws));
      assert.ok(relativeError(together, tf.concat(apart)) < 1e-6);
      assert.deepEqual(together.shape, images.shape);
    });
  });

  test(`${name}: an image's own draws are its alone`, () => {
    tf.tidy(() => {
      const augmentation = createAugmentation(name);
      const { strategy, uniforms } = augmentation.draw(Random.stream(3, 'test'), 4);
      const images = someImages(1);
      const together = augmentation.apply(images, { strategy, uniforms });
      const third = augmentation.apply(images.slice([2], [1]), {
        strategy,
        uniforms: uniforms!.slice([0, 2], [-1, 1]),
      });
      assert.ok(relativeError(together.slice([2], [1]), third) < 1e-6);
    });
  });

  test(`${name}: the gradient is that of central differences, and differentiable again`, () => {
    tf.tidy(() => {
      const augmentation = createAugmentation(name);
      const draws = augmentation.draw(Random.stream(5, 'test'), 2);
      const [images, direction] = [someImages(1, [2, 6, 6, 3]), someImages(2, [2, 6, 6, 3])];
      const loss = (given: tf.Tensor) =>
        augmentation
          .apply(given as tf.Tensor4D, draws)
          .square()
          .mul(0.5)
          .sum();
      const gradient = tf.grad(loss);
      // The loss is quadratic, so that central differences are exact up to rounding.
      const slope = loss(images.add(direction))
        .sub(loss(images.sub(direction)))
        .div(2);
      assert.ok(relativeError(gradient(images).mul(direction).sum(), slope) < 1e-3);
      // Hessian times direction = J^T (J direction): augmentation is affine in the image.
      const second = tf.grad((given: tf.Tensor) => gradient(given).mul(direction).sum())(images);
      const expected = gradient(images.add(direction)).sub(gradient(images));
      assert.ok(relativeError(second, expected) < 1e-3);
    });
  });
}

test('one strategy of the list serves a batch, and each gets its turn', () => {
  const augmentation = createAugmentation(all);
  const random = Random.stream(0, 'test');
  const counts = new Array<number>(6).fill(0);
  tf.tidy(() => {
    for (let batch = 0; batch < 600; batch++) counts[augmentation.draw(random, 1).strategy!.dataSync()[0]]++;
  });
  counts.forEach((count) => assert.ok(count > 60 && count < 140, `counts: ${counts}`));
});

test('equal seeds, equal draws', () => {
  tf.tidy(() => {
    const draw = () => createAugmentation(all).draw(Random.stream(11, 'test'), 5).uniforms!.dataSync();
    assert.deepEqual(draw(), draw());
    assert.equal(draw().length % 5, 0);
  });
});

test('compiled and eager agree for every strategy, value and gradient', () => {
  const augmentation = createAugmentation(all);
  const step = ({ images, draws }: { images: tf.Tensor4D; draws: ReturnType<typeof augmentation.draw> }) => {
    const loss = (given: tf.Tensor) =>
      augmentation
        .apply(given as tf.Tensor4D, draws)
        .square()
        .sum();
    return { augmented: augmentation.apply(images, draws), gradient: tf.grad(loss)(images) };
  };
  const compiled = compile(step, { name: 'augmentation' });
  tf.tidy(() => {
    for (let strategy = 0; strategy < strategies.length; strategy++) {
      const { uniforms } = augmentation.draw(Random.stream(strategy, 'test'), 4);
      const inputs = { images: someImages(2), draws: { strategy: tf.scalar(strategy, 'int32'), uniforms } };
      const [fast, slow] = [compiled(inputs), step(inputs)];
      assert.ok(relativeError(fast.augmented, slow.augmented) < 1e-5, strategies[strategy]);
      assert.ok(relativeError(fast.gradient, slow.gradient) < 1e-5, strategies[strategy]);
    }
  });
  compiled.dispose();
});

test("'none' returns the images as they are", () => {
  const augmentation = createAugmentation('none');
  const images = someImages(0);
  assert.equal(augmentation.apply(images, augmentation.draw(Random.stream(0, 'test'), 4)), images);
  images.dispose();
});

test('an augmentation that has no native form is computed by its plain operations', () => {
  const { flip } = nativeAugmentations;
  delete nativeAugmentations.flip;
  try {
    tf.tidy(() => {
      const [images, uniform] = [someImages(3), tf.tensor1d([0.2, 0.7, 0.4, 0.9])];
      const expected = plainAugmentations.flip(images, { uniform });
      assert.deepEqual(augmentations.flip(images, { uniform }).dataSync(), expected.dataSync());
      const augmentation = createAugmentation('flip');
      const draws = augmentation.draw(Random.stream(1), 4);
      assert.deepEqual(augmentation.apply(images, draws).shape, images.shape);
    });
  } finally {
    nativeAugmentations.flip = flip;
  }
});

test('the names of strategies are those that a list is made of', () => {
  assert.deepEqual(strategyNames, strategies);
});

test('an unknown augmentation is refused, the legal ones listed', () => {
  assert.throws(() => createAugmentation('color_blur'), {
    name: 'RangeError',
    message:
      "There is no augmentation 'blur' in 'color_blur'; allowed are color, crop, cutout, flip, scale, rotate, or 'none'.",
  });
  assert.throws(() => createAugmentation('toString'), /There is no augmentation 'toString'/);
});

test('no tensor is left behind', () => {
  const augmentation = createAugmentation(all);
  const images = someImages(0);
  const start = tf.memory().numTensors;
  const draws = augmentation.draw(Random.stream(0, 'test'), 4);
  const augmented = tf.tidy(() => augmentation.apply(images, draws));
  tf.dispose([augmented, draws]);
  assert.equal(tf.memory().numTensors, start);
  images.dispose();
});
