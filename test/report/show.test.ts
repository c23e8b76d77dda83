/** What a notebook stores of a figure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PNG } from 'pngjs';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { chartFigure } from '../../lib/report/figure';
import { imageGrid } from '../../lib/report/image-grid';
import { figureOutput } from '../../lib/report/show';

test('an image grid carries a PNG that shows its pixels, for viewers that withhold SVG, and the width to show it in', () => {
  const pixels = Uint8Array.from({ length: 2 * 12 }, (_, index) => 10 * index);
  const figure = imageGrid(
    { pixels, shape: [2, 2, 3] },
    { name: 'grid', rowLabels: ['cat', 'dog'], columnLabels: ['1'], runs: [] },
  );
  const { data, metadata } = figureOutput(figure);
  assert.deepEqual(Object.keys(data), ['image/svg+xml', 'text/plain', 'image/png']);
  assert.deepEqual(metadata, { 'image/png': { width: Math.round(figure.width) } });
  const png = PNG.sync.read(Buffer.from(data['image/png'] as string, 'base64'));
  assert.equal(png.width, Math.round(2 * figure.width));
  const found = new Set<string>();
  for (let at = 0; at < png.data.length; at += 4) found.add([...png.data.subarray(at, at + 3)].join(' '));
  for (let pixel = 0; pixel < 8; pixel++) {
    const colour = [...pixels.subarray(3 * pixel, 3 * pixel + 3)].join(' ');
    assert.ok(found.has(colour), colour);
  }
});

test('a chart carries a PNG too, which JupyterLab would add otherwise, and so change a notebook that is only opened', async () => {
  const figure = await chartFigure(
    'accuracy',
    accuracyChart([{ label: 'a', accuracy: { mean: 0.5, std: 0.1, runs: [0.5] } }]),
    [],
  );
  const { data, metadata } = figureOutput(figure);
  assert.deepEqual(Object.keys(data).sort(), [
    'application/vnd.vegalite.v5+json',
    'image/png',
    'image/svg+xml',
    'text/plain',
  ]);
  assert.deepEqual(metadata, { 'image/png': { width: Math.round(figure.width) } });
  assert.equal(PNG.sync.read(Buffer.from(data['image/png'] as string, 'base64')).width, Math.round(2 * figure.width));
});

test('a photograph-like grid of a hundred images stays small enough for a notebook', () => {
  const noise = Uint8Array.from({ length: 100 * 32 * 32 * 3 }, (_, index) => (index * 2654435761) >>> 24);
  const labels = Array.from({ length: 10 }, (_, index) => `${index}`);
  const figure = imageGrid(
    { pixels: noise, shape: [32, 32, 3] },
    { name: 'grid', rowLabels: labels, columnLabels: labels, runs: [] },
  );
  const { data } = figureOutput(figure);
  const bytes = (data['image/png'] as string).length;
  assert.ok(bytes < 900_000, `${bytes} bytes`);
});
