import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceChart, differencesSentence } from '../../lib/report/difference-chart';
import { chartFigure } from '../../lib/report/figure';
import { pairedDifference } from '../../lib/report/paired';
import { columnWidth } from '../../lib/report/style';
import { kindColours } from '../../lib/report/theme';
import { assertReadable, textBoxes } from './text-boxes';

const seeded = (values: readonly number[]) => values.map((value, seed) => ({ seed, value }));
const difference = (values: readonly number[], baseline: readonly number[]) =>
  pairedDifference(seeded(values), seeded(baseline));

const rows = [
  { label: 'HaBa', colour: kindColours.HaBa, difference: difference([0.3, 0.4], [0.25, 0.3]) },
  { label: 'HaBa + multi-formation', colour: kindColours.images, difference: difference([0.5], [0.25, 0.3]) },
];

/** What a layer of the first panel draws. */
const drawn = (specification: unknown, mark: string) =>
  (
    specification as {
      vconcat: { layer: { mark: { type: string }; data: { values: Record<string, unknown>[] } }[] }[];
    }
  ).vconcat[0].layer
    .filter(({ mark: { type } }) => type === mark)
    .map(({ data }) => data.values);

test('means, intervals and seeds in the scale that is asked for; no interval is drawn of one seed', () => {
  const specification = differenceChart([{ axis: 'ahead of images (%)', scale: 100, rows }]);
  const [[none], intervals] = drawn(specification, 'rule');
  assert.deepEqual(none, { none: 0 });
  // 5 and 10: 7.5 +- tan(0.475 pi) x 2.5.
  assert.deepEqual(
    intervals.map(({ label, low, high }) => [label, (low as number).toFixed(3), (high as number).toFixed(3)]),
    [['HaBa', (7.5 - 2.5 * Math.tan(0.475 * Math.PI)).toFixed(3), (7.5 + 2.5 * Math.tan(0.475 * Math.PI)).toFixed(3)]],
  );
  const [means] = drawn(specification, 'point');
  assert.deepEqual(
    means.map(({ label, mean }) => [label, (mean as number).toFixed(6)]),
    [
      ['HaBa', '7.500000'],
      ['HaBa + multi-formation', '25.000000'],
    ],
  );
  assert.equal(drawn(specification, 'tick')[0].length, 3);
});

test('a column wide, titled, nothing overlaps; a setting without a pair keeps its place', async () => {
  const lonely = { label: 'images', colour: kindColours.images, difference: pairedDifference(seeded([1]), []) };
  const panels = ['DM, 1 image per class', 'MTT'].map((title) => ({
    title,
    axis: 'ahead of images (%)',
    rows: [...rows, lonely],
  }));
  const figure = await chartFigure(
    'differences',
    differenceChart(panels, { captions: ['CIFAR-10'], shared: true }),
    [],
  );
  assertReadable(figure);
  assert.ok(figure.width <= columnWidth('single') + 8, `${figure.width} points wide`);
  const said = textBoxes(figure.svg).map(({ content }) => content);
  for (const text of ['DM, 1 image per class', 'MTT', 'HaBa', 'images', 'ahead of images (%)', 'CIFAR-10']) {
    assert.ok(said.includes(text), text);
  }
});

test('nothing to compare is said, not drawn', () => {
  assert.throws(() => differenceChart([{ axis: 'ahead of images', rows: [] }]), /at least one setting with a baseline/);
});

test('captions: over how many seeds, by which interval, and what had no partner', () => {
  assert.equal(
    differencesSentence([difference([1, 2], [1, 3])]),
    'points: mean differences within 2 seeds; lines: their 95 % confidence intervals over seeds (paired t); ticks: seeds',
  );
  assert.match(differencesSentence(rows.map((row) => row.difference)), /within 1 to 2 seeds;.*; 1 seed is not on both/);
  assert.equal(differencesSentence([difference([1], [2])]), 'points: differences within one seed, without interval');
});
