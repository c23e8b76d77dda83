/**
 * `shapes`: ten geometric figures in clutter, 32x32 RGB, drawn on the spot, so that everything runs without a download.
 * Colour, place, size, rotation, background and distractors are random: no single image shows what a class has in
 * common.
 *
 * Only operations that IEEE 754 rounds exactly are used (no sine, no logarithm): every machine and every version of
 * Node draws the same bytes.
 */
import { Random } from '../tensor/random';
import { assembleDataset, type Dataset, type ImageSplit } from './dataset';
import type { DatasetFormat } from './dataset-format';

export interface ShapesOptions {
  /** Training images, the same number (or one more) of each class. Default 5,000. */
  trainCount?: number;
  /** Test images. Default 1,000. */
  testCount?: number;
  /** Default 0; another seed draws other images. */
  seed?: number;
}

const side = 32;

/** Tangent of half the largest rotation: 0.2 is 23 degrees. */
const largestTurn = 0.2;

/** Signed distance to a figure's edge, negative inside, for a point in units of the figure's radius. */
type Figure = (x: number, y: number) => number;

const distance = (x: number, y: number) => Math.sqrt(x * x + y * y);
const box = (x: number, y: number, width: number, height: number) =>
  Math.max(Math.abs(x) - width, Math.abs(y) - height);

/** Unit normals of the sides of a regular pentagon, cosine and sine of 90 + 72 k degrees. */
const pentagon = [
  [0, 1],
  [-0.9510565162951535, 0.3090169943749474],
  [-0.5877852522924731, -0.8090169943749475],
  [0.5877852522924731, -0.8090169943749475],
  [0.9510565162951535, 0.3090169943749474],
];

const figures: Record<string, Figure> = {
  disc: (x, y) => distance(x, y) - 0.85,
  ring: (x, y) => Math.abs(distance(x, y) - 0.72) - 0.17,
  square: (x, y) => box(x, y, 0.72, 0.72),
  frame: (x, y) => Math.abs(box(x, y, 0.63, 0.63)) - 0.15,
  triangle: (x, y) => Math.max(y, 0.8660254037844386 * x - 0.5 * y, -0.8660254037844386 * x - 0.5 * y) - 0.5,
  cross: (x, y) => Math.min(box(x, y, 0.95, 0.24), box(x, y, 0.24, 0.95)),
  star: (x, y) => {
    // Inside a pentagram are the points that at most one of the five sides excludes.
    let [largest, second] = [-Infinity, -Infinity];
    for (const [normalX, normalY] of pentagon) {
      const value = normalX * x + normalY * y;
      if (value > largest) [largest, second] = [value, largest];
      else if (value > second) second = value;
    }
    return second - 0.36;
  },
  crescent: (x, y) => Math.max(distance(x, y) - 0.9, 0.75 - distance(x - 0.42, y)),
  bar: (x, y) => box(x, y, 1, 0.24),
  dots: (x, y) => Math.min(distance(x - 0.55, y), distance(x + 0.55, y)) - 0.38,
};

export const shapesClassNames = Object.keys(figures);

/**
 * Draws the dataset. Class of image i is i modulo 10, so that the first images of a longer split are a shorter one.
 */
export function drawShapes({ trainCount = 5000, testCount = 1000, seed = 0 }: ShapesOptions = {}): Dataset {
  const [trainRandom, testRandom] = ['train', 'test'].map((split) => Random.stream(seed, 'shapes', split));
  return assembleDataset({
    name: 'shapes',
    imageShape: [side, side, 3],
    classNames: shapesClassNames,
    train: drawSplit(trainCount, trainRandom),
    test: drawSplit(testCount, testRandom),
  });
}

/** Has no files. */
export const shapes: DatasetFormat = {
  dataset: 'shapes',
  folders: [],
  files: [],
  about: '10 classes of figures, 32x32 RGB, 5,000 + 1,000 images, drawn on the spot',
  shape: { imageShape: [side, side, 3], classCount: shapesClassNames.length },
  sources: [],
  read: () => drawShapes(),
};

function drawSplit(count: number, random: Random): ImageSplit {
  const images = new Uint8Array(count * side * side * 3);
  const labels = new Uint8Array(count);
  const canvas = new Float64Array(side * side * 3);
  const kinds = Object.values(figures);
  for (let image = 0; image < count; image++) {
    labels[image] = image % kinds.length;
    drawImage(canvas, kinds[labels[image]], random);
    images.set(quantise(canvas, random), image * canvas.length);
  }
  return { images, labels, count };
}

type Colour = [number, number, number];

