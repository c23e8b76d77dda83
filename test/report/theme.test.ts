/** Colours of figures: told apart by everybody, and in grey. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartFrame, kindColours, kindScales, theme } from '../../lib/report/theme';

type Triple = [number, number, number];

const linear = (hex: string): Triple =>
  [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;

const times = (matrix: Triple[], [r, g, b]: Triple): Triple =>
  matrix.map(([first, second, third]) => first * r + second * g + third * b) as Triple;

/** CIE L*a*b* of a linear RGB colour, white D65. */
function lab(colour: Triple): Triple {
  const [x, y, z] = times(
    [
      [0.4124564, 0.3575761, 0.1804375],
      [0.2126729, 0.7151522, 0.072175],
      [0.0193339, 0.119192, 0.9503041],
    ],
    colour,
  ).map((value, axis) => {
    const share = Math.max(0, value) / [0.95047, 1, 1.08883][axis];
    return share > 216 / 24389 ? Math.cbrt(share) : ((24389 / 27) * share + 16) / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** How eyes without one kind of cone see linear RGB: Machado, Oliveira and Fernandes 2009, severity 1. */
const eyes: Record<string, Triple[]> = {
  'all cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const kinds = Object.keys(kindColours);
const pairs = kinds.flatMap((first, place) => kinds.slice(place + 1).map((second) => [first, second] as const));

for (const [name, matrix] of Object.entries(eyes)) {
  test(`${name}: any two kinds of set differ by more than ten units of CIE L*a*b*`, () => {
    const seen = (kind: string) => lab(times(matrix, linear(kindColours[kind])));
    for (const [first, second] of pairs) {
      const [one, other] = [seen(first), seen(second)];
      const distance = Math.hypot(...one.map((value, axis) => value - other[axis]));
      assert.ok(distance > 10, `${first} and ${second}: ${distance.toFixed(1)}`);
    }
  });
}

test('in grey, any two kinds of set differ in lightness or in shape; those drawn as lines alone in lightness', () => {
  const shapes = kindScales(kinds).shape.range;
  const lightness = (kind: string) => lab(linear(kindColours[kind]))[0];
  const common = ['HaBa', 'images', 'full training set'];
  for (const [first, second] of pairs) {
    const difference = Math.abs(lightness(first) - lightness(second));
    const differ = difference > 7 || shapes[kinds.indexOf(first)] !== shapes[kinds.indexOf(second)];
    assert.ok(differ, `${first} and ${second}: ${difference.toFixed(1)}`);
    if (common.includes(first) && common.includes(second)) assert.ok(difference > 7, `${first} and ${second}`);
  }
});

test("kinds of one's own have colours and shapes of their own, stable, dark enough on white, and any number of them", () => {
  const own = Array.from({ length: 40 }, (_, place) => `my kind ${place}`);
  const { colour, shape } = kindScales([...kinds, ...own]);
  assert.equal(new Set(colour.range).size, kinds.length + own.length, 'no two of one colour');
  for (const one of colour.range) assert.match(one, /^#[0-9a-f]{6}$/i);
  for (const one of colour.range.slice(kinds.length)) assert.ok(lab(linear(one))[0] < 62, one);
  assert.ok(!colour.range.slice(kinds.length).includes('#000000'));
  assert.ok(shape.range.slice(kinds.length).every((one) => !shape.range.slice(0, kinds.length).includes(one)));

  const few = ['low rank', 'mirrored', 'sparse', 'my Fourier set'];
  const among = kindScales(['images', ...few, 'HaBa']);
  assert.deepEqual([among.colour.range[0], among.colour.range[5]], [kindColours.images, kindColours.HaBa]);
  const turned = kindScales([...few].reverse());
  assert.deepEqual([...turned.colour.range].reverse(), among.colour.range.slice(1, 5), 'whatever the order');
  for (const name of ['constructor', '__proto__', '']) assert.match(kindScales([name]).colour.range[0], /^#/);
});

test('the frame of a chart: a paragraph a note, broken between words; none where there is nothing to say', () => {
  const said = chartFrame([undefined, 'DM on CIFAR-10', '', 'points: means over seeds'], 60);
  // 'points: means' is 49 points wide in DejaVu Sans of 7 points, with 'over' 68.
  assert.deepEqual(said.title?.text, ['DM on CIFAR-10', 'points: means', 'over seeds']);
  assert.deepEqual([said.config, said.padding], [theme(), 2]);
  assert.equal(chartFrame([undefined, ''], 90).title, undefined);
});
