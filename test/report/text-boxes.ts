/** Where the texts of an SVG stand: what tells whether a figure can be read. */
import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import PDFDocument from 'pdfkit';
import type { Figure } from '../../lib/report/figure';
import { fontInUse } from '../../lib/report/style';

export interface TextBox {
  content: string;
  size: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const ruler = new PDFDocument();

const names: Record<string, string> = { amp: '&', lt: '<', gt: '>' };

/** What stands for a sign by name or number becomes the sign. */
function decoded(content: string): string {
  return content.replace(/&(#?)(\w+);/g, (_, numbered, name: string) =>
    numbered ? String.fromCharCode(Number(name)) : names[name],
  );
}

/** Lines of a text and how far below the first each stands: Vega writes lines as spans. */
function linesOf(content: string): { text: string; below: number }[] {
  const spans = [...content.matchAll(/<tspan([^>]*)>([^<]*)<\/tspan>/g)];
  if (spans.length === 0) return [{ text: decoded(content), below: 0 }];
  let below = 0;
  return spans.map(([, attributes, text]) => {
    below += Number(/dy="([\d.]+)"/.exec(attributes)?.[1] ?? 0);
    return { text: decoded(text), below };
  });
}

/** Boxes of all texts, as wide as the font of the figures makes them; knows translations, and turns of a right angle. */
export function textBoxes(svg: string, font = fontInUse()): TextBox[] {
  ruler.registerFont(font.family, readFileSync(font.file));
  const boxes: TextBox[] = [];
  const origins: [number, number][] = [[0, 0]];
  const tags = /<(\/?)(g|text)\b([^>]*)>((?:[^<]|<\/?tspan[^>]*>)*)/g;
  for (const [, closing, tag, attributes, content] of svg.matchAll(tags)) {
    if (closing) {
      if (tag === 'g') origins.pop();
      continue;
    }
    const of = (name: string) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
    const transform = of('transform') ?? '';
    const moved = [...transform.split('rotate')[0].matchAll(/translate\(([-\d.]+),([-\d.]+)\)/g)];
    let [x, y] = origins[origins.length - 1];
    for (const [, right, down] of moved) [x, y] = [x + Number(right), y + Number(down)];
    if (tag === 'g') {
      if (!attributes.endsWith('/')) origins.push([x, y]);
      continue;
    }
    const size = parseFloat(of('font-size')!);
    [x, y] = [x + Number(of('x') ?? 0), y + Number(of('y') ?? 0)];
    // Letters reach three quarters of their size above the line, and a quarter below it.
    const [above, under] = [0.75 * size, 0.25 * size];
    for (const { text, below } of linesOf(content)) {
      if (text === '') continue;
      const width = ruler.font(font.family).fontSize(size).widthOfString(text);
      const before = { start: 0, middle: width / 2, end: width }[of('text-anchor') ?? 'start']!;
      const box = { content: text, size };
      const line = y + below;
      boxes.push(
        transform.includes('rotate(-90')
          ? { ...box, left: x - above, right: x + under, top: y - (width - before), bottom: y + before }
          : { ...box, left: x - before, right: x - before + width, top: line - above, bottom: line + under },
      );
    }
  }
  return boxes;
}

/** Nothing under 7 points, nothing outside the figure, no text on another. */
export function assertReadable({ svg, width, height, font }: Figure): void {
  const boxes = textBoxes(svg, font);
  assert.ok(boxes.length > 0, 'the figure has texts');
  for (const [index, box] of boxes.entries()) {
    const place = JSON.stringify(box);
    assert.ok(box.size >= 7, `small: ${place}`);
    const inside = box.left >= -1 && box.top >= -1 && box.right <= width + 1 && box.bottom <= height + 1;
    assert.ok(inside, `outside of ${width} x ${height}: ${place}`);
    for (const other of boxes.slice(0, index)) {
      const apart =
        box.left >= other.right || other.left >= box.right || box.top >= other.bottom || other.top >= box.bottom;
      assert.ok(apart, `${place} lies on ${JSON.stringify(other)}`);
    }
  }
}
