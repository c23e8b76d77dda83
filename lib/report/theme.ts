/** One look for all figures, fit for print: column widths, type that stays readable, colours that survive grey and colour blindness. */
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

/** Scales of kinds of set, for the channels colour and shape. @param kinds in the order of the legend */
export function kindScales(kinds: readonly string[]) {
  return {
    colour: { domain: [...kinds], range: kinds.map((kind) => kindColours[kind] ?? '#000000') },
    shape: { domain: [...kinds], range: kinds.map((kind) => kindShapes[kind] ?? 'circle') },
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
