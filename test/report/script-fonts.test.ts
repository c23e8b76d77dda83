/** Labels of many scripts, and long ones: drawn in PNG and PDF by fonts that come along, or said not to be. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { PNG } from 'pngjs';
import { getDocumentProxy } from 'unpdf';
import type { Figure } from '../../lib/report/figure';
import { lettersOf, withFonts } from '../../lib/report/script-fonts';
import { imageGrid } from '../../lib/report/image-grid';
import { labelLines } from '../../lib/report/label-lines';
import { toPdf, toPng } from '../../lib/report/render';
import { fontInUse } from '../../lib/report/style';

const grid = (rowLabels: string[], columns = 1): Figure =>
  imageGrid(
    { pixels: new Uint8Array(4 * rowLabels.length * columns).fill(255), shape: [2, 2, 1] },
    {
      name: 'grid',
      rowLabels,
      columnLabels: Array.from({ length: columns }, (_, column) => `${column + 1}`),
      runs: [],
    },
  );

const quiet = (context: TestContext) => context.mock.method(console, 'warn', () => undefined);

/** Signs of private use, which no font has, in the same places. */
const boxes = (text: string) => [...text].map(() => '\ue123').join('');

// Simplified and traditional Chinese, Japanese, Korean, Thai, Hindi, Russian, Vietnamese.
const names = ['猫狗', '臺灣鳥', 'ねこイヌ', '고양이', 'แมว', 'बिल्ली', 'кошка', 'chó mèo ẫ', 'Ärger à la façon'];

test('every script has a font, and its letters are drawn as such in PNG: not as boxes, and not as each other', async (context) => {
  quiet(context);
  for (const name of names) {
    assert.deepEqual(withFonts(grid([name]).svg, fontInUse()).missing, [], name);
    const drawn = async (text: string) =>
      PNG.sync.read(await toPng({ ...grid([name]), svg: grid([name]).svg.replace(name, text) })).data;
    const pixels = await drawn(name);
    assert.notDeepEqual(pixels, await drawn(boxes(name)), `${name} as boxes`);
    assert.notDeepEqual(pixels, await drawn(''), `${name} as nothing`);
    assert.notDeepEqual(pixels, await drawn([...name].reverse().join('')), `${name} reversed`);
  }
});

test('PDF: the fonts are embedded, and another reader finds the names as text', async () => {
  const figure = grid(names);
  const bytes = await toPdf(figure);
  const latin = bytes.toString('latin1');
  for (const font of ['DejaVuSans', 'NotoSansSC', 'NotoSansKR', 'NotoSansThai', 'NotoSansDevanagari']) {
    assert.match(latin, new RegExp(`/BaseFont /\\w+\\+${font}`));
  }
  const document = await getDocumentProxy(new Uint8Array(bytes));
  const { items } = await (await document.getPage(1)).getTextContent();
  const read = items
    .map((item) => ('str' in item ? item.str : ''))
    .join('')
    .normalize('NFC');
  // Of Hindi a reader gets forms of letters, whose text some readers put together anew.
  for (const name of names.filter((each) => each !== 'बिल्ली')) assert.ok(read.includes(name), `${name} in ${read}`);
  await document.loadingTask.destroy();
});

test('accents that a file system has taken apart are put together', async () => {
  const [apart, together] = ['e\u0301te\u0301', 'été'];
  assert.deepEqual(await toPng(grid([apart])), await toPng(grid([together])));
});

test('letters that no font has are said, once, and drawn as boxes', async (context) => {
  const warn = quiet(context);
  const figure = grid(['বিড়াল']);
  await toPng(figure);
  await toPdf(figure);
  assert.equal(warn.mock.callCount(), 1);
  assert.match(
    String(warn.mock.calls[0].arguments[0]),
    /^grid: no font that comes along has বি .*PNG and PDF show boxes there/,
  );
});

test('labels of any length leave room for the images, break into lines, and say their whole where they are shortened', async () => {
  const long = `${'a very long name of a class '.repeat(10)}end`;
  const unbroken = 'x'.repeat(400);
  for (const columns of [1, 10, 50]) {
    const figure = grid([long, unbroken, '猫'.repeat(90), 'cat'], columns);
    assert.ok(figure.width <= (174 / 25.4) * 72 + 1 && figure.width > 100, `${figure.width}`);
    const sides = [...figure.svg.matchAll(/<image x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)];
    assert.equal(sides.length, 4 * columns);
    assert.ok(sides.every(([, x, width]) => Number(x) > 0 && Number(width) > 2));
    assert.ok(figure.svg.includes(`<title>${unbroken}</title>`) && figure.svg.includes(`<title>${long}</title>`));
    assert.ok((await toPng(figure, 72)).length > 0 && (await toPdf(figure)).length > 0);
  }
});

test('lines of a label: between words, between letters of a long one, with a sign where something is left out', () => {
  assert.deepEqual(labelLines('goldfish, Carassius auratus', { letters: 12, lines: 5 }), {
    lines: ['goldfish,', 'Carassius', 'auratus'],
    shortened: false,
  });
  assert.deepEqual(labelLines('abcdefgh', { letters: 3, lines: 2 }), { lines: ['abc', 'de…'], shortened: true });
  assert.deepEqual(labelLines('short', { letters: 5, lines: 1 }), { lines: ['short'], shortened: false });
  // Marks stay with their letters.
  assert.deepEqual(labelLines('e\u0301e\u0301', { letters: 1, lines: 2 }).lines, ['e\u0301', 'e\u0301']);
  assert.equal(lettersOf('ab'), 2);
  assert.equal(lettersOf('e\u0301'), 1);
  assert.ok(lettersOf('猫') > 1.5);
});

test('a thousand classes: a figure no longer than a page of PDF can be', async () => {
  const figure = grid(Array.from({ length: 1000 }, (_, label) => `class ${label}`));
  assert.ok(figure.height <= 14_001, `${figure.height}`);
  assert.ok((await toPdf(figure)).length > 0);
});
