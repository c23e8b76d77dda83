import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assembleDataset, type Dataset } from '../../lib/data/dataset';
import { holdOut } from '../../lib/data/hold-out';
import type { ImageSource, PreparedDataset } from '../../lib/data/image-source';
import { prepareDataset } from '../../lib/data/prepare';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

let cacheFolder: string;
before(async () => {
  await useBackend();
  cacheFolder = mkdtempSync(path.join(tmpdir(), 'haba-prepare-'));
});
after(() => rmSync(cacheFolder, { recursive: true, force: true }));

/** Random 4x4 images of three classes. */
function smallDataset(seed = 0): Dataset {
  const random = Random.stream(seed, 'test');
  const split = (count: number) => ({
    images: Uint8Array.from(random.integers(count * 48, 256)),
    labels: Uint8Array.from({ length: count }, (_, index) => index % 3),
    count,
  });
  return assembleDataset({
    name: 'small',
    imageShape: [4, 4, 3],
    classNames: ['a', 'b', 'c'],
    train: split(60),
    test: split(7),
    mean: [0.5, 0.4, 0.3],
    deviation: [0.2, 0.25, 0.5],
  });
}

/** What disposes of a prepared dataset however the test ends. */
function using(prepared: PreparedDataset, run: (prepared: PreparedDataset) => void): void {
  try {
    run(prepared);
  } finally {
    prepared.dispose();
  }
}

test('a batch holds (pixel / 255 - mean) / deviation of the images asked for, in their order', () => {
  const dataset = smallDataset();
  using(prepareDataset(dataset, { whitening: 'normalise' }), ({ train, test: tested }) => {
    assert.deepEqual([train.count, tested.count, train.classCount, ...train.imageShape], [60, 7, 3, 4, 4, 3]);
    const indices = [59, 0, 59, 7];
    const batch = train.batch(indices);
    assert.deepEqual(batch.shape, [4, 4, 4, 3]);
    batch.dataSync().forEach((value, place) => {
      const pixel = dataset.train.images[indices[Math.floor(place / 48)] * 48 + (place % 48)];
      const expected = (pixel / 255 - dataset.mean[place % 3]) / dataset.deviation[place % 3];
      assert.ok(Math.abs(value - expected) < 1e-5, `${value} is not ${expected}`);
    });
    batch.dispose();
  });
});

test('indices of a class are those of its images, in stored order', () => {
  using(prepareDataset(smallDataset(), { whitening: 'normalise' }), ({ test: tested }) => {
    assert.deepEqual(
      tested.indicesOfClass.map((indices) => [...indices]),
      [
        [0, 3, 6],
        [1, 4],
        [2, 5],
      ],
    );
  });
});

for (const whitening of ['normalise', 'zca'] as const) {
  test(`${whitening}: network inputs become the very pixels again, and nothing is left behind`, () => {
    const dataset = smallDataset();
    const tensors = tf.memory().numTensors;
    using(prepareDataset(dataset, { whitening, cacheFolder }), (prepared) => {
      const { test: tested } = prepared;
      const owned = tf.memory().numTensors;
      const batch = tested.batch([0, 1, 2, 3, 4, 5, 6]);
      assert.deepEqual(prepared.toPixels(batch), dataset.test.images);
      batch.dispose();
      tf.dispose(prepared.statistics());
      assert.equal(tf.memory().numTensors, owned);
    });
    assert.equal(tf.memory().numTensors, tensors);
  });
}

test('pixels beyond 0 and 255 are clipped', () => {
  using(prepareDataset(smallDataset(), { whitening: 'normalise' }), (prepared) => {
    const images = tf.tensor4d([-100, 100, 0], [1, 1, 1, 3]);
    assert.deepEqual([...prepared.toPixels(images)], [0, 255, 77]);
    images.dispose();
  });
});

test('ZCA makes the covariance of training images C (C + 0.1 I)^-1, and is fitted on the training split alone', () => {
  const dataset = smallDataset();
  using(prepareDataset(dataset, { whitening: 'zca', cacheFolder }), ({ train }) => {
    tf.tidy(() => {
      const pixels = tf.tensor2d(
        Float32Array.from(dataset.train.images, (value) => value / 255),
        [60, 48],
      );
      const covariance = (images: tf.Tensor2D) => {
        const centred = images.sub(images.mean(0));
        return tf.matMul(centred, centred, true).div(59);
      };
      const before = covariance(pixels);
      const whitened = covariance(train.batch(Int32Array.from({ length: 60 }, (_, index) => index)).reshape([60, 48]));
      // W C W = C (C + 0.1 I)^-1, so that W C W (C + 0.1 I) = C.
      const product = tf.matMul(whitened, before.add(tf.eye(48).mul(0.1)));
      assert.ok(product.sub(before).norm().div(before.norm()).dataSync()[0] < 1e-4);
    });
  });
});

