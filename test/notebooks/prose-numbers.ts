/** Numbers in prose, and whether a table has them, as written: a digit that changes on one side alone is found. */

/** A table's rows, cells as text. */
export type Rows = readonly (readonly string[])[];

/** A number as written, without its sign: '10.0' is not '10'. */
const number = String.raw`\d[\d,]*(?:\.\d+)?`;
const signed = String.raw`[-+−]?${number}`;

/** Prose without what is no number of a result: code, addresses, names with digits, the level of intervals, seeds and notebooks by number. */
function resultsIn(prose: string): string {
  return prose
    .replace(/`[^`]*`/g, ' ')
    .replace(/\]\([^)]*\)|https?:\S+|<[^>]*>/g, ' ')
    .replace(/\b95 %(?= (?:confidence )?intervals?\b)/g, ' ')
    .replace(/\bseeds? \d+\b(?!\.\d)(?:(?:, | and |, and )\d+\b(?!\.\d))*/g, ' ')
    .replace(/\b[A-Za-z][A-Za-z_]*-?\d[\w-]*/g, ' ')
    .replace(/(?<![\d.])\b0\d(?: to 0\d)?\b(?!\.\d)/g, ' ')
    .replace(/\b\d+x\d+\b/g, ' ');
}

const plain = (text: string) => text.replace(/[-+−,]/g, '');

function numbersIn(text: string): string[] {
  return (text.match(new RegExp(number, 'g')) ?? []).map(plain);
}

const interval = new RegExp(`(${signed}) to (${signed})`, 'g');

/** Both ends with their signs, in ascending order; and the other way round, for prose that says 'behind' where a table has a minus. */
function endsOf(low: string, high: string): string[] {
  const value = (text: string) => text.replace('−', '-').replace('+', '').replace(/,/g, '');
  const turned = (text: string) => (value(text).startsWith('-') ? value(text).slice(1) : `-${value(text)}`);
  return [`${value(low)} ${value(high)}`, `${turned(high)} ${turned(low)}`];
}

/**
 * What stands in prose and in no table. Of an interval, 'LOW to HIGH', both ends must stand in one cell, and the number before it in the
 * sentence in the same row.
 */
export function unfounded(prose: string, tables: readonly Rows[]): string[] {
  const rows = tables.flat();
  const known = new Set(rows.flatMap((row) => row.flatMap(numbersIn)));
  const wrong: string[] = [];
  for (const sentence of resultsIn(prose).split(/(?<=[^\d\s][.;:]|\d[.;:])\s/)) {
    let last: string | undefined;
    let from = 0;
    const check = (text: string) => {
      for (const one of numbersIn(text)) {
        if (!known.has(one)) wrong.push(one);
        last = one;
      }
    };
    for (const match of sentence.matchAll(interval)) {
      const { index = 0 } = match;
      check(sentence.slice(from, index));
      from = index + match[0].length;
      const wanted = endsOf(match[1], match[2]);
      const having = rows.filter((row) =>
        row.some((cell) => [...cell.matchAll(interval)].some(([, low, high]) => wanted.includes(endsOf(low, high)[0]))),
      );
      const near = having.filter((row) => last === undefined || row.flatMap(numbersIn).includes(last));
      if (near.length === 0) wrong.push(having.length === 0 ? match[0] : `${last} (${match[0]})`);
    }
    check(sentence.slice(from));
  }
  return wrong;
}

/** Rows of the Markdown tables in a text that no table has a row for with all their numbers. */
export function unfoundedRows(markdown: string, tables: readonly Rows[]): string[] {
  const all = tables.flat().map((row) => new Set(row.flatMap(numbersIn)));
  const written = markdown.split('\n').filter((line) => /^\s*\|/.test(line));
  return written.filter((line) => {
    const numbers = line.split('|').flatMap((cell) => numbersIn(resultsIn(cell)));
    return numbers.length > 0 && !all.some((row) => numbers.every((one) => row.has(one)));
  });
}

/** A text with every digit of its numbers changed in turn, one at a time. */
export function misprints(prose: string): string[] {
  const kept = resultsIn(prose);
  return [...kept.matchAll(/\d/g)].map(
    ({ index = 0, 0: digit }) => kept.slice(0, index) + String((Number(digit) + 1) % 10) + kept.slice(index + 1),
  );
}
