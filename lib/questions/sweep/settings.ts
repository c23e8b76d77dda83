/** A sweep as it is written on a command line: keys with one value or several, and seeds. */
import { plainValue } from '../../distillation/setting-text';

/** What a key of a configuration can be swept over. */
export type SweptValue = string | number | boolean;

/** Values by the key that they are of, e.g. 'optimisers.bases.learningRate'. */
export type SweptValues = Record<string, readonly SweptValue[]>;

/**
 * @param texts each `key=value`, `key=value,value,...`, or a kind of set, or several, alone
 * @throws RangeError for a key that is there twice, and for a value that is not there
 */
export function readSweptValues(texts: readonly string[]): SweptValues {
  const found = new Map<string, SweptValue[]>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const [key, values] = equals < 1 ? ['set.kind', text] : [text.slice(0, equals), text.slice(equals + 1)];
    const before = found.get(key);
    if (before) {
      throw new RangeError(
        `'${key}' is given twice; give all its values in one, as --set ${key}=${[...before, values].join(',')}.`,
      );
    }
    if (values.split(',').some((value) => value.trim() === '')) {
      throw new RangeError(`'${text}' lacks a value; expected is key=value, or key=value,value.`);
    }
    found.set(key, values.split(',').map(plainValue));
  }
  return Object.fromEntries(found);
}

/** More than anybody waits for: a slip of the pen. */
const mostSeeds = 10_000;

/**
 * @param text whole numbers and ranges of them, e.g. '0..4' or '0,3,7..9'
 * @throws RangeError for anything else
 */
export function readSeeds(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const range = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim());
    const [first, last] = range ? [Number(range[1]), Number(range[2] ?? range[1])] : [NaN, NaN];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first || last - first >= mostSeeds) {
      throw new RangeError(
        `'${text}' are no seeds: expected whole numbers, as in 0,3,7, or from the least on, as in 0..4.`,
      );
    }
    return Array.from({ length: last - first + 1 }, (_, place) => first + place);
  });
}
