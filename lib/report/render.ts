/** Figures as files: SVG as drawn, PNG at print resolution, PDF with real text; all with the font of their style. */
import { readFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import PDFDocument from 'pdfkit';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import svgToPdf from 'svg-to-pdfkit';
import type { Figure } from './figure';

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
function rendered({ svg, font }: Figure, width: number) {
  return new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round(width) },
    background: 'white',
    font: { fontFiles: [font.file], loadSystemFonts: false, defaultFontFamily: font.family },
  }).render();
}

/** One page of the figure's own size, whose text can be selected and searched. */
export async function toPdf({ svg, width, height, font, name }: Figure): Promise<Buffer> {
  // A fixed date: the same figure is the same file.
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    info: { Title: name, CreationDate: new Date(0) },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => document.on('end', resolve));
  document.registerFont(font.family, readFileSync(font.file));
  svgToPdf(document, svg, 0, 0, { width, height, fontCallback: () => font.family, assumePt: true });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}
