/** Long labels and many entries: nothing is cut, nothing lies outside, whatever people call their sets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { differenceChart } from '../../lib/report/difference-chart';
import { chartFigure, type Figure } from '../../lib/report/figure';
import { lossChart } from '../../lib/report/loss-chart';
import { figureStyles, useFigureStyle } from '../../lib/report/style';
import { textWidth, wrappedText } from '../../lib/report/text-width';
import { assertReadable, textBoxes } from './text-boxes';

const words =
  'HaBa with colour bases and six hallucinators of kernel size five, started from real images and moved slowly, ' +
  'whose students are trained for three hundred updates on every image that the set decodes to, and tested on those that nobody saw';
const label = (letters: number) => words.slice(0, letters).trim();
const accuracy = (mean: number) => ({ mean, std: 0.01, runs: [mean - 0.01, mean + 0.01] });

const charts: Record<string, (labels: string[]) => Promise<Figure>> = {
  accuracy: (labels) =>
    chartFigure(
      'accuracy',
      accuracyChart(labels.map((name, at) => ({ label: name, accuracy: accuracy(0.3 + 0.1 * at) }))),
      [],
    ),
  loss: (labels) =>
    chartFigure(
      'loss',
      lossChart(
        labels.map((name, at) => ({
          label: name,
          metrics: [1, 2, 3].map((iteration) => ({ iteration, loss: at + 1 / iteration })),
        })),
      ),
      [],
    ),
  difference: (labels) => {
    const rows = labels.map((name, at) => ({
      label: name,
      colour: '#D55E00',
      difference: {
        mean: at,
        interval: { low: at - 1, high: at + 1 },
        differences: [0, 1].map((seed) => ({ seed, value: at + seed - 0.5 })),
        leftOut: [],
      },
    }));
    return chartFigure('difference', differenceChart([{ axis: 'ahead of images (%)', rows }]), []);
  },
};

for (const [name, draw] of Object.entries(charts)) {
  for (const letters of [33, 40, 80, 106, 200]) {
    test(`${name}: labels of ${letters} letters are whole, nothing outside, the plot as wide as before`, async () => {
      const labels = [label(letters), `my ${label(letters)}`, 'images'];
      const figure = await draw(labels);
      assertReadable(figure);
      const said = textBoxes(figure.svg)
        .map(({ content }) => content)
        .join(' ');
      assert.ok(!said.includes('…'), 'nothing is cut');
      for (const word of labels.flatMap((text) => text.split(' '))) assert.ok(said.includes(word), word);
      assert.ok(figure.width <= (84 / 25.4) * 72 + 8, `${figure.width} points wide`);
      // At least half of the column is left to the plot.
      const ticks = textBoxes(figure.svg).filter(({ content }) => /^[−-]?[\d.]+$/.test(content));
      const left = Math.min(...ticks.map((box) => box.left));
      assert.ok(figure.width - left > 0.45 * figure.width, `plot begins at ${left} of ${figure.width}`);
    });
  }
}

test('a legend of seven entries stands in as many rows as it needs', async () => {
  const figure = await charts.loss([
    'images',
    'HaBa',
    'HaBa, single-channel',
    'low rank',
    'FreD',
    'a set of mine',
    'another',
  ]);
  assertReadable(figure);
});

for (const [name, style] of Object.entries(figureStyles)) {
  test(`style ${name}: charts keep to its column in its font and size`, async () => {
    useFigureStyle(name as keyof typeof figureStyles);
    try {
      for (const draw of Object.values(charts)) {
        const figure = await draw(['HaBa', 'images', label(40)]);
        assertReadable(figure);
        assert.ok(figure.width <= (style.columnWidths.single / 25.4) * 72 + 8, `${figure.width} points wide`);
        assert.equal(figure.font.family, style.font);
        assert.match(figure.svg, new RegExp(`font-family="${style.font}"`));
        const sizes = new Set(textBoxes(figure.svg, figure.font).map(({ size }) => size));
        assert.equal(Math.min(...sizes), style.fontSize);
      }
    } finally {
      useFigureStyle('journal');
    }
  });
}

test('a style that there is not is refused by what there is', () => {
  assert.throws(
    () => useFigureStyle('neurip' as 'neurips'),
    /no style 'neurip'; there are journal, .*Did you mean 'neurips'\?/,
  );
  assert.throws(() => useFigureStyle({ fontSize: 40 }), /'fontSize' is 40; allowed is a size of 5 to 16 points/);
  assert.throws(
    () => useFigureStyle({ font: 'Arial' as 'CMU Serif' }),
    /'font' is 'Arial'; allowed is one of DejaVu Sans, CMU Serif/,
  );
  assert.throws(
    () => useFigureStyle({ font: { family: 'Mine', file: '/no/such.ttf' } }),
    /'font.file' is '\/no\/such.ttf'/,
  );
});

test('lines: as wide as they may be, words whole where they fit, nothing lost', () => {
  const lines = wrappedText(words, 60, 7);
  assert.equal(lines.join(' '), words);
  for (const line of lines) assert.ok(textWidth(line, 7) <= 60, line);
  const letters = 'a'.repeat(121);
  const pieces = wrappedText(letters, 60, 7);
  assert.equal(pieces.join(''), letters);
  for (const piece of pieces) assert.ok(textWidth(piece, 7) <= 60, piece);
  // DejaVu Sans is 1,255 of 2,048 units wide in an 'a'.
  assert.ok(Math.abs(textWidth('a', 7) - (7 * 1255) / 2048) < 1e-9);
});

test('letters that a fallback font draws take the room that it gives them: a Han letter is as wide as its size', async () => {
  assert.equal(textWidth('汉字', 10), 20);
  assert.ok(Math.abs(textWidth('汉字 a', 10) - 20 - textWidth(' a', 10)) < 1e-9);
  const names = ['原图像压缩成的图像', '由基和生成网络组成的数据集，每类九个基'];
  const { svg, width } = await charts.accuracy(names);
  const boxes = textBoxes(svg).filter(({ content }) => /\p{Script=Han}/u.test(content));
  assert.equal(boxes.map(({ content }) => content).join(''), names.join(''));
  for (const { content, size, right } of boxes) {
    assert.ok(
      right <= width && right - size * content.length >= -1,
      `${content} begins at ${right - size * content.length}`,
    );
  }
});
