import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createNetwork } from '../../lib/networks/create-network';
import { networkNames } from '../../lib/networks/network-families';
import { crossEntropy } from '../../lib/networks/loss';
import { useBackend } from '../../lib/tensor/backend';
import { valueAndGradients } from '../../lib/tensor/gradient';
import { disposeAll, floatCount } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

const cifar = { imageShape: [32, 32, 3] as const, classCount: 10 };

// Of the networks in PyTorch: sum(p.numel() for p in network.parameters()).
const sizes: Record<string, number> = {
  ConvNet: 320_010,
  AlexNet: 1_872_202,
  VGG11: 9_231_114,
  ResNet18: 11_173_962,
  ResNet18_AP: 11_250_762,
  LeNet: 62_006,
  MLP: 411_146,
};

for (const name of networkNames()) {
  test(`${name}: as many parameters as in PyTorch, logits for every image, a gradient for every weight`, () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const network = createNetwork({ name, ...cifar });
      const parameters = network.init(Random.stream(0, 'test'));
      assert.equal(floatCount(parameters), sizes[name]);
      const images = Random.stream(1, 'test').normal([2, 32, 32, 3]) as tf.Tensor4D;
      const labels = tf.tensor1d([0, 7], 'int32');
      const logits = network.apply(parameters, images);
      assert.deepEqual(logits.shape, [2, 10]);
      assert.deepEqual(
        logits.dataSync(),
        network.classify(parameters, network.features(parameters, images)).dataSync(),
      );
      const { gradients } = valueAndGradients(
        (current) => crossEntropy(network.apply(current, images), labels),
        parameters,
      );
      for (const [key, gradient] of Object.entries(gradients)) {
        const norm = gradient.norm().dataSync()[0];
        assert.ok(Number.isFinite(norm), key);
        if (key.endsWith('.weight')) assert.ok(norm > 0, key);
      }
    });
    assert.equal(tf.memory().numTensors, before);
  });

  test(`${name}: 64x64 colour and 28x28 grey images`, () => {
    for (const imageShape of [[64, 64, 3] as const, [28, 28, 1] as const]) {
      tf.tidy(() => {
        const network = createNetwork({ name, imageShape, classCount: 3 });
        const parameters = network.init(Random.stream(0, 'test'));
        assert.deepEqual(network.apply(parameters, tf.zeros([2, ...imageShape])).shape, [2, 3]);
      });
    }
  });
}

test('AlexNet, VGG11 and ResNet18 have as many parameters for 64x64 images as for 32x32: they average their last map', () => {
  for (const name of ['AlexNet', 'VGG11', 'ResNet18']) {
    const network = createNetwork({ name, imageShape: [64, 64, 3], classCount: 10 });
    assert.equal(
      tf.tidy(() => floatCount(network.init(Random.stream(0, 'test')))),
      sizes[name],
    );
  }
});

test('normalisations of ConvNet: every image by itself, unless there is none; groups must be of one size', () => {
  tf.tidy(() => {
    const images = Random.stream(1, 'test').normal([2, 16, 16, 3]) as tf.Tensor4D;
    for (const normalisation of ['instance', 'group', 'layer', 'none'] as const) {
      const network = createNetwork({
        name: 'ConvNet',
        normalisation,
        width: 8,
        depth: 1,
        imageShape: [16, 16, 3],
        classCount: 2,
      });
      const parameters = network.init(Random.stream(0, 'test'));
      // Without its bias a normalised layer forgets how large its inputs are.
      parameters['features.0.bias'] = tf.zeros([8]);
      const [features, enlarged] = [images, images.mul<tf.Tensor4D>(100)].map((x) => network.features(parameters, x));
      const change = features.sub(enlarged).norm().div(features.norm()).dataSync()[0];
      assert.equal(change < 1e-3, normalisation !== 'none', `${normalisation}: ${change}`);
    }
    const uneven = createNetwork({ name: 'ConvNet', normalisation: 'group', width: 6, ...cifar });
    assert.throws(
      () => uneven.features(uneven.init(Random.stream(0, 'test')), tf.zeros([1, 32, 32, 3])),
      /4 groups of one size, and there are 6; choose a width that 4 divides/,
    );
  });
});

