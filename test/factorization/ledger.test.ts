import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesOf, ledgerOf, realImagesAtBits, realImagesLedger } from '../../lib/factorization/ledger';
import { storage } from '../../lib/factorization/storage';

const cifar = { imageShape: [32, 32, 3] as const, classCount: 10 };

test('ten images a class: 307,200 floats, and the bits of forty real ones', () => {
  const { parts, floats, imagesPerClass, bits, bitsPerClass, realImagesPerClass } = storage({
    kind: 'images',
    ipc: 10,
    ...cifar,
  });
  assert.deepEqual(parts, { bases: { values: 307_200, bits: 9_830_400 } });
  assert.deepEqual([floats, imagesPerClass, bits, bitsPerClass], [307_200, 10, 9_830_400, 983_040]);
  assert.equal(realImagesPerClass, 40);
});

test("the authors' HaBa: ten bases a class and five hallucinators of 5,568 floats", () => {
  const { parts, floats, bits } = storage({ kind: 'haba', basesPerClass: 10, hallucinators: 5, ...cifar });
  assert.deepEqual(parts, {
    bases: { values: 307_200, bits: 32 * 307_200 },
    hallucinators: { values: 27_840, bits: 32 * 27_840 },
  });
  assert.deepEqual([floats, bits], [335_040, 32 * 335_040]);
});

test('integers are free in floats and not in bits; tensors of one part are added up, fixed ones stand by their names', () => {
  const entries = entriesOf({
    coefficients: { shape: [160, 64, 3], part: 'coefficients' },
    more: { shape: [2, 3], part: 'coefficients' },
    positions: { shape: [10, 64], type: 'uint16' },
    labels: { shape: [160], type: 'uint8' },
    mean: { shape: [3072], floats: 768 },
  });
  const { parts, floats, bits, bitsPerClass } = ledgerOf(entries, cifar);
  assert.deepEqual(parts, {
    coefficients: { values: 30_726, bits: 983_232 },
    positions: { values: 640, bits: 10_240 },
    labels: { values: 160, bits: 1_280 },
    mean: { values: 3_072, bits: 98_304 },
  });
  assert.equal(floats, 30_726 + 768);
  assert.deepEqual([bits, bitsPerClass], [1_093_056, 109_305.6]);
});

test('real images are counted at 8 bits a value, and as many fit the bits of a set as there are whole', () => {
  const real = realImagesLedger(70, cifar);
  assert.deepEqual([real.floats, real.bits, real.realImagesPerClass], [215_040, 1_720_320, 7]);
  assert.equal(realImagesAtBits(real), 7);
  assert.equal(realImagesAtBits(storage({ kind: 'images', ipc: 10, ...cifar })), 40);
  // 27,840 floats of 32 bits beside one basis a class: 1.906 images of 32 bits are 7.625 of 8.
  assert.equal(realImagesAtBits(storage({ kind: 'haba', basesPerClass: 1, hallucinators: 5, ...cifar })), 7);
  const tiny = ledgerOf(entriesOf({ bases: { shape: [10, 8, 8, 3], type: 'uint8' } }), cifar);
  assert.throws(
    () => realImagesAtBits(tiny),
    /1536 bits a class hold no real image of 8 bits a value \(0\.06 of one\)/,
  );
});
