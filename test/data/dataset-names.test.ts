import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../../lib/data/dataset-names';

test('shapes are known beforehand, but of a folder, for which the others are named', () => {
  assert.deepEqual(shapeOf('tiny-imagenet'), { imageShape: [64, 64, 3], classCount: 200 });
  assert.deepEqual(shapeOf('mnist'), { imageShape: [32, 32, 1], classCount: 10 });
  assert.throws(() => shapeOf('folder'), /'folder' is no dataset of known shape; allowed are cifar10, /);
});
