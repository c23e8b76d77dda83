/** One look for all figures, fit for print: column widths, type that stays readable, colours that survive grey and colour blindness. */
import type { Config } from 'vega-lite';

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
  images: '#0072B2',
  'random real images': '#999999',
  'full training set': '#000000',
};

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
