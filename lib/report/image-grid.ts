/** Images in rows and columns with labels, e.g. bases beside their hallucinations. */
import { PNG } from 'pngjs';
import type { Figure } from './figure';
import { labelLines } from './label-lines';
import { lettersOf } from './script-fonts';
import { fontInUse, points } from './style';

export interface GridImages {
  /** [count, height, width, channels], 0 to 255, row by row of the grid. */
  pixels: Uint8Array;
  /** [height, width, channels]; one channel is shown in grey. */
  shape: readonly [number, number, number];
}

export interface GridOptions {
  name: string;
  rowLabels: string[];
  columnLabels: string[];
  /** What the rows and columns are, written beside and above their labels. */
  rowTitle?: string;
  columnTitle?: string;
  /** First column that the title stands above. Default 0. */
  columnTitleFrom?: number;
  /** Largest width, in millimetres. Default 174, two columns. */
  width?: number;
  /** Largest side of an image, in millimetres. Default 16. */
  largestCell?: number;
  /** Folders of the runs shown. */
  runs: string[];
}

/** Of a label of 7 points, with room to spare. */
const letterWidth = 4.6;
/** Of the width of a figure, at most so much for the labels of rows. */
const largestLabelShare = 0.4;
/** From one line of a label to the next. */
const lineHeight = 8.5;
const rowTitleWidth = 12;
/** Above the images, with one line of columns' labels. */
const smallestHeader = 24;
/** Labels of neighbouring columns stand on so many lines at most, where they are wider than their columns. */
const mostHeaderLines = 3;
const gap = 1.5;
/** Height of a figure, and side of an image where that height would leave it less. */
const [tallest, smallestCell] = [14_000, 2];

/**
 * Lays images out as an SVG that holds each as a PNG, enlarged without smoothing.
 * @throws RangeError when there are not as many images as cells
 */
export function imageGrid({ pixels, shape }: GridImages, options: GridOptions): Figure {
  const { name, rowLabels, columnLabels, rowTitle, columnTitle, columnTitleFrom = 0 } = options;
  const { width = 174, largestCell = 16, runs } = options;
  const [height, columns, channels] = shape;
  const size = height * columns * channels;
  const cells = rowLabels.length * columnLabels.length;
  if (pixels.length !== cells * size) {
    throw new RangeError(
      `imageGrid: ${rowLabels.length} rows of ${columnLabels.length} columns hold ${cells} images, got ${pixels.length / size}.`,
    );
  }
  const longest = Math.max(...rowLabels.map(lettersOf));
  const letters = Math.min(longest, Math.floor((largestLabelShare * points(width)) / letterWidth));
  const labelWidth = 6 + letterWidth * letters;
  const left = labelWidth + (rowTitle ? rowTitleWidth : 0);
  const tallestHeader = smallestHeader + (mostHeaderLines - 1) * lineHeight;
  const cell = Math.min(
    (points(width) - left) / columnLabels.length - gap,
    points(largestCell),
    // Of very many rows: no page of PDF is longer.
    Math.max(smallestCell, (((tallest - tallestHeader) / rowLabels.length - gap) * columns) / height),
  );
  const total = left + columnLabels.length * (cell + gap);
  const rowHeight = (cell * height) / columns + gap;
  // Labels wider than their columns stand on lines in turn; where those do not do, every second column or fewer is labelled.
  const apart = Math.ceil((letterWidth * Math.max(...columnLabels.map(lettersOf))) / (cell + gap));
  const lines = Math.min(apart, mostHeaderLines, columnLabels.length);
  const labelled = Math.ceil(apart / lines);
  const headerHeight = smallestHeader + (lines - 1) * lineHeight;
  const columnLabel = (label: string, column: number): string => {
    const line = Math.floor(column / labelled) % lines;
    const at = Math.min(left + (column + 0.5) * (cell + gap), total - (lettersOf(label) * letterWidth) / 2);
    return text(label, at, headerHeight - 5 - line * lineHeight, { size: 7 });
  };
  const totalHeight = headerHeight + rowLabels.length * rowHeight;
  // In the middle of its columns, and within the figure where these are narrower than it.
  const titleHalf = (lettersOf(columnTitle ?? '') * letterWidth * 8) / 7 / 2;
  const titleAt = Math.max(titleHalf, Math.min((left + columnTitleFrom * (cell + gap) + total) / 2, total - titleHalf));
  const middle = headerHeight + (rowLabels.length * rowHeight) / 2;
  const parts = [
    ...(rowTitle ? [text(rowTitle, 8, middle, { size: 8, turned: true })] : []),
    ...(columnTitle ? [text(columnTitle, titleAt, 8, { size: 8 })] : []),
    ...columnLabels.flatMap((label, column) => (column % labelled === 0 ? [columnLabel(label, column)] : [])),
    ...rowLabels.flatMap((label, row) => {
      const top = headerHeight + row * rowHeight;
      return [
        rowLabel(label, letters, { right: left - 4, top, height: rowHeight }),
        ...columnLabels.map((_, column) => {
          const from = (row * columnLabels.length + column) * size;
          const image = pngOf(pixels.subarray(from, from + size), shape).toString('base64');
          const x = left + column * (cell + gap);
          return `<image x="${x.toFixed(2)}" y="${top.toFixed(2)}" width="${cell.toFixed(2)}" height="${(rowHeight - gap).toFixed(2)}" image-rendering="optimizeSpeed" preserveAspectRatio="none" xlink:href="data:image/png;base64,${image}"/>`;
        }),
      ];
    }),
  ];
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${total.toFixed(2)}" height="${totalHeight.toFixed(2)}" ` +
    `viewBox="0 0 ${total.toFixed(2)} ${totalHeight.toFixed(2)}"><rect width="100%" height="100%" fill="white"/>${parts.join('')}</svg>`;
  return { name, svg, width: total, height: totalHeight, font: fontInUse(), runs };
}

