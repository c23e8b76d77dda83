/** Fonts for the letters that a figure's own font has not: all come along, so that figures look the same on every machine. */
import { readFileSync } from 'node:fs';
import { create, type Font } from 'fontkit';
import { packagedFont, type FontFile } from './style';

/** Tried in this order for a letter: files of npm packages, by family. */
const packages: readonly [family: string, name: string, file: string][] = [
  ['DejaVu Sans', 'dejavu-fonts-ttf', 'ttf/DejaVuSans.ttf'],
  ['Noto Sans SC', '@expo-google-fonts/noto-sans-sc', '400Regular/NotoSansSC_400Regular.ttf'],
  ['Noto Sans KR', '@expo-google-fonts/noto-sans-kr', '400Regular/NotoSansKR_400Regular.ttf'],
  ['Noto Sans Thai', '@expo-google-fonts/noto-sans-thai', '400Regular/NotoSansThai_400Regular.ttf'],
  ['Noto Sans Devanagari', '@expo-google-fonts/noto-sans-devanagari', '400Regular/NotoSansDevanagari_400Regular.ttf'],
];

let found: FontFile[] | undefined;

/** Looked for when a text first asks for them: most figures have none that does. */
const fallbacks = () => (found ??= packages.map((each) => packagedFont(...each)));

const opened = new Map<string, Font>();

/** Opened when a letter first asks for it: those of Chinese and Korean are large. */
function open({ file }: FontFile): Font {
  const known = opened.get(file);
  if (known) return known;
  // A file may hold several fonts; these hold one.
  const font = create(readFileSync(file)) as Font;
  opened.set(file, font);
  return font;
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** What joins letters, or says how they look, and needs no form of its own. */
const formless = /[\p{Cf}\p{Variation_Selector}]/u;

/** The first that has a letter with all its marks. */
function fontOf(letter: string, fonts: readonly FontFile[]): FontFile | undefined {
  const points = [...letter].filter((sign) => !formless.test(sign)).map((sign) => sign.codePointAt(0)!);
  return fonts.find((font) => points.every((point) => open(font).hasGlyphForCodePoint(point)));
}

/** A piece of a text, all of whose letters one font has; none for letters that no font has. */
export interface TextPiece {
  text: string;
  font?: FontFile;
}

/** Parts a text where the font changes. */
function pieces(text: string, fonts: readonly FontFile[]): TextPiece[] {
  const parts: TextPiece[] = [];
  for (const { segment } of letters.segment(text)) {
    const font = fontOf(segment, fonts);
    const last = parts.at(-1);
    if (last && last.font === font) last.text += segment;
    else parts.push({ text: segment, font });
  }
  return parts;
}

// Letters of ASCII are in the first font, and most texts have no other.
const isPlain = (text: string) => /^[\x20-\x7e\s]*$/.test(text);

/** A text, composed as Unicode's NFC has it, in the pieces in which it is drawn beside a figure's own font. */
export function drawnPieces(text: string, own: FontFile): TextPiece[] {
  if (isPlain(text)) return [{ text, font: own }];
  return pieces(text.normalize('NFC'), [own, ...fallbacks().filter(({ family }) => family !== own.family)]);
}

/** An SVG for those who draw it without looking for fonts of their own. */
export interface DrawableSvg {
  /** Every text names the font that has its letters; composed as Unicode's NFC has it, which fonts know best. */
  svg: string;
  /** The figure's own font, and all others named. */
  fonts: FontFile[];
  /** Letters that no font has: they are drawn as boxes. */
  missing: string[];
}

/** Names, for each part of each text whose letters the figure's own font has not, one that has them. */
export function withFonts(svg: string, own: FontFile): DrawableSvg {
  const [used, missing] = [new Set([own]), new Set<string>()];
  const named = ({ text, font }: TextPiece) => {
    if (font === undefined) for (const { segment } of letters.segment(text)) missing.add(segment);
    if (font === undefined || font === own) return text;
    used.add(font);
    return `<tspan font-family="${font.family}">${text}</tspan>`;
  };
  const drawn = svg.replace(/(<text\b[^>]*>)([\s\S]*?)(<\/text>)/g, (_, begin: string, inner: string, end: string) => {
    const content = inner.replace(/(^|>)([^<>]+)/g, (whole: string, before: string, raw: string) =>
      isPlain(raw) ? whole : before + drawnPieces(raw, own).map(named).join(''),
    );
    return `${begin}${content}${end}`;
  });
  return { svg: drawn, fonts: [...used], missing: [...missing] };
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

/** A word in as few pieces as fit, broken between letters; a letter that does not fit stands alone. */
export function brokenWord(word: string, fits: (text: string) => boolean): string[] {
  if (fits(word)) return [word];
  const parts: string[] = [];
  let part = '';
  for (const letter of splitLetters(word)) {
    if (part !== '' && !fits(part + letter)) {
      parts.push(part);
      part = '';
    }
    part += letter;
  }
  return [...parts, part];
}
