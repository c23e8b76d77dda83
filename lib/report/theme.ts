/** One look for all figures, fit for print: column widths, type that stays readable, colours that survive grey and colour blindness. */
import type { Config } from 'vega-lite';
import type { ExprRef } from 'vega-lite/build/src/expr';
import type { TitleParams } from 'vega-lite/build/src/title';

/** Journal column widths, in millimetres. */
export const columnWidths = { single: 84, double: 174 };

/** Vega draws in units of 1/72 inch when its figures are exported as PDF. */
export function points(millimetres: number): number {
  return (millimetres / 25.4) * 72;
}

export const fontFamily = 'DejaVu Sans';

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

/** Scales of kinds of set, for the channels colour and shape. @param kinds in the order of the legend */
export function kindScales(kinds: readonly string[]) {
  return {
    colour: { domain: [...kinds], range: kinds.map((kind) => kindColours[kind] ?? '#000000') },
    shape: { domain: [...kinds], range: kinds.map((kind) => kindShapes[kind] ?? 'circle') },
  };
}

/** Vega-Lite configuration shared by every chart. */
export const theme: Config = {
  font: fontFamily,
  background: 'white',
  axis: {
    labelFontSize: 7,
    titleFontSize: 8,
    titleFontWeight: 'normal',
    domainColor: 'black',
    tickColor: 'black',
    gridColor: '#e5e5e5',
    gridWidth: 0.5,
  },
  legend: { labelFontSize: 7, titleFontSize: 8, titleFontWeight: 'normal', symbolSize: 40, labelLimit: 300 },
  header: { labelFontSize: 8, titleFontSize: 8 },
  title: { fontSize: 9, fontWeight: 'normal', anchor: 'start' },
  line: { strokeWidth: 1.2 },
  view: { stroke: null },
};

/** Width of a letter in units of its size, as Vega reckons where there is no canvas to measure on. */
const letterWidth = 0.8;

/** Room that the longest of an axis's labels takes, in points, as Vega reckons. */
export function labelWidth(labels: readonly string[]): number {
  return letterWidth * 7 * Math.max(...labels.map(({ length }) => length));
}

/**
 * What every chart has around its panels: the schema, the theme, little room, and notes under it.
 * @param notes paragraphs; what is missing or empty is left out
 * @param width of the notes' lines, in points
 */
export function chartFrame(notes: readonly (string | undefined)[], width: number) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    config: theme,
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
  const fontSize = 7;
  const letters = width / (letterWidth * fontSize);
  const lines: string[] = [];
  for (const text of texts) {
    let line = '';
    for (const word of text.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > letters) {
        lines.push(line);
        line = '';
      }
      line += line === '' ? word : ` ${word}`;
    }
    lines.push(line);
  }
  return { text: lines, orient: 'bottom', fontSize, offset: 4, frame: 'bounds' };
}