test('a fitted ZCA is kept; a cached file that is not whole is fitted anew', () => {
  const folder = path.join(cacheFolder, 'own');
  const values = () => {
    let result: Float32Array | undefined;
    using(prepareDataset(smallDataset(1), { whitening: 'zca', cacheFolder: folder }), ({ test: tested }) => {
      const batch = tested.batch([3, 1]);
      result = batch.dataSync<'float32'>();
      batch.dispose();
    });
    return result;
  };
  const fitted = values();
  const files = readdirSync(folder);
  assert.match(files.join(), /^zca-small-[0-9a-f]{16}-60-2-(cpu|gpu|wasm)\.safetensors$/);
  assert.deepEqual(values(), fitted);
  truncateSync(path.join(folder, files[0]), 5000);
  assert.deepEqual(values(), fitted);
  assert.deepEqual(values(), fitted);
  assert.deepEqual(readdirSync(folder), files);
});

test('a whitened image is the same in whichever batch it stands', () => {
  const values = (indices: number[]) => {
    let result: number[] = [];
    using(prepareDataset(smallDataset(), { whitening: 'zca', cacheFolder }), ({ train }) => {
      const batch = train.batch(indices);
      result = [...batch.dataSync().slice(0, 48)];
      batch.dispose();
    });
    return result;
  };
  assert.deepEqual(values([7]), values([7, 3, 59, 0]));
});

test('with a hold-out the training split lacks the validation images; together they are the whole', () => {
  const given = smallDataset();
  const { count } = given.train;
  const aside = holdOut(given.train.labels, 3).validation.length;
  const hex = (bytes: Uint8Array, row: number) => Buffer.from(bytes.slice(row * 48, (row + 1) * 48)).toString('hex');
  for (const whitening of ['normalise', 'zca'] as const) {
    const [whole, part] = [false, true].map((holdOut) => prepareDataset(given, { whitening, holdOut, cacheFolder }));
    assert.deepEqual([whole.train.count, whole.validation.count], [count, aside]);
    assert.deepEqual(
      [part.train.count, part.validation.count, part.test.count],
      [count - aside, aside, given.test.count],
    );
    assert.deepEqual([whole.holdOut, part.holdOut], [false, true]);
    for (const source of [part.train, part.validation]) {
      for (const [label, indices] of source.indicesOfClass.entries()) {
        assert.ok(indices.every((index) => source.labels[index] === label));
      }
      assert.equal(source.indicesOfClass.flatMap((indices) => [...indices]).length, source.count);
    }
    const pixels = (source: ImageSource, owner: PreparedDataset) => {
      const images = source.batch(Int32Array.from({ length: source.count }, (_, index) => index));
      const bytes = owner.toPixels(images);
      images.dispose();
      return Array.from({ length: source.count }, (_, row) => hex(bytes, row));
    };
    const found = [...pixels(part.train, part), ...pixels(part.validation, part)];
    const all = Array.from({ length: count }, (_, row) => hex(given.train.images, row));
    if (whitening === 'normalise') assert.deepEqual(found.sort(), all.sort());
    assert.equal(new Set(found).size, new Set(all).size);
    whole.dispose();
    part.dispose();
  }
});

test('ZCA is fitted without the validation images: other images there change nothing', () => {
  const given = smallDataset();
  const images = Uint8Array.from(given.train.images);
  for (const index of holdOut(given.train.labels, 3).validation) images.fill(7, index * 48, (index + 1) * 48);
  const changed = { ...given, train: { ...given.train, images }, checksum: 'changed' };
  const means = (without: boolean) =>
    [given, changed].map((dataset) => {
      const prepared = prepareDataset(dataset, { whitening: 'zca', holdOut: without, cacheFolder });
      const { 'zca.mean': mean, ...others } = prepared.statistics();
      const values = mean.dataSync();
      mean.dispose();
      disposeAll(others);
      prepared.dispose();
      return values;
    });
  const [without, whole] = [means(true), means(false)];
  assert.deepEqual(without[0], without[1]);
  assert.notDeepEqual(whole[0], whole[1]);
});

test('a channel that never varies is zeros, and back the value that it has; nothing is no number', () => {
  const images = Uint8Array.from({ length: 6 * 48 }, (_, index) => (index % 3 === 1 ? 77 : (37 * index) % 256));
  const split = { images, labels: Uint8Array.from([0, 1, 0, 1, 0, 1]), count: 6 };
  const dataset = assembleDataset({
    name: 'flat',
    imageShape: [4, 4, 3],
    classNames: ['a', 'b'],
    train: split,
    test: split,
  });
  assert.equal(dataset.deviation[1].toFixed(9), '0.000000000');
  for (const whitening of ['normalise', 'zca'] as const) {
    using(prepareDataset(dataset, { whitening, cacheFolder }), (flat) => {
      const batch = flat.train.batch([0, 1, 2, 3, 4, 5]);
      const values = batch.dataSync();
      assert.ok(values.every(Number.isFinite), whitening);
      if (whitening === 'normalise') {
        assert.ok(values.every((value, index) => index % 3 !== 1 || Math.abs(value) < 1e-4));
        assert.deepEqual([...flat.toPixels(batch)], [...images]);
      }
      const stored = flat.statistics();
      assert.ok(Object.values(stored).every((tensor) => tensor.dataSync().every(Number.isFinite)));
      tf.dispose([batch, stored]);
    });
  }
});