const anyColour = (random: Random): Colour => [random.number(), random.number(), random.number()];

const colourDistance = (first: Colour, second: Colour) =>
  Math.sqrt(first.reduce((sum, value, channel) => sum + (value - second[channel]) ** 2, 0));

function drawImage(canvas: Float64Array, figure: Figure, random: Random): void {
  const background: [Colour, Colour] = [anyColour(random), anyColour(random)];
  fillBackground(canvas, background, random);
  const distractors = random.integer(3);
  for (let distractor = 0; distractor < distractors; distractor++) {
    const kind = random.integer(2) === 0 ? figures.disc : figures.bar;
    const place = { x: random.number(0, side), y: random.number(0, side), radius: random.number(1.5, 3) };
    paint(canvas, kind, place, [anyColour(random), anyColour(random)], random);
  }
  const colours: [Colour, Colour] = [visible(background, random), visible(background, random)];
  const radius = random.number(10.5, 13.5);
  const place = { x: random.number(radius, side - radius), y: random.number(radius, side - radius), radius };
  paint(canvas, figure, place, colours, random);
}

/** A colour that stands out from both colours of the background. */
function visible(background: [Colour, Colour], random: Random): Colour {
  for (;;) {
    const colour = anyColour(random);
    if (background.every((other) => colourDistance(colour, other) > 0.6)) return colour;
  }
}

/** A gradient between two colours in a random direction, with stripes across another. */
function fillBackground(canvas: Float64Array, [from, to]: [Colour, Colour], random: Random): void {
  const [gradientX, gradientY] = direction(random, 1);
  const [stripeX, stripeY] = direction(random, 1);
  const period = random.number(3, 9);
  const strength = random.number(0, 0.08);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const share = clamp(0.5 + ((x - side / 2) * gradientX + (y - side / 2) * gradientY) / side);
      const phase = (x * stripeX + y * stripeY) / period;
      const stripe = phase - Math.floor(phase) < 0.5 ? strength : -strength;
      for (let channel = 0; channel < 3; channel++) {
        canvas[(y * side + x) * 3 + channel] = from[channel] + share * (to[channel] - from[channel]) + stripe;
      }
    }
  }
}

interface Place {
  /** Pixels from the left and the top. */
  x: number;
  y: number;
  /** Pixels. */
  radius: number;
}

/** Paints a figure in a random rotation, shaded from one colour to another, with edges a pixel soft. */
function paint(canvas: Float64Array, figure: Figure, place: Place, [from, to]: [Colour, Colour], random: Random): void {
  const [cosine, sine] = direction(random, largestTurn);
  const { radius } = place;
  const first = (centre: number) => Math.max(0, Math.floor(centre - 1.3 * radius));
  const last = (centre: number) => Math.min(side - 1, Math.ceil(centre + 1.3 * radius));
  for (let y = first(place.y); y <= last(place.y); y++) {
    for (let x = first(place.x); x <= last(place.x); x++) {
      const [right, down] = [(x + 0.5 - place.x) / radius, (y + 0.5 - place.y) / radius];
      const [u, v] = [cosine * right + sine * down, cosine * down - sine * right];
      const cover = clamp(0.5 - figure(u, v) * radius);
      if (cover === 0) continue;
      const share = clamp(0.5 + 0.5 * u);
      for (let channel = 0; channel < 3; channel++) {
        const index = (y * side + x) * 3 + channel;
        const colour = from[channel] + share * (to[channel] - from[channel]);
        canvas[index] += cover * (colour - canvas[index]);
      }
    }
  }
}

/** (cosine, sine) of a random angle of up to 2 atan(tangent): (1 - t^2, 2 t) / (1 + t^2), exact without sines. */
function direction(random: Random, tangent: number): [number, number] {
  const t = random.number(-tangent, tangent);
  const length = 1 + t * t;
  return [(1 - t * t) / length, (2 * t) / length];
}

/** To bytes, with uniform noise of up to 12 either way. */
function quantise(canvas: Float64Array, random: Random): Uint8ClampedArray {
  const bytes = new Uint8ClampedArray(canvas.length);
  for (let pixel = 0; pixel < canvas.length; pixel += 3) {
    // One draw of 32 bits gives the three channels eight bits of noise each.
    let bits = random.integer(2 ** 24);
    for (let channel = 0; channel < 3; channel++, bits >>= 8) {
      bytes[pixel + channel] = Math.floor(255 * canvas[pixel + channel] + ((bits & 255) / 255 - 0.5) * 24 + 0.5);
    }
  }
  return bytes;
}

const clamp = (value: number) => Math.min(1, Math.max(0, value));
