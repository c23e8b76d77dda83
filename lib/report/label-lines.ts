/** A label in the room that there is: broken into lines, and shortened where these are not enough. */
import { brokenWord, lettersOf, splitLetters } from './script-fonts';

export interface LabelRoom {
  /** Letters that a line holds; see `lettersOf`. */
  letters: number;
  /** Lines that there is room for. */
  lines: number;
}

export interface LabelLines {
  lines: string[];
  /** Whether something was left out, for which '…' stands at the end. */
  shortened: boolean;
}

/** Breaks between words where there are any, and after '_', '-', '/' and ','; else between letters. */
export function labelLines(label: string, { letters, lines: most }: LabelRoom): LabelLines {
  const fits = (text: string) => lettersOf(text.trimEnd()) <= letters;
  const words = label.split(/(?<=[\s_\-/,])/).flatMap((word) => brokenWord(word, fits));
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && fits(last + word)) lines[lines.length - 1] = last + word;
    else lines.push(word);
  }
  const trimmed = lines.map((line) => line.trimEnd());
  if (trimmed.length <= most) return { lines: trimmed, shortened: false };
  const shown = trimmed.slice(0, most);
  let end = splitLetters(shown[most - 1]);
  while (end.length > 1 && lettersOf(end.join('')) + 1 > letters) end = end.slice(0, -1);
  shown[most - 1] = `${end.join('')}…`;
  return { lines: shown, shortened: true };
}
