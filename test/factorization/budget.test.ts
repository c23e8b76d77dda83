import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { budget } from '../../lib/factorization/budget';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { storage } from '../../lib/factorization/storage';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, floatCount } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());

const cifar = { imageShape: [32, 32, 3] as const, classCount: 10 };

// What the authors' scripts store, counted in their code: 5,568 floats a hallucinator.
test("the authors' settings: five hallucinators are 27,840 floats, 0.906 images per class", () => {
  for (const [perClass, imagesPerClass] of [
    [1, 1.906],
    [10, 10.906],
    [50, 50.906],
  ]) {
    const counted = storage({ kind: 'haba', ...cifar, basesPerClass: perClass, hallucinators: 5 });
    assert.equal(counted.hallucinators, 27_840);
    assert.equal(counted.floats, perClass * 30_720 + 27_840);
    assert.equal(Number(counted.imagesPerClass.toFixed(3)), imagesPerClass);
    assert.equal(counted.nominalImagesPerClass, perClass);
    assert.equal(counted.trainingImagesPerClass, 5 * perClass);
  }
});

test('what is counted is what a set really stores', () => {
  const source = {
    imageShape: [12, 16, 3] as const,
    classCount: 2,
    count: 20,
    labels: Uint8Array.from({ length: 20 }, (_, place) => place % 2),
    indicesOfClass: [0, 1].map((label) => Int32Array.from({ length: 10 }, (_, place) => 2 * place + label)),
    batch: (indices: ArrayLike<number>) => tf.zeros<tf.Rank.R4>([indices.length, 12, 16, 3]),
  };
  for (const channels of ['colour', 'single'] as const) {
    for (const [hallucinators, kernelSize, middleChannels] of [
      [1, 3, 3],
      [4, 5, 2],
    ]) {
      const options = {
        imageShape: source.imageShape,
        classCount: 2,
        channels,
        hallucinators,
        kernelSize,
        middleChannels,
      };
      const set = createDistilledSet({ kind: 'haba', basesPerClass: 3, ...options });
      const parameters = set.init(Random.stream(0, 'test'), source);
      assert.equal(storage({ kind: 'haba', basesPerClass: 3, ...options }).floats, floatCount(parameters));
      disposeAll(parameters);
    }
  }
});

test('budget: as many bases as fit, and one more would not', () => {
  const sets = budget({ ...cifar, imagesPerClass: 10 });
  assert.deepEqual(
    sets.find(({ kind }) => kind === 'images'),
    {
      kind: 'images',
      channels: 'colour',
      hallucinatorCount: 0,
      perClass: 10,
      ...storage({ kind: 'images', ...cifar, ipc: 10 }),
    },
  );
  const authors = sets.find(({ hallucinatorCount, channels }) => hallucinatorCount === 5 && channels === 'colour');
  assert.equal(authors?.perClass, 9);
  for (const { floats, channels, hallucinatorCount, perClass } of sets) {
    assert.ok(floats <= 307_200);
    const more =
      hallucinatorCount === 0
        ? storage({ kind: 'images', ...cifar, ipc: perClass + 1 })
        : storage({
            kind: 'haba',
            ...cifar,
            channels,
            basesPerClass: perClass + 1,
            hallucinators: hallucinatorCount,
          });
    assert.ok(more.floats > 307_200, `${hallucinatorCount} hallucinators, ${channels}`);
  }
  assert.deepEqual(budget({ ...cifar, floats: 307_200 }), sets);
});

test('a budget too small for a set leaves it out; nonsense is refused', () => {
  assert.deepEqual(
    budget({ ...cifar, floats: 30_720, hallucinators: [0, 5] }).map(({ kind }) => kind),
    ['images'],
  );
  assert.throws(() => budget({ ...cifar }), /either floats or imagesPerClass/);
  assert.throws(() => budget({ ...cifar, floats: 1, imagesPerClass: 1 }), /either/);
  assert.throws(() => budget({ ...cifar, floats: 0 }), /0 floats hold nothing/);
});
