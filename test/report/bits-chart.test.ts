import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitsChart } from '../../lib/report/bits-chart';
import { chartFigure } from '../../lib/report/figure';
import { storageColumns } from '../../lib/report/storage-columns';
import { columnWidth } from '../../lib/report/style';
import { madeUpRun } from './made-up-run';
import { assertReadable, textBoxes } from './text-boxes';

const run = (label: string, bits: number, mean: number, seed: number) => ({
  label,
  result: madeUpRun(`${label}-${bits}-${seed}`, { students: [mean, mean + 0.02], bits, seed }),
});
const runs = [0, 1].flatMap((seed) => [
  run('random real images', 2_457_600, 0.3 + seed / 100, seed),
  run('HaBa', 9_830_400, 0.4 + seed / 100, seed),
  // Entropy-coded, seeds differ in their bits.
  run('HaBa, 2 bits', 400_000 + 2_000 * seed, 0.39 + seed / 100, seed),
]);

test('bits against accuracy: a point a label and its mean bits over seeds, and it can be read in one column', async () => {
  const chart = bitsChart(runs, { caption: 'CIFAR-10' });
  const { layer } = chart as unknown as {
    layer: { data: { values: { kind: string; storage: number; mean: number }[] }; encoding: { x: object } }[];
  };
  const points = layer.at(-1)!.data.values.map(({ kind, storage, mean }) => [kind, storage, Number(mean.toFixed(6))]);
  assert.deepEqual(points, [
    ['random real images', 245_760, 31.5],
    ['HaBa', 983_040, 41.5],
    ['HaBa, 2 bits', 40_100, 40.5],
  ]);
  const figure = await chartFigure('bits', chart, []);
  assertReadable(figure);
  assert.ok(figure.width <= columnWidth('single') + 8, `${figure.width} points wide`);
  const said = textBoxes(figure.svg).map(({ content }) => content);
  for (const text of ['bits per class on disk', 'test accuracy (%)', 'HaBa, 2 bits', '50k', '200k', 'CIFAR-10']) {
    assert.ok(said.includes(text), `${text} is not among ${said.join(' | ')}`);
  }
});

test('storage in columns: floats as they are, bits as the mean over the seeds of a row', () => {
  const of = (label: string) => runs.filter((one) => one.label === label).map(({ result }) => result);
  assert.deepEqual(storageColumns([of('HaBa'), of('HaBa, 2 bits')]), {
    labels: ['hard', 'hard'],
    'stored floats': [30_720, 30_720],
    'images per class': [1, 1],
    'bits per class': [983_040, 40_100],
    '8-bit images per class': [40, 1.63],
  });
});
