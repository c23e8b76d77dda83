/** One look for all figures, fit for print: column widths, type that stays readable, colours that survive grey and colour blindness. */
import { formatHex } from 'culori';
import type { Config } from 'vega-lite';
import type { ExprRef } from 'vega-lite/build/src/expr';
import type { TitleParams } from 'vega-lite/build/src/title';
import { figureStyle, fontInUse } from './style';
import { wrappedText } from './text-width';

/**
 * One colour a kind of training set in all figures, of the Okabe-Ito palette, chosen to differ in lightness too.
 * @see Okabe and Ito, Color Universal Design, 2008
 */
export const kindColours: Record<string, string> = {
  HaBa: '#D55E00',
  'HaBa, single-channel': '#E69F00',
  'HaBa + multi-formation': '#CC79A7',
  images: '#0072B2',
  'multi-formation': '#56B4E9',
  'random real images': '#707070',
  'full training set': '#000000',
};

/** One shape a kind, so that kinds are told apart in grey. */
const kindShapes: Record<string, string> = {
  HaBa: 'circle',
  'HaBa, single-channel': 'triangle-up',
  'HaBa + multi-formation': 'diamond',
  images: 'square',
  'multi-formation': 'triangle-down',
  'random real images': 'cross',
};

/** Of what is not among those, such as kinds of set of one's own: the palette's green, and others that stay dark on white. */
const furtherColours = ['#009E73', '#7B3294', '#8C510A', '#01665E', '#B2182B', '#6B6B00', '#3B3B9E', '#C51B7D'];

/**
 * Further shapes, one for each further colour: Vega's, and as SVG paths in a square from -1 to 1 a star, a cross that lies, an
 * hourglass, a bow tie, a pentagon and an arrow.
 */
const furtherShapes = [
  'triangle-right',
  'M0,-1L0.95,-0.31L0.59,0.81L-0.59,0.81L-0.95,-0.31Z',
  'M0,-1L0.29,-0.4L0.95,-0.31L0.48,0.15L0.59,0.81L0,0.5L-0.59,0.81L-0.48,0.15L-0.95,-0.31L-0.29,-0.4Z',
  'triangle-left',
  'M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z',
  'M-0.9,-0.9L0.9,-0.9L0.2,0L0.9,0.9L-0.9,0.9L-0.2,0Z',
  'M-0.9,-0.9L0,-0.2L0.9,-0.9L0.9,0.9L0,0.2L-0.9,0.9Z',
  'M0,-1L0.9,-0.1L0.5,-0.1L0.5,0.9L-0.5,0.9L-0.5,-0.1L-0.9,-0.1Z',
];

/**
 * A place for each label: the same wherever it is drawn alone or beside the same others, and no two in one place. It follows from
 * the label's letters, not from its order in a chart.
 */
function placesOf(labels: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  const taken = new Set<number>();
  for (const label of [...new Set(labels)].sort()) {
    const start = [...label].reduce((sum, letter) => (31 * sum + letter.codePointAt(0)!) % 9973, 7);
    const free = furtherColours.map((_, step) => (start + step) % furtherColours.length).find((one) => !taken.has(one));
    const place = free ?? taken.size;
    taken.add(place);
    places.set(label, place);
  }
  return places;
}

/** Beyond the palette, hues at the golden angle, which come near no earlier one for long. */
function furtherColour(place: number): string {
  return (
    furtherColours[place] ?? formatHex({ mode: 'lch', l: 32 + 9 * (place % 3), c: 45, h: (place * 137.508) % 360 })
  );
}

/**
 * Scales of kinds of set, for the channels colour and shape: those known above have theirs, any other one of its own.
 * @param kinds in the order of the legend
 */
export function kindScales(kinds: readonly string[]) {
  const places = placesOf(kinds.filter((kind) => !Object.hasOwn(kindColours, kind)));
  const colourOf = (kind: string) => (places.has(kind) ? furtherColour(places.get(kind)!) : kindColours[kind]);
  const shapeOf = (kind: string) =>
    places.has(kind) ? furtherShapes[places.get(kind)! % furtherShapes.length] : (kindShapes[kind] ?? 'circle');
  return {
    colour: { domain: [...kinds], range: kinds.map(colourOf) },
    shape: { domain: [...kinds], range: kinds.map(shapeOf) },
  };
}

/** Vega-Lite configuration shared by every chart, in the style that is in use. */
export function theme(): Config {
  const { fontSize } = figureStyle();
  const titleFontSize = fontSize + 1;
  return {
    font: fontInUse().family,
    background: 'white',
    axis: {
      labelFontSize: fontSize,
      titleFontSize,
      titleFontWeight: 'normal',
      domainColor: 'black',
      tickColor: 'black',
      gridColor: '#e5e5e5',
      gridWidth: 0.5,
    },
    legend: { labelFontSize: fontSize, titleFontSize, titleFontWeight: 'normal', symbolSize: 40, labelLimit: 0 },
    header: { labelFontSize: titleFontSize, titleFontSize },
    title: { fontSize: fontSize + 2, fontWeight: 'normal', anchor: 'start' },
    // Whoever points at a mark is told all that its row says; on paper nobody points.
    mark: { tooltip: { content: 'data' } },
    line: { strokeWidth: 1.2 },
    view: { stroke: null },
  };
}

/**
 * What every chart has around its panels: the schema, the theme, little room, and notes under it.
 * @param notes paragraphs; what is missing or empty is left out
 * @param width of the notes' lines, in points
 */
export function chartFrame(notes: readonly (string | undefined)[], width: number) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme(),
    title: caption(
      notes.flatMap((note) => (note ? [note] : [])),
      width,
    ),
    padding: 2,
  };
}

/** Lines as wide as the figure, broken between words. @param width in points */
function caption(texts: readonly string[], width: number): TitleParams<ExprRef> | undefined {
  if (texts.length === 0) return undefined;
  const { fontSize } = figureStyle();
  const lines = texts.flatMap((text) => wrappedText(text, width, fontSize));
  return { text: lines, orient: 'bottom', fontSize, offset: 4, frame: 'bounds' };
}
