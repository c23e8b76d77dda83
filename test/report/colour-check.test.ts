/** Who can tell the series of a figure apart, for colours of which it is known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkColours, checkFigure } from '../../lib/report/colour-check';
import { lossChart } from '../../lib/report/loss-chart';
import { kindColours } from '../../lib/report/theme';

test('red and green of one lightness: alike without red or green cones, and in grey; not for everybody, not by shape', () => {
  const found = checkColours([
    { label: 'one', colour: '#B35900' },
    { label: 'two', colour: '#6B7A00' },
  ]).join('\n');
  assert.match(found, /deuteranopia/);
  assert.match(found, /in grey/);
  assert.doesNotMatch(found, /for everybody|tritanopia/);
  const shaped = [
    { label: 'one', colour: '#B35900', mark: 'circle' },
    { label: 'two', colour: '#6B7A00', mark: 'square' },
  ];
  assert.deepEqual(checkColours(shaped), []);
});

test('black and white differ for all; a colour and itself for none', () => {
  const look = (label: string, colour: string) => ({ label, colour });
  assert.deepEqual(checkColours([look('black', '#000000'), look('white', '#ffffff')]), []);
  assert.equal(checkColours([look('one', '#336699'), look('other', '#336699')]).length, 5);
});

test('charts of the library pass; one whose colours were made alike is told', () => {
  const metrics = [{ iteration: 1, loss: 1 }];
  const chart = lossChart(
    Object.keys(kindColours)
      .slice(0, 5)
      .map((label) => ({ label, metrics })),
  );
  assert.deepEqual(checkFigure({ specification: chart }), []);
  const encoding = { color: { field: 'a', scale: { domain: ['x', 'y'], range: ['#111111', '#121212'] } } };
  const alike = { layer: [{ encoding }, { encoding }] } as unknown as typeof chart;
  assert.equal(checkFigure({ specification: alike }).length, 5);
});
