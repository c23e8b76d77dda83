/** Figures as files: SVG as drawn, PNG at print resolution, PDF with real text; all with the font that comes along. */
import { readFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import PDFDocument from 'pdfkit';
import sharp from 'sharp';
import svgToPdf from 'svg-to-pdfkit';
import type { Figure } from './figure';
import { withFonts } from './fonts';
import { fontFamily } from './theme';

export { fontFile } from './fonts';

/** Said once of a letter: a figure is written several times. */
const told = new Set<string>();

/** @see withFonts; letters that no font has are said, and nothing stands in their place */
function drawable({ svg, name }: Figure) {
  const { missing, ...rest } = withFonts(svg);
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
  const { svg, fonts } = drawable(figure);
  const renderer = new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round((figure.width / 72) * dotsPerInch) },
    font: { fontFiles: fonts.map(({ file }) => file), loadSystemFonts: false, defaultFontFamily: fontFamily },
  });
  // resvg hardly compresses: photographs of a grid would take ten times the space.
  const compressed = sharp(renderer.render().asPng()).flatten({ background: 'white' }).png({ compressionLevel: 9 });
  return compressed.withMetadata({ density: dotsPerInch }).toBuffer();
}

/** One page of the figure's own size, whose text can be selected and searched. */
export async function toPdf(figure: Figure): Promise<Buffer> {
  const { width, height, name } = figure;
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
  const fontCallback = (family: string) => (fonts.some((font) => font.family === family) ? family : fontFamily);
  svgToPdf(document, svg, 0, 0, { width, height, fontCallback, assumePt: true });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}
