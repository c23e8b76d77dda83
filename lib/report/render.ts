/** Figures as files: SVG as drawn, PNG at print resolution, PDF with real text; all with the font that comes along. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import PDFDocument from 'pdfkit';
import sharp from 'sharp';
import svgToPdf from 'svg-to-pdfkit';
import type { Figure } from './figure';
import { fontFamily } from './theme';

/** DejaVu Sans of npm: figures look the same on every machine, those without any fonts included. */
export function fontFile(): string {
  const folder = path.dirname(
    createRequire(path.join(process.cwd(), 'package.json')).resolve('dejavu-fonts-ttf/package.json'),
  );
  return path.join(folder, 'ttf', 'DejaVuSans.ttf');
}

/** @param dotsPerInch default 300, what journals ask for */
export async function toPng({ svg, width }: Figure, dotsPerInch = 300): Promise<Buffer> {
  const renderer = new Resvg(svg, {
    fitTo: { mode: 'width', value: Math.round((width / 72) * dotsPerInch) },
    font: { fontFiles: [fontFile()], loadSystemFonts: false, defaultFontFamily: fontFamily },
  });
  // resvg hardly compresses: photographs of a grid would take ten times the space.
  const compressed = sharp(renderer.render().asPng()).flatten({ background: 'white' }).png({ compressionLevel: 9 });
  return compressed.withMetadata({ density: dotsPerInch }).toBuffer();
}

/** One page of the figure's own size, whose text can be selected and searched. */
export async function toPdf({ svg, width, height, name }: Figure): Promise<Buffer> {
  // A fixed date: the same figure is the same file.
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    info: { Title: name, CreationDate: new Date(0) },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => document.on('end', resolve));
  document.registerFont(fontFamily, readFileSync(fontFile()));
  svgToPdf(document, svg, 0, 0, { width, height, fontCallback: () => fontFamily, assumePt: true });
  document.end();
  await ended;
  return Buffer.concat(chunks);
}
