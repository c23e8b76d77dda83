/** Which array is what, by shapes and names as releases have them; where that does not tell, it is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FoundArray } from '../../../lib/runs/importing/found-arrays';
import { rolesOf, type RolesOptions } from '../../../lib/runs/importing/roles';

const array = (name: string, shape: number[], file = 'file.pt'): FoundArray => ({
  file,
  name,
  tensor: {
    type: 'F32',
    shape,
    values: new Float32Array(shape.reduce((product, side) => product * side, 1)).fill(0.5),
  },
});
const cifar: RolesOptions = { imageShape: [32, 32, 3], classCount: 10, dataset: 'cifar10' };
const roles = (arrays: FoundArray[], changes: Partial<RolesOptions> = {}) => rolesOf(arrays, { ...cifar, ...changes });
const told = (arrays: FoundArray[], changes: Partial<RolesOptions> = {}) => {
  const { images, labels, stepSize, hallucinators } = roles(arrays, changes);
  return [images.array.name, images.layout, images.count, labels?.name, stepSize, hallucinators.length];
};

const part = (number: number, middle = 3) => [
  array(`${number}.enc.weight`, [middle, 3, 3, 3]),
  array(`${number}.enc.bias`, [middle]),
  array(`${number}.scale`, [1, middle, 30, 30]),
  array(`${number}.shift`, [1, middle, 30, 30]),
  array(`${number}.dec.weight`, [middle, 3, 3, 3]),
  array(`${number}.dec.bias`, [3]),
];

test('releases as they are: trajectory matching, with its rate; gradient and distribution matching; kernels; HaBa', () => {
  const mtt = [array('images', [20, 3, 32, 32], 'a'), array('labels', [20], 'b'), array('lr', [], 'c')];
  assert.deepEqual(told(mtt), ['images', 'NCHW', 20, 'labels', 0.5, 0]);
  const dm = [
    array('data.0.0', [20, 3, 32, 32]),
    array('data.0.1', [20]),
    array('data.1.0', [20, 3, 32, 32]),
    array('data.1.1', [20]),
  ];
  const accuracies = array('accs_all_exps.ConvNet.0', []);
  assert.deepEqual(told([...dm, accuracies], { images: 'data.1.0' }), [
    'data.1.0',
    'NCHW',
    20,
    'data.1.1',
    undefined,
    0,
  ]);
  const kernels = [array('x', [10, 32, 32, 3]), array('y', [10, 10])];
  assert.deepEqual(told(kernels), ['x', 'NHWC', 10, 'y', undefined, 0]);
  const haba = [array('images', [10, 3, 32, 32]), ...part(0), ...part(1)];
  assert.deepEqual(told(haba, { labels: 'in-order' }), ['images', 'NCHW', 10, undefined, undefined, 2]);
  const inMemory = [array('image_syn', [10, 2, 3, 32, 32]), array('label_syn', [20])];
  assert.deepEqual(told(inMemory), ['image_syn', 'NCHW', 20, 'label_syn', undefined, 0]);
});

test('an export of here brings what it was normalised with', () => {
  const { statistics } = roles([
    array('bases', [10, 3, 32, 32]),
    array('labels', [10]),
    array('mean', [3]),
    array('deviation', [3]),
  ]);
  assert.deepEqual(statistics, { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] });
});

const images = array('images', [20, 3, 32, 32]);

test('classes, and soft labels beside them, as the export here writes both; either can be named', () => {
  const both = [images, array('labels', [20]), array('soft_labels', [20, 10])];
  const namesOf = ({ labels, softLabels }: ReturnType<typeof roles>) => [labels?.name, softLabels?.name];
  assert.deepEqual(namesOf(roles(both)), ['labels', 'soft_labels']);
  assert.deepEqual(namesOf(roles(both, { labels: 'soft_labels' })), ['soft_labels', undefined]);
  assert.deepEqual(namesOf(roles(both, { labels: 'labels' })), ['labels', undefined]);
  assert.deepEqual(namesOf(roles([images, array('labels', [20])])), ['labels', undefined]);
});

const refused: [what: string, arrays: FoundArray[], message: RegExp, changes?: Partial<RolesOptions>][] = [
  [
    'another size',
    [array('images', [20, 3, 64, 64])],
    /no images in it\. Images of cifar10 are \[N, 3, 32, 32\] .* or \[N, 32, 32, 3\] .*found was images \[20, 3, 64, 64\]/,
  ],
  ['no image', [array('images', [0, 3, 32, 32])], /there are no images in it/],
  [
    'several',
    [array('data.0.0', [20, 3, 32, 32]), array('data.1.0', [20, 3, 32, 32])],
    /several arrays can be the images: data\.0\.0 .* Say which: '--images data\.0\.0'/,
  ],
  ['a name that is none', [images], /there is no 'pictures' \('--images'\); found was images/, { images: 'pictures' }],
  [
    'both layouts',
    [array('images', [6, 3, 3, 3])],
    /can be read as NCHW and as NHWC; say which with '--layout'/,
    { imageShape: [3, 3, 3] },
  ],
  [
    'no labels',
    [images, array('other', [19])],
    /no labels: labels of 20 images are \[20\] or, soft ones, \[20, 10\]; found was other \[19\]\. .*'--labels in-order'/,
  ],
  [
    'several labels',
    [images, array('a', [20]), array('b', [20])],
    /several arrays can be the labels: a \[20\], b \[20\]\. Say which: '--labels a'/,
  ],
  ['labels of another number', [images, array('a', [19])], /a \[19\] are no labels/, { labels: 'a' }],
  [
    'several rates',
    [images, array('labels', [20]), array('lr', [], 'b'), array('syn_lr', [], 'c')],
    /several step sizes: lr \[\], syn_lr \[\]/,
  ],
  [
    'part of a hallucinator',
    [images, ...part(0), ...part(1).slice(2)],
    /hallucinator 1 lacks enc\.weight, enc\.bias; all of 2/,
  ],
];

for (const [what, arrays, message, changes] of refused) {
  test(`${what}: refused with what to say`, () => {
    assert.throws(() => roles(arrays, changes), message);
  });
}
