/** Grids of a dataset's images: its pixels, class by class. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PNG } from 'pngjs';
import { dataset } from '../../lib/data/own-datasets';
import { sampleGrid } from '../../lib/report/grids';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { useBackend } from '../../lib/tensor/backend';

before(async () => {
  await useBackend();
});

/** The first pixel of each image of a grid, in order. */
function pixelsOf(svg: string): number[] {
  return [...svg.matchAll(/ xlink:href="data:image\/png;base64,([^"]*)"/g)].map(
    ([, data]) => PNG.sync.read(Buffer.from(data, 'base64')).data[0],
  );
}

test('samples: the first images of each class; a class with fewer has a row that ends in white, and no column is empty', async () => {
  // Class 0 has three images, class 1 one, class 2 two; an image is of its number.
  const labels = [0, 1, 0, 2, 2, 0];
  const split = { images: Uint8Array.from({ length: 6 * 8 * 8 }, (_, index) => Math.floor(index / 64)), labels };
  const sizes = { imageShape: [8, 8, 1] as const, classNames: ['a', 'b', 'c'] };
  const data = await dataAtHand(dataset({ name: 'few', ...sizes, train: split, test: split }));
  assert.deepEqual(pixelsOf(sampleGrid(data).svg), [0, 2, 5, 1, 255, 255, 3, 4, 255]);
  assert.deepEqual(pixelsOf(sampleGrid(data, { columns: 2 }).svg), [0, 2, 1, 255, 3, 4]);
  assert.deepEqual(pixelsOf(sampleGrid(data, { columns: 1 }).svg), [0, 1, 3]);
});
