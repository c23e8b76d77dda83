import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { imageGrid } from '../../lib/report/image-grid';
import { columnWidth } from '../../lib/report/style';
import { assertReadable, textBoxes } from './text-boxes';

const labels = (count: number, name: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => name(index));

/** The images that a grid holds, in order. */
function imagesOf(svg: string): PNG[] {
  return [...svg.matchAll(/ xlink:href="data:image\/png;base64,([^"]*)"/g)].map(([, data]) =>
    PNG.sync.read(Buffer.from(data, 'base64')),
  );
}

test('every pixel is shown as it is, row by row of the grid; grey images in grey', () => {
  for (const channels of [3, 1]) {
    const pixels = Uint8Array.from({ length: 6 * 2 * 4 * channels }, (_, index) => (index * 7) % 256);
    const { svg } = imageGrid(
      { pixels, shape: [2, 4, channels] },
      { name: 'grid', rowLabels: ['a', 'b'], columnLabels: ['1', '2', '3'], runs: [] },
    );
    const images = imagesOf(svg);
    assert.equal(images.length, 6);
    for (const [place, image] of images.entries()) {
      const enlargement = image.width / 4;
      assert.equal(image.height, 2 * enlargement);
      for (let pixel = 0; pixel < 8; pixel++) {
        const row = Math.floor(pixel / 4) * enlargement + enlargement - 1;
        const at = (row * image.width + (pixel % 4) * enlargement) * 4;
        const from = (place * 8 + pixel) * channels;
        const expected = channels === 3 ? [...pixels.subarray(from, from + 3)] : Array<number>(3).fill(pixels[from]);
        assert.deepEqual([...image.data.subarray(at, at + 3)], expected);
      }
    }
  }
});

for (const [rows, columns] of [
  [10, 6],
  [3, 50],
  [100, 2],
]) {
  test(`${rows} classes, ${columns} columns: labels and titles can be read, within two columns of a page`, () => {
    const figure = imageGrid(
      { pixels: new Uint8Array(rows * columns * 4), shape: [2, 2, 1] },
      {
        name: 'grid',
        rowLabels: labels(rows, (row) => (row % 2 ? 'automobile' : 'a & <b>')),
        columnLabels: labels(columns, (column) => (column === 0 && columns < 10 ? 'basis' : `${column}`)),
        rowTitle: 'class',
        columnTitle: 'hallucinator',
        columnTitleFrom: 1,
        runs: [],
      },
    );
    assertReadable(figure);
    assert.ok(figure.width <= columnWidth('double') + 1);
    assert.ok(textBoxes(figure.svg).some(({ content }) => content === 'hallucinator'));
  });
}

const classes = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

for (const [said, names] of [
  ['ten classes', classes],
  ['names in three lines', classes.map((name) => `${name} ${name}`)],
] as const) {
  test(`every column is named where names are wider than columns: ${said}`, () => {
    const figure = imageGrid(
      { pixels: new Uint8Array(2 * 10 * 4), shape: [2, 2, 1] },
      {
        name: 'grid',
        rowLabels: ['images', 'HaBa + multi-formation'],
        columnLabels: [...names],
        columnTitle: 'class',
        runs: [],
      },
    );
    assertReadable(figure);
    const shown = new Set(textBoxes(figure.svg).map(({ content }) => content));
    assert.deepEqual(
      names.filter((name) => !shown.has(name)),
      [],
    );
  });
}

test('as many images as cells, or it is refused with both numbers', () => {
  assert.throws(
    () =>
      imageGrid(
        { pixels: new Uint8Array(5 * 4), shape: [2, 2, 1] },
        { name: 'grid', rowLabels: ['a', 'b'], columnLabels: ['1', '2', '3'], runs: [] },
      ),
    /2 rows of 3 columns hold 6 images, got 5/,
  );
});
