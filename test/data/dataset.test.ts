import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembleDataset, channelStatistics, describeDataset } from '../../lib/data/dataset';

test('statistics of channels: closed form on two pixels', () => {
  const { mean, deviation } = channelStatistics(Uint8Array.from([0, 51, 255, 51]), 2);
  assert.deepEqual(mean, [0.5, 0.2]);
  assert.deepEqual(
    deviation.map((value) => Number(value.toFixed(12))),
    [0.5, 0],
  );
});

test('given statistics are kept; missing ones are those of the training images', () => {
  const split = (value: number) => ({
    images: Uint8Array.from([value, value]),
    labels: Uint8Array.from([0, 0]),
    count: 2,
  });
  const parts = {
    name: 'x',
    imageShape: [1, 1, 1] as const,
    classNames: ['a'],
    train: split(51),
    test: split(255),
  };
  assert.deepEqual(assembleDataset(parts).mean, [0.2]);
  assert.deepEqual(assembleDataset({ ...parts, mean: [0.3], deviation: [0.4] }).deviation, [0.4]);
});

test('a dataset in four lines: images, classes, statistics, checksum', () => {
  const split = (count: number) => ({
    count,
    images: new Uint8Array(count * 2).fill(51),
    labels: new Uint8Array(count),
  });
  const dataset = assembleDataset({
    name: 'x',
    imageShape: [1, 2, 1],
    classNames: ['cat', 'dog'],
    train: split(3),
    test: split(2),
  });
  assert.deepEqual(describeDataset(dataset), [
    'x: 3 + 2 images of 1x2x1',
    '2 classes: cat, dog',
    'mean 0.2000; deviation 0.0000',
    `checksum ${dataset.checksum}`,
  ]);
});
