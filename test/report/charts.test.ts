import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { chartFigure } from '../../lib/report/figure';
import { lossChart } from '../../lib/report/loss-chart';
import { columnWidth } from '../../lib/report/style';
import { kindColours } from '../../lib/report/theme';
import { assertReadable, textBoxes } from './text-boxes';

const texts = (svg: string) => textBoxes(svg).map(({ content }) => content);

const accuracy = (mean: number) => ({ mean, std: 0.01, runs: [mean - 0.01, mean, mean + 0.01] });
const rows = Object.keys(kindColours).map((label, place) => ({ label, accuracy: accuracy(0.15 + 0.2 * place) }));

test('accuracies: a titled axis in percent, every set named, nothing overlaps, one column wide', async () => {
  const caption = 'CIFAR-10, 10 images per class, quick profile, 3 students';
  const figure = await chartFigure('accuracy', accuracyChart(rows, { caption }), []);
  assertReadable(figure);
  for (const text of ['test accuracy (%)', ...rows.map(({ label }) => label)]) {
    assert.ok(texts(figure.svg).includes(text), text);
  }
  const said = texts(figure.svg).join(' ');
  assert.ok(said.includes(caption), 'a long caption is broken between words');
  assert.ok(said.includes('lines: one deviation over students of one run; ticks: students'));
  assert.ok(figure.width <= columnWidth('single') + 8, `${figure.width} points wide`);
  for (const colour of Object.values(kindColours)) assert.match(figure.svg.toUpperCase(), new RegExp(colour));
});

test('accuracies that differ little are still told apart: the axis does not begin at 0', async () => {
  const close = rows.map(({ label }, place) => ({ label, accuracy: accuracy(0.4 + 0.002 * place) }));
  const figure = await chartFigure('close', accuracyChart(close), []);
  assertReadable(figure);
  assert.ok(!texts(figure.svg).includes('0'));
});

const curve = (label: string, iterations: number, loss: (iteration: number) => number) => ({
  label,
  metrics: Array.from({ length: iterations }, (_, index) => ({ iteration: index + 1, loss: loss(index + 1) })),
});

for (const [iterations, scale] of [
  [2, 1000],
  [10, 1e-4],
  [300, 1],
  [15_000, 1e5],
]) {
  test(`losses of ${iterations} iterations around ${scale}: titled axes, a legend, nothing overlaps`, async () => {
    const curves = ['HaBa', 'images'].map((label, place) =>
      curve(label, iterations, (iteration) => (scale * (place + 1)) / Math.sqrt(iteration)),
    );
    const figure = await chartFigure('loss', lossChart(curves, { caption: 'DM on CIFAR-10' }), []);
    assertReadable(figure);
    for (const text of ['iteration', 'matching loss', 'HaBa', 'images', 'DM on CIFAR-10']) {
      assert.ok(texts(figure.svg).includes(text), text);
    }
    // Iterations are whole numbers.
    assert.ok(!texts(figure.svg).includes('1.2'));
  });
}

test('a point of a curve is the mean of a window, at its last iteration', () => {
  const specification = lossChart([curve('HaBa', 5, (iteration) => iteration)], { window: 2 });
  assert.deepEqual((specification as unknown as { data: { values: unknown } }).data.values, [
    { label: 'HaBa', iteration: 2, loss: 1.5 },
    { label: 'HaBa', iteration: 4, loss: 3.5 },
    { label: 'HaBa', iteration: 5, loss: 5 },
  ]);
});

test('accuracies that are all the same, but for rounding, have an axis that can be read', async () => {
  // Of 33 images 25: a deviation of 1e-16 is left.
  const same = ['HaBa', 'images'].map((label) => {
    const runs = [25 / 33, 25 / 33, 25 / 33];
    return { label, accuracy: { mean: runs.reduce((sum, one) => sum + one) / 3, std: 1.36e-16, runs } };
  });
  const figure = await chartFigure('same', accuracyChart(same), []);
  assertReadable(figure);
  const said = textBoxes(figure.svg).map(({ content }) => content);
  assert.ok(said.includes('75.5') && said.includes('76.0'), said.join(' | '));
});
