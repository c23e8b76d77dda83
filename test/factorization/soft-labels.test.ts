/** Soft labels by hand: what learned ones begin as, whom they label, what they cost, and what rounding leaves of them. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fitToBudget } from '../../lib/factorization/budget';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import { entriesOf, ledgerOf, realImagesLedger } from '../../lib/factorization/ledger';
import {
  asProbabilities,
  asStored,
  labelTensors,
  softLabelsOf,
  startLogits,
  withLearnedLabels,
} from '../../lib/factorization/soft-labels';
import { storage } from '../../lib/factorization/storage';
import { useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';

before(() => useBackend());

const source = smallSource({ classCount: 3 });
const inputs = { imageShape: source.imageShape, classCount: 3 };
const cifar = { imageShape: [32, 32, 3] as const, classCount: 10 };
const create = (options: object) => createDistilledSet({ ...options, ...inputs } as DistilledSetOptions);

test('learned labels begin at 0.9 of the class, are a tensor and a part of the set, and belong to an item with all its formations', () => {
  const before = tf.memory().numTensors;
  const plain = create({ kind: 'haba', basesPerClass: 2, hallucinators: 2, factor: 2 });
  const set = withLearnedLabels(plain);
  assert.deepEqual(set.tensors.labelLogits, { shape: [6, 3], part: 'labels' });
  assert.deepEqual(plain.tensors.labelLogits, undefined);
  const parameters = set.init(Random.stream(1, 'test'), source);
  assert.deepEqual(Object.keys(parameters), Object.keys(set.tensors));
  tf.tidy(() => {
    const items = tf.tensor1d([5, 0], 'int32');
    const targets = set.targets!(parameters, items);
    const rows = [0.05, 0.05, 0.9, 0.9, 0.05, 0.05];
    assert.deepEqual(targets.shape, [8, 3]);
    assertClose(targets, [...rows, ...rows, ...rows, ...rows], 1e-6);
    assert.deepEqual([...set.labels([5, 0])], [2, 0, 2, 0, 2, 0, 2, 0]);
    // Classes stay what they are, whatever is learned.
    const other = { ...parameters, labelLogits: tf.tensor2d([[0, 0, 0], ...Array<number[]>(5).fill([3, 2, 1])]) };
    assertClose(set.targets!(other, tf.tensor1d([0], 'int32')).slice(0, 1), [1 / 3, 1 / 3, 1 / 3], 1e-6);
  });
  tf.dispose(parameters);
  assert.equal(tf.memory().numTensors, before);
});

test('they begin at other probabilities, and are stored as probabilities; nothing is left behind', () => {
  const before = tf.memory().numTensors;
  const probabilities = tf.tensor2d([
    [0.5, 0.25, 0.25],
    [1, 0, 0],
  ]);
  const parameters = { bases: tf.zeros([2, 2]), ...startLogits(probabilities) };
  asStored(parameters, (stored) => {
    assert.deepEqual(Object.keys(stored), ['bases', 'softLabels']);
    assertClose(stored.softLabels, [0.5, 0.25, 0.25, 1, 0, 0], 1e-5);
    const again = softLabelsOf(stored)!;
    again.dispose();
    assert.ok(!stored.softLabels.isDisposed);
  });
  const labels = softLabelsOf(parameters)!;
  assertClose(labels, [0.5, 0.25, 0.25, 1, 0, 0], 1e-5);
  assert.equal(softLabelsOf({ bases: parameters.bases }), undefined);
  asStored({ bases: parameters.bases }, (stored) => assert.deepEqual(Object.keys(stored), ['bases']));
  tf.dispose([parameters, labels, probabilities]);
  assert.equal(tf.memory().numTensors, before);
});

test('a set that has a part of that name cannot learn labels beside it', () => {
  const tensors = { mine: { shape: [1], part: 'labels' } };
  assert.throws(
    () => withLearnedLabels({ ...create({ kind: 'images', ipc: 1 }), tensors }),
    /kind 'images' has a part 'labels': its labels cannot be learned beside it/,
  );
});

test('a label is a float a class of every item, however many images that decodes to', () => {
  const spec = labelTensors('experts', 20, cifar);
  assert.deepEqual(spec, { softLabels: { shape: [20, 10], rounded: true } });
  assert.deepEqual(labelTensors('hard', 20, cifar), {});
  assert.deepEqual(ledgerOf(entriesOf(spec), cifar).parts, { softLabels: { values: 200, bits: 6400 } });
  const haba = { kind: 'haba', basesPerClass: 9, hallucinators: 5, ...cifar } as const;
  const [hard, soft] = [storage(haba), storage(haba, 'learned')];
  assert.equal(soft.floats - hard.floats, 90 * 10);
  assert.equal(soft.bits - hard.bits, 32 * 90 * 10);
  assert.deepEqual([soft.bases, soft.hallucinators], [hard.bases, hard.hallucinators]);
  assert.deepEqual(realImagesLedger(10, cifar, 'experts').parts, {
    images: { values: 30_720, bits: 8 * 30_720 },
    softLabels: { values: 100, bits: 3200 },
  });
  assert.equal(realImagesLedger(10, cifar, 'experts').floats, 30_820);
});

test('a budget holds as many items as fit with their labels', () => {
  // 10 images take 10 * 3,082 floats of 30,720; 9 take 27,738.
  const at = (imagesPerClass: number, labels?: 'hard' | 'experts' | 'learned') =>
    fitToBudget({ kind: 'images' }, { ...cifar, imagesPerClass, labels }) as { ipc?: number } | undefined;
  assert.equal(at(10)?.ipc, 10);
  assert.equal(at(10, 'hard')?.ipc, 10);
  assert.equal(at(10, 'learned')?.ipc, 9);
  assert.equal(at(10.1, 'experts')?.ipc, 10);
  assert.equal(at(1, 'experts'), undefined);
});

test('rounded probabilities are probabilities again', () => {
  tf.tidy(() =>
    assertClose(
      asProbabilities(
        tf.tensor2d([
          [0.5, -0.1, 0.3],
          [0.2, 0.2, 0.2],
        ]),
      ),
      [0.625, 0, 0.375, 1 / 3, 1 / 3, 1 / 3],
      1e-6,
    ),
  );
});
