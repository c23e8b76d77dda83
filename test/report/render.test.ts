import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { getDocumentProxy } from 'unpdf';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { chartFigure, type Figure } from '../../lib/report/figure';
import { imageGrid } from '../../lib/report/image-grid';
import { lossChart } from '../../lib/report/loss-chart';
import { toPdf, toPng } from '../../lib/report/render';
import { figureStyle } from '../../lib/report/style';

const figures: Figure[] = [];
before(async () => {
  const rows = [{ label: 'HaBa', accuracy: { mean: 0.4, std: 0.01, runs: [0.39, 0.41] } }];
  const metrics = [1, 2, 3].map((iteration) => ({ iteration, loss: 1 / iteration }));
  const pixels = Uint8Array.from({ length: 12 }, (_, index) => 20 * index);
  figures.push(
    await chartFigure('accuracy', accuracyChart(rows), []),
    await chartFigure('loss', lossChart([{ label: 'HaBa', metrics }]), []),
    imageGrid(
      { pixels, shape: [2, 2, 3] },
      { name: 'grid', rowLabels: ['cat'], columnLabels: ['1'], rowTitle: 'class', columnTitle: 'basis', runs: [] },
    ),
  );
});

test('PNG: as many pixels as the width has at the density asked for, white where nothing is drawn, text drawn', async () => {
  for (const figure of figures) {
    for (const dotsPerInch of [72, 300]) {
      const bytes = await toPng(figure, dotsPerInch);
      const { width, height, data } = PNG.sync.read(bytes);
      assert.equal(width, Math.round((figure.width / 72) * dotsPerInch));
      assert.ok(Math.abs(height - (width * figure.height) / figure.width) <= 1);
      assert.deepEqual([...data.subarray(0, 4)], [255, 255, 255, 255]);
      assert.equal((await sharp(bytes).metadata()).density, dotsPerInch);
      const withoutText = { ...figure, svg: figure.svg.replace(/<text\b.*?<\/text>/g, '') };
      assert.notDeepEqual(PNG.sync.read(await toPng(withoutText, dotsPerInch)).data, data);
    }
  }
});

test('PDF: one page of the size of the figure, its font embedded, the same bytes each time', async () => {
  for (const figure of figures) {
    const bytes = await toPdf(figure);
    const text = bytes.toString('latin1');
    assert.match(text, /^%PDF-1\.\d/);
    assert.match(text, /\/FontFile2 /);
    assert.match(text, /\/BaseFont \/\w+\+DejaVuSans/);
    const [, width, height] = /\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/.exec(text) ?? [];
    assert.ok(Math.abs(Number(width) - figure.width) < 0.01 && Math.abs(Number(height) - figure.height) < 0.01);
    assert.match(text, /\/Count 1\b/);
    assert.deepEqual(await toPdf(figure), bytes);
  }
});

/** Titles of both axes, and what is named beside them. */
const texts: Record<string, string[]> = {
  accuracy: ['test accuracy (%)', 'HaBa'],
  loss: ['iteration', 'matching loss', 'HaBa'],
  grid: ['class', 'basis', 'cat', '1'],
};

test('PDF, opened by another reader: one page, no wider than two columns, with the titles of its axes as text', async () => {
  for (const figure of figures) {
    const document = await getDocumentProxy(new Uint8Array(await toPdf(figure)));
    assert.equal(document.numPages, 1);
    const page = await document.getPage(1);
    const [left, top, right, bottom] = page.view;
    assert.ok(Math.abs(right - left - figure.width) < 0.01 && Math.abs(bottom - top - figure.height) < 0.01);
    assert.ok(((right - left) / 72) * 25.4 < figureStyle().columnWidths.double + 0.01, `${right - left} points wide`);
    const { items } = await page.getTextContent();
    // A reader gives a text in pieces: at a gap, or letter by letter where it is turned.
    const read = items.map((item) => ('str' in item ? item.str : '')).join('');
    for (const text of texts[figure.name]) assert.ok(read.includes(text), `${text} in ${read}`);
    await document.loadingTask.destroy();
  }
});

test('SVG, opened by another reader: well-formed, of the declared size, with the titles of its axes as text', async () => {
  for (const figure of figures) {
    const { format, width, height } = await sharp(Buffer.from(figure.svg)).metadata();
    assert.equal(format, 'svg');
    assert.ok(Math.abs(width - figure.width) <= 1 && Math.abs(height - figure.height) <= 1);
    for (const text of texts[figure.name]) assert.ok(figure.svg.includes(`>${text}</text>`), text);
  }
});

test('charts are one column wide, and no wider', () => {
  const [accuracy, loss] = figures;
  const millimetres = [accuracy, loss].map(({ width }) => (width / 72) * 25.4);
  assert.ok(Math.abs(millimetres[1] - figureStyle().columnWidths.single) < 0.1, `${millimetres[1]} mm`);
  assert.ok(millimetres[0] < figureStyle().columnWidths.single + 0.1, `${millimetres[0]} mm`);
});
