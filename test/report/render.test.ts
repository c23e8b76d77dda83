import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { chartFigure, type Figure } from '../../lib/report/figure';
import { imageGrid } from '../../lib/report/image-grid';
import { toPdf, toPng } from '../../lib/report/render';

const figures: Figure[] = [];
before(async () => {
  const rows = [{ label: 'HaBa', accuracy: { mean: 0.4, std: 0.01, runs: [0.39, 0.41] } }];
  const pixels = Uint8Array.from({ length: 12 }, (_, index) => 20 * index);
  figures.push(
    await chartFigure('chart', accuracyChart(rows), []),
    imageGrid({ pixels, shape: [2, 2, 3] }, { name: 'grid', rowLabels: ['cat'], columnLabels: ['1'], runs: [] }),
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
