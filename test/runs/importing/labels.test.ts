/** Labels made elsewhere: classes in any order and type, soft labels, and what is refused with what to do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredTensor } from '../../../lib/files/safetensors';
import { orderLabels, type LabelsOptions } from '../../../lib/runs/importing/labels';

const whole = (...classes: number[]): StoredTensor => ({
  type: 'I64',
  shape: [classes.length],
  values: BigInt64Array.from(classes, BigInt),
});
const rows = (...given: number[][]): StoredTensor => ({
  type: 'F32',
  shape: [given.length, given[0].length],
  values: Float32Array.from(given.flat()),
});
const options = (changes: Partial<LabelsOptions> = {}): LabelsOptions => ({ count: 4, classCount: 2, ...changes });

test('classes in any order: images are put in order of them, those of one class as they come', () => {
  assert.deepEqual(orderLabels(whole(1, 0, 1, 0), options()), { order: Int32Array.of(1, 3, 0, 2), perClass: 2 });
  const floats: StoredTensor = { type: 'F32', shape: [4, 1], values: Float32Array.of(0, 1, 0, 1) };
  assert.deepEqual(orderLabels(floats, options()).order, Int32Array.of(0, 2, 1, 3));
  assert.deepEqual(orderLabels(undefined, options()).order, Int32Array.of(0, 1, 2, 3));
});

test('soft labels: in order of their largest entry; of certain ones classes are made; logits by their softmax', () => {
  const soft = orderLabels(rows([0.25, 0.75], [0.75, 0.25], [0.5, 0.5], [0.125, 0.875]), options());
  assert.deepEqual(soft, {
    order: Int32Array.of(1, 2, 0, 3),
    perClass: 2,
    soft: Float32Array.of(0.75, 0.25, 0.5, 0.5, 0.25, 0.75, 0.125, 0.875),
  });
  assert.deepEqual(orderLabels(rows([0, 1], [1, 0], [0, 1], [1, 0]), options()), {
    order: Int32Array.of(1, 3, 0, 2),
    perClass: 2,
  });
  const logits = rows([0, Math.log(3)], [Math.log(3), 0], [1000, 1000 + Math.log(3)], [Math.log(3), 0]);
  const { soft: made, order } = orderLabels(logits, options({ softLabels: 'logits' }));
  assert.deepEqual(order, Int32Array.of(1, 3, 0, 2));
  [0.75, 0.25, 0.75, 0.25, 0.25, 0.75, 0.25, 0.75].forEach((value, place) =>
    assert.ok(Math.abs(made![place] - value) < 1e-4, `${made![place]}`),
  );
  // Labels of kernel methods: classes less their mean.
  const centred = rows([-0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, -0.5]);
  assert.deepEqual(orderLabels(centred, options({ softLabels: 'hard' })), {
    order: Int32Array.of(1, 3, 0, 2),
    perClass: 2,
  });
});

test('soft labels beside classes: images in order of their classes, whatever their labels say', () => {
  const beside = rows([0.25, 0.75], [0.25, 0.75], [0.75, 0.25], [1, 0]);
  const { order, soft } = orderLabels(whole(1, 0, 1, 0), options({ beside }));
  assert.deepEqual(order, Int32Array.of(1, 3, 0, 2));
  assert.deepEqual(soft, Float32Array.of(0.25, 0.75, 1, 0, 0.25, 0.75, 0.75, 0.25));
  assert.equal(orderLabels(whole(1, 0, 1, 0), options({ beside, softLabels: 'hard' })).soft, undefined);
});

test('soft labels whose largest entries are not as many of each class stay in their order', () => {
  const { order, perClass } = orderLabels(rows([0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.25, 0.75]), options());
  assert.deepEqual([order, perClass], [Int32Array.of(0, 1, 2, 3), 2]);
});

const refused: [what: string, labels: StoredTensor | undefined, message: RegExp, changes?: Partial<LabelsOptions>][] = [
  ['counted from 1', whole(1, 2, 1, 2), /run from 1 to 2; here they run from 0 to 1\. Save them less 1/],
  ['beyond the classes', whole(0, 1, 2, 7), /run from 0 to 7, and the dataset's from 0 to 1\. Is it another dataset/],
  ['below them', whole(-1, 0, 1, 0), /run from -1 to 1/],
  ['no whole numbers', rows([0.5], [1], [0], [1]), /labels are classes, whole numbers, and some are not, e\.g\. 0\.5/],
  ['no numbers', rows([NaN], [1], [0], [1]), /some are not, e\.g\. NaN/],
  ['of unequal number', whole(0, 0, 0, 1), /class 1 has 1 images and class 0 has 3; .*Save 2 of each/],
  ['of a class that is missing', whole(0, 0, 0, 0), /class 1 has 0 images and class 0 has 4/],
  [
    'not told, of no whole number a class',
    undefined,
    /5 images of 2 classes in order; .*as many images of every class/,
    { count: 5 },
  ],
  [
    'centred, and not said so',
    rows([-0.5, 0.5], [0.5, -0.5], [0, 1], [1, 0]),
    /no probabilities: a row sums to 0\.00, from -0\.500 to 0\.500\. .*'--soft-labels logits'/,
  ],
  ['soft, with no numbers', rows([NaN, 1], [0, 1], [1, 0], [1, 0]), /hold values that are no numbers/],
  [
    'said to be soft',
    whole(0, 1, 0, 1),
    /said to be soft \('--soft-labels logits'\), and are \[4\]/,
    { softLabels: 'logits' },
  ],
];

for (const [what, labels, message, changes] of refused) {
  test(`labels ${what}: refused with what to do`, () => {
    assert.throws(() => orderLabels(labels, options(changes)), message);
  });
}