test("first values are PyTorch's defaults: uniform within 1 / sqrt(fan-in), normalisations 1 and 0", () => {
  const parameters = createNetwork({ name: 'VGG11', ...cifar }).init(Random.stream(3, 'test'));
  const fanIns: Record<string, number> = { 'features.0': 27, 'features.11': 256 * 9, classifier: 512 };
  for (const [name, fanIn] of Object.entries(fanIns)) {
    const bound = 1 / Math.sqrt(fanIn);
    const values = parameters[`${name}.weight`].dataSync<'float32'>();
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest < bound * (1 + 1e-6) && largest > 0.95 * bound, `${name}: ${largest} for ${bound}`);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    assert.ok(Math.abs(variance / (bound ** 2 / 3) - 1) < 0.1, name);
    assert.ok(parameters[`${name}.bias`].abs().max().dataSync()[0] < bound * (1 + 1e-6), name);
  }
  assert.deepEqual([...new Set(parameters['features.1.weight'].dataSync())], [1]);
  assert.deepEqual([...new Set(parameters['features.1.bias'].dataSync())], [0]);
  disposeAll(parameters);
});

test('the same seed draws the same network, another seed another one', () => {
  const network = createNetwork({ name: 'LeNet', ...cifar });
  const first = (seed: number) => tf.tidy(() => network.init(Random.stream(seed, 'test'))['fc_2.weight'].dataSync());
  assert.deepEqual(first(5), first(5));
  assert.notDeepEqual(first(5), first(6));
});

test('an unknown network, and images too small for one: what is allowed is said', () => {
  assert.throws(
    () => createNetwork({ name: 'Transformer', ...cifar }),
    /'Transformer'; registered are ConvNet, AlexNet, VGG11/,
  );
  assert.throws(() => createNetwork({ name: 'constructor', ...cifar }), /There is no network/);
  assert.throws(() => createNetwork({ name: 'VGG11', imageShape: [16, 16, 3], classCount: 2 }), /at least.*16x16/);
  assert.throws(
    () => createNetwork({ name: 'ConvNet', depth: 6, ...cifar }),
    /6 poolings leave nothing of images of 32x32/,
  );
});

test('second derivatives through maximum pooling agree with finite differences', () => {
  tf.tidy(() => {
    const network = createNetwork({
      name: 'ConvNet',
      width: 3,
      depth: 2,
      pooling: 'max',
      activation: 'sigmoid',
      imageShape: [8, 8, 2],
      classCount: 3,
    });
    const random = Random.stream(2, 'test');
    const parameters = network.init(random);
    const images = random.normal([2, 8, 8, 2]) as tf.Tensor4D;
    const direction = random.normal([2, 8, 8, 2]) as tf.Tensor4D;
    const labels = tf.tensor1d([0, 2], 'int32');
    const squaredGradient = (x: tf.Tensor) => {
      const { gradients } = valueAndGradients(
        (current) => crossEntropy(network.apply(current, x as tf.Tensor4D), labels),
        parameters,
      );
      return tf.addN(Object.values(gradients).map((gradient) => gradient.square().sum())).asScalar();
    };
    const { gradients } = valueAndGradients(({ x }) => squaredGradient(x), { x: images });
    const along = gradients.x.mul(direction).sum().dataSync()[0];
    const step = 1e-2;
    const difference =
      (squaredGradient(images.add(direction.mul(step))).dataSync()[0] -
        squaredGradient(images.sub(direction.mul(step))).dataSync()[0]) /
      (2 * step);
    assert.ok(Math.abs(along - difference) <= 0.02 * Math.abs(difference), `${along} is not ${difference}`);
  });
});
