/** How figures look for the paper that they go into: how wide its columns are, and the font and size of its type. */
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { nearestName } from '../files/nearest-name';

/** A font from a file, TrueType or OpenType. */
export interface FontFile {
  /** As the file calls it. */
  family: string;
  file: string;
}

/** Fonts that come along, by family: files of npm packages, so that figures look the same on every machine. */
const fontPackages = {
  'DejaVu Sans': ['dejavu-fonts-ttf', 'ttf/DejaVuSans.ttf'],
  /** Computer Modern, LaTeX's own, with the letters of more languages. */
  'CMU Serif': ['computer-modern', 'fonts/cmu-serif-500-roman.ttf'],
  'CMU Sans Serif': ['computer-modern', 'fonts/cmu-sans-serif-500-roman.ttf'],
} as const;

export type FontName = keyof typeof fontPackages;

/** What a venue asks of figures: widths, type, font. */
export interface FigureStyle {
  /** Of a figure in one column and across two, in millimetres. */
  columnWidths: { single: number; double: number };
  /** Of tick labels, legends and notes, in points; titles of axes are one point larger. */
  fontSize: number;
  font: FontName | FontFile;
}

/** Styles by name: a general one, and the text widths of some venues' LaTeX classes. */
export const figureStyles = {
  /** Journal columns of 84 and 174 mm. */
  journal: { columnWidths: { single: 84, double: 174 }, fontSize: 7, font: 'DejaVu Sans' },
  /** Two columns of 3.25 in. */
  cvpr: { columnWidths: { single: 82.5, double: 174.6 }, fontSize: 8, font: 'CMU Serif' },
  /** Two columns of 3.5 in. */
  ieee: { columnWidths: { single: 88.9, double: 181.9 }, fontSize: 8, font: 'CMU Serif' },
  /** One column of 5.5 in: both kinds of figure are as wide as the text. */
  neurips: { columnWidths: { single: 139.7, double: 139.7 }, fontSize: 8, font: 'CMU Serif' },
} satisfies Record<string, FigureStyle>;

/** One a process: a notebook's kernel that runs this module anew, as it was edited, keeps the style that a cell chose. */
const place = Symbol.for('haba: figure style');
const chosen = globalThis as { [place]?: FigureStyle };

/** The style that figures are drawn in from now on. */
export function figureStyle(): FigureStyle {
  return chosen[place] ?? figureStyles.journal;
}

/**
 * Sets how figures are drawn from now on, for a paper: `useFigureStyle('neurips')`, or `useFigureStyle({ fontSize: 9, font: 'CMU Serif' })`,
 * which changes what is given of the general style 'journal'.
 * @returns the style
 * @throws RangeError for a style, font or size that there is not
 */
export function useFigureStyle(style: keyof typeof figureStyles | Partial<FigureStyle>): FigureStyle {
  const next = { ...figureStyles.journal, ...(typeof style === 'string' ? named(style) : style) };
  const { columnWidths, fontSize, font } = next;
  const refuse = (key: string, given: unknown, allowed: string) =>
    new RangeError(`useFigureStyle: '${key}' is ${inspect(given)}; allowed is ${allowed}.`);
  for (const key of ['single', 'double'] as const) {
    const width = columnWidths[key];
    if (!(width >= 60 && width <= 1000)) throw refuse(`columnWidths.${key}`, width, 'a width of 60 to 1,000 mm');
  }
  if (!(fontSize >= 5 && fontSize <= 16)) throw refuse('fontSize', fontSize, 'a size of 5 to 16 points');
  if (typeof font === 'string' && !Object.hasOwn(fontPackages, font)) {
    const names = Object.keys(fontPackages);
    throw refuse('font', font, `one of ${names.join(', ')}, or { family, file } of a font of your own`);
  }
  const { file } = fontOf(font);
  if (!existsSync(file)) throw refuse('font.file', file, 'a TrueType or OpenType file that is there');
  chosen[place] = next;
  return next;
}

function named(name: string): FigureStyle {
  if (Object.hasOwn(figureStyles, name)) return figureStyles[name as keyof typeof figureStyles];
  const names = Object.keys(figureStyles);
  const nearest = nearestName(name, names);
  throw new RangeError(
    `useFigureStyle: there is no style '${name}'; there are ${names.join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
  );
}

/** The font that figures are drawn in from now on. */
export function fontInUse(): FontFile {
  return fontOf(figureStyle().font);
}

function fontOf(font: FigureStyle['font']): FontFile {
  if (typeof font !== 'string') return font;
  const [name, file] = fontPackages[font];
  return packagedFont(font, name, file);
}

/** A font that comes along as a file of an npm package. */
export function packagedFont(family: string, name: string, file: string): FontFile {
  const manifest = createRequire(path.join(process.cwd(), 'package.json')).resolve(`${name}/package.json`);
  return { family, file: path.join(path.dirname(manifest), file) };
}

/** Width of a column of the paper, in points of 1/72 inch, in which Vega draws figures that are exported as PDF. */
export function columnWidth(columns: 'single' | 'double'): number {
  return points(figureStyle().columnWidths[columns]);
}

export function points(millimetres: number): number {
  return (millimetres / 25.4) * 72;
}