interface RowRoom {
  right: number;
  top: number;
  height: number;
}

/** In as many lines as there is room for beside a row; what is shortened says its whole on hovering. */
function rowLabel(label: string, letters: number, { right, top, height }: RowRoom): string {
  const { lines, shortened } = labelLines(label, { letters, lines: Math.max(1, Math.floor(height / lineHeight)) });
  const first = top + height / 2 + 2 - ((lines.length - 1) * lineHeight) / 2;
  const drawn = lines.map((line, index) => text(line, right, first + index * lineHeight, { size: 7, anchor: 'end' }));
  return shortened ? `<g><title>${escaped(label)}</title>${drawn.join('')}</g>` : drawn.join('');
}

interface TextOptions {
  size: number;
  anchor?: 'middle' | 'end';
  /** Read from bottom to top. */
  turned?: boolean;
}

function text(content: string, x: number, y: number, { size, anchor = 'middle', turned = false }: TextOptions): string {
  const turn = turned ? ` transform="rotate(-90 ${x.toFixed(2)} ${y.toFixed(2)})"` : '';
  return `<text x="${x.toFixed(2)}" y="${y.toFixed(2)}" font-family="${fontInUse().family}" font-size="${size}" text-anchor="${anchor}"${turn}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Enlarged by whole pixels before it is encoded: what draws the SVG later may smooth, and then blurs no pixel. */
const enlargement = 4;

function pngOf(pixels: Uint8Array, [height, width, channels]: readonly [number, number, number]): Buffer {
  const png = new PNG({ width: width * enlargement, height: height * enlargement, colorType: 2 });
  for (let row = 0; row < png.height; row++) {
    for (let column = 0; column < png.width; column++) {
      const from = (Math.floor(row / enlargement) * width + Math.floor(column / enlargement)) * channels;
      const to = (row * png.width + column) * 4;
      for (let colour = 0; colour < 3; colour++) png.data[to + colour] = pixels[from + Math.min(colour, channels - 1)];
      png.data[to + 3] = 255;
    }
  }
  return PNG.sync.write(png, { colorType: 2 });
}
