import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { budget, fitToBudget, type UnsizedSet } from '../../lib/factorization/budget';
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
      set: { kind: 'images', ipc: 10 },
      labels: 'hard',
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

test('containers at 1, 10 and 50 images per class of CIFAR-10: sizes that their authors chose, and as many images as fit', () => {
  // 30,720 floats an image per class. FreD: 3 k; LinBa: 768 K + 10 n K; DDiF: 81 or 543.
  const expected: [kind: string, imagesPerClass: number, size: object, perClass: number, floats: number][] = [
    ['fred', 1, { kept: 64 }, 16, 160 * 192],
    ['fred', 10, { kept: 160 }, 64, 640 * 480],
    ['fred', 50, { kept: 400 }, 128, 1280 * 1200],
    ['linba', 1, { dictionary: 16 }, 115, 768 * 16 + 1150 * 16],
    ['linba', 10, { dictionary: 160 }, 115, 768 * 160 + 1150 * 160],
    // No basis has more than 768 floats to be independent in.
    ['linba', 50, { dictionary: 768 }, 123, 768 * 768 + 1230 * 768],
    ['ddif', 1, { hidden: 6 }, 37, 370 * 81],
    ['ddif', 10, { hidden: 6 }, 379, 3790 * 81],
    ['ddif', 50, { hidden: 20 }, 282, 2820 * 543],
    // A third is for hallucinators of 5,568 at most.
    ['haba-linba', 1, { dictionary: 16, hallucinators: 1 }, 80, 768 * 16 + 800 * 16 + 5568],
    ['haba-linba', 10, { dictionary: 160, hallucinators: 5 }, 97, 768 * 160 + 970 * 160 + 27_840],
    ['haba', 10, { hallucinators: 5 }, 9, 9 * 30_720 + 27_840],
    ['haba', 2, { hallucinators: 3 }, 1, 30_720 + 3 * 5568],
  ];
  for (const [kind, imagesPerClass, size, perClass, floats] of expected) {
    const set = fitToBudget({ kind } as UnsizedSet, { ...cifar, imagesPerClass })!;
    const items = kind.startsWith('haba') ? { basesPerClass: perClass } : { ipc: perClass };
    assert.deepEqual(set, { kind, ...size, ...items });
    assert.equal(storage({ ...set, ...cifar }).floats, floats, `${kind} at ${imagesPerClass}`);
  }
});

test('what is given stands, whatever a kind would choose; what does not fit is undefined; positions are no floats', () => {
  const fit = (set: UnsizedSet) => fitToBudget(set, { ...cifar, imagesPerClass: 1 });
  assert.deepEqual(fit({ kind: 'fred', kept: 32 }), { kind: 'fred', kept: 32, ipc: 32 });
  assert.deepEqual(fit({ kind: 'linba', dictionary: 39 }), { kind: 'linba', dictionary: 39, ipc: 1 });
  assert.equal(fit({ kind: 'linba', dictionary: 40 }), undefined);
  assert.equal(fit({ kind: 'haba' }), undefined);
  const [, fred] = budget({ ...cifar, imagesPerClass: 1, hallucinators: [0], sets: [{ kind: 'fred' }] });
  assert.deepEqual([fred.kind, fred.perClass, fred.floats, fred.trainingImagesPerClass], ['fred', 16, 30_720, 16]);
});
