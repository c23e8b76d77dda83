/** Figures as files: SVG as drawn, PNG at print resolution, PDF with real text; all with the font of their style. */
import { readFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import PDFDocument from 'pdfkit';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import svgToPdf from 'svg-to-pdfkit';
import type { Figure } from './figure';
import { withFonts } from './script-fonts';

/** Said once of a letter: a figure is written several times. */
const told = new Set<string>();

/** The figure's SVG, and the fonts that have its letters; of those that no font has it is said. */
function drawable({ svg, font, name }: Figure) {
  const { missing, ...rest } = withFonts(svg, font);
  const news = missing.filter((letter) => !told.has(letter));
  for (const letter of news) told.add(letter);
  if (news.length > 0) {
    console.warn(
      `${name}: no font that comes along has ${news.slice(0, 8).join(' ')}${news.length > 8 ? ' ...' : ''}; PNG and PDF show boxes there, ` +
        'and the SVG has the text, for a browser with such a font.',
    );
  }
  return rest;
}

/** @param dotsPerInch default 300, what journals ask for */
export async function toPng(figure: Figure, dotsPerInch = 300): Promise<Buffer> {
  const drawn = rendered(figure, (figure.width / 72) * dotsPerInch);
  // resvg hardly compresses: photographs of a grid would take ten times the space.
  const compressed = sharp(drawn.asPng()).flatten({ background: 'white' }).png({ compressionLevel: 9 });
  return compressed.withMetadata({ density: dotsPerInch }).toBuffer();
}

/** For a screen, at once: two pixels a point, as screens of today have. */
export function toScreenPng(figure: Figure): Buffer {
  const { width, height, pixels } = rendered(figure, 2 * figure.width);
  const png = new PNG({ width, height });
  pixels.copy(png.data);
  return PNG.sync.write(png, { colorType: 2, deflateLevel: 9 });
}

/** @param width in pixels */
function rendered(figure: Figure, width: number) {
  const { svg, fonts } = drawable(figure);
  return new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round(width) },
    background: 'white',
    font: { fontFiles: fonts.map(({ file }) => file), loadSystemFonts: false, defaultFontFamily: figure.font.family },
  }).render();
}

/** One page of the figure's own size, whose text can be selected and searched. */
export async function toPdf(figure: Figure): Promise<Buffer> {
  const { width, height, font, name } = figure;
  const { svg, fonts } = drawable(figure);
  // A fixed date: the same figure is the same file.
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    info: { Title: name, CreationDate: new Date(0) },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => document.on('end', resolve));
  for (const { family, file } of fonts) document.registerFont(family, readFileSync(file));
  const fontCallback = (family: string) => (fonts.some((each) => each.family === family) ? family : font.family);
  svgToPdf(document, svg, 0, 0, { width, height, fontCallback, assumePt: true });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}
