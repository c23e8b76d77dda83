import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawShapes, shapesClassNames } from '../../lib/data/shapes';

test('defaults: 5,000 and 1,000 images of 32x32x3, ten classes in equal numbers', () => {
  const { train, test: tested, imageShape, classNames, name } = drawShapes();
  assert.deepEqual([name, ...imageShape, classNames.length], ['shapes', 32, 32, 3, 10]);
  for (const [split, count] of [
    [train, 5000],
    [tested, 1000],
  ] as const) {
    assert.equal(split.count, count);
    assert.equal(split.images.length, count * 3072);
    const perClass = new Array<number>(10).fill(0);
    split.labels.forEach((label) => perClass[label]++);
    assert.deepEqual(perClass, new Array(10).fill(count / 10));
  }
});

test('every machine draws the same bytes', () => {
  const { checksum } = drawShapes({ trainCount: 100, testCount: 20 });
  assert.equal(checksum, '681d7ff427cdc7e7dedc38b87f197108858134f73c0d3005be86ca52bb20ad9f');
});

test('a shorter split is the beginning of a longer one; another seed draws other images', () => {
  const long = drawShapes({ trainCount: 40, testCount: 20 });
  const short = drawShapes({ trainCount: 10, testCount: 10 });
  assert.deepEqual(short.train.images, long.train.images.slice(0, 10 * 3072));
  assert.deepEqual(short.test.images, long.test.images.slice(0, 10 * 3072));
  assert.notDeepEqual(drawShapes({ trainCount: 10, testCount: 10, seed: 1 }).train.images, short.train.images);
  assert.notDeepEqual(short.train.images, short.test.images);
});

test('class names are in the order of labels', () => {
  assert.deepEqual(shapesClassNames.slice(0, 3), ['disc', 'ring', 'square']);
});
