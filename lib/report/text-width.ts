/** How wide a text is in the fonts that figures draw it in, so that what is drawn without a screen is laid out as it will look. */
import { readFileSync } from 'node:fs';
import PDFDocument from 'pdfkit';
import * as vega from 'vega';
import { brokenWord, drawnPieces } from './script-fonts';
import { fontInUse, type FontFile } from './style';

const ruler = new PDFDocument();
const known = new Set<string>();

/** In points. @param size of the type, in points */
export function textWidth(text: string, size: number): number {
  const own = fontInUse();
  // What no font has is a box of the figure's own.
  return drawnPieces(text, own).reduce((sum, { text: piece, font = own }) => sum + widthIn(font, piece, size), 0);
}

function widthIn({ file }: FontFile, text: string, size: number): number {
  if (!known.has(file)) {
    ruler.registerFont(file, readFileSync(file));
    known.add(file);
  }
  return ruler.font(file).fontSize(size).widthOfString(text);
}

/** Of the widest, 0 for none. */
export function widestText(texts: readonly string[], size: number): number {
  return Math.max(0, ...texts.map((text) => textWidth(text, size)));
}

/**
 * A text in lines no wider than `width` points: broken between words, and within a word that is wider than a line.
 * @param size of the type, in points
 */
export function wrappedText(text: string, width: number, size: number): string[] {
  const fits = (line: string) => textWidth(line, size) <= width;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((whole) => brokenWord(whole, fits))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && !fits(longer)) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Lets Vega reckon with the font of the figures; by itself, without a screen, it takes every letter for 0.8 of its size. */
export function measureInVega(): void {
  // What Vega's types leave out.
  const { textMetrics } = vega as unknown as {
    textMetrics: { width: (item: { fontSize?: number; limit?: number }, text: unknown) => number };
  };
  textMetrics.width = ({ fontSize = 11, limit = 0 }, text) => {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string
    const width = textWidth(String(text ?? '').trim(), fontSize);
    return limit > 0 ? Math.min(width, limit) : width;
  };
}
