/** The fonts of figures: all come along, so that figures look the same on every machine, those without any fonts included. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { create, type Font } from 'fontkit';
import { fontFamily } from './theme';

/** A font of npm, tried in this order for a letter. */
interface FontSource {
  family: string;
  package: string;
  file: string;
}

const sources: readonly FontSource[] = [
  { family: fontFamily, package: 'dejavu-fonts-ttf', file: 'ttf/DejaVuSans.ttf' },
  { family: 'Noto Sans SC', package: '@expo-google-fonts/noto-sans-sc', file: '400Regular/NotoSansSC_400Regular.ttf' },
  { family: 'Noto Sans KR', package: '@expo-google-fonts/noto-sans-kr', file: '400Regular/NotoSansKR_400Regular.ttf' },
  {
    family: 'Noto Sans Thai',
    package: '@expo-google-fonts/noto-sans-thai',
    file: '400Regular/NotoSansThai_400Regular.ttf',
  },
  {
    family: 'Noto Sans Devanagari',
    package: '@expo-google-fonts/noto-sans-devanagari',
    file: '400Regular/NotoSansDevanagari_400Regular.ttf',
  },
];

export interface FigureFont {
  family: string;
  file: string;
}

const fileOf = ({ package: name, file }: FontSource) =>
  path.join(
    path.dirname(createRequire(path.join(process.cwd(), 'package.json')).resolve(`${name}/package.json`)),
    file,
  );

/** DejaVu Sans, which has the letters of Europe and the Near East. */
export function fontFile(): string {
  return fileOf(sources[0]);
}

const opened = new Map<string, Font>();

/** Opened when a letter first asks for it: those of Chinese and Korean are large. */
function open(source: FontSource): Font {
  const known = opened.get(source.family);
  if (known) return known;
  // A file may hold several fonts; these hold one.
  const font = create(readFileSync(fileOf(source))) as Font;
  opened.set(source.family, font);
  return font;
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What joins letters, or says how they look, and needs no form of its own. */
const formless = /[\p{Cf}\p{Variation_Selector}]/u;

function sourceOf(letter: string): FontSource | undefined {
  const points = [...letter].filter((sign) => !formless.test(sign)).map((sign) => sign.codePointAt(0)!);
  return sources.find((source) => points.every((point) => open(source).hasGlyphForCodePoint(point)));
}

/** A piece of a text, all of whose letters one font has. */
interface TextPiece {
  text: string;
  family: string;
}

/** Parts a text where the font changes; letters that no font has stay with the first. */
function pieces(text: string): TextPiece[] {
  const parts: TextPiece[] = [];
  for (const { segment } of letters.segment(text)) {
    const family = sourceOf(segment)?.family ?? fontFamily;
    const last = parts.at(-1);
    if (last?.family === family) last.text += segment;
    else parts.push({ text: segment, family });
  }
  return parts;
}

// Letters of ASCII are in the first font, and most texts have no other.
const isPlain = (text: string) => /^[\x20-\x7e\s]*$/.test(text);

/** An SVG for those who draw it without looking for fonts of their own. */
export interface DrawableSvg {
  /** Every text names the font that has its letters; composed as Unicode's NFC has it, which fonts know best. */
  svg: string;
  /** All fonts named. */
  fonts: FigureFont[];
  /** Letters that no font has: they are drawn as boxes. */
  missing: string[];
}

/** Names, for each part of each text, the font that has its letters. */
export function withFonts(svg: string): DrawableSvg {
  const [families, missing] = [new Set([fontFamily]), new Set<string>()];
  const named = svg.replace(/(<text\b[^>]*>)([\s\S]*?)(<\/text>)/g, (_, begin: string, inner: string, end: string) => {
    const content = inner.replace(/(^|>)([^<>]+)/g, (whole, before: string, raw: string) => {
      if (isPlain(raw)) return whole;
      const parts = pieces(raw.normalize('NFC'));
      return `${before}${parts
        .map(({ text, family }) => {
          if (family === fontFamily) {
            for (const { segment } of letters.segment(text)) if (!sourceOf(segment)) missing.add(segment);
            return text;
          }
          families.add(family);
          return `<tspan font-family="${family}">${text}</tspan>`;
        })
        .join('')}`;
    });
    return `${begin}${content}${end}`;
  });
  const fonts = sources
    .filter(({ family }) => families.has(family))
    .map((source) => ({ family: source.family, file: fileOf(source) }));
  return { svg: named, fonts, missing: [...missing] };
}

const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60]/u;

/** How many letters of usual width a text takes, with room to spare: one each, and those of Chinese, Japanese and Korean more. */
export function lettersOf(text: string): number {
  let sum = 0;
  for (const { segment } of letters.segment(text)) sum += wide.test(segment) ? 1.6 : 1;
  return sum;
}

/** The letters of a text, each with the marks that belong to it. */
export function splitLetters(text: string): string[] {
  return Array.from(letters.segment(text), ({ segment }) => segment);
}
