/** Numbers as a few levels: x is about step (q - zero), with q from 0 to levels - 1. */

export interface Affine {
  /** Distance of two levels, a float32. */
  step: number;
  /** Where 0 lies, in steps above level 0: a whole number, but not always one of the levels. */
  zero: number;
}

/** Beyond it, `zero` does not fit its 32 bits: then the range is so narrow beside its values that it counts as one value. */
const largestZero = 2 ** 31 - 1;

/**
 * Levels from a minimum to a maximum: step = (maximum - minimum) / (levels - 1), zero = round(-minimum / step), so that no number
 * between them is further than half a step from its level. A single value is a level by itself.
 */
export function affineOf(minimum: number, maximum: number, levels: number): Affine {
  const step = Math.fround((maximum - minimum) / (levels - 1));
  const zero = Math.round(-minimum / step);
  // `|| 0`: there is no zero of two signs.
  if (step > 0 && Math.abs(zero) <= largestZero) return { step, zero: zero || 0 };
  return minimum === 0 ? { step: 1, zero: 0 } : { step: Math.fround(minimum), zero: -1 };
}

/** q of a number: clip(round(x / step + zero), 0, levels - 1). */
export function levelOf(x: number, { step, zero }: Affine, levels: number): number {
  const level = Math.round(x / step + zero);
  return level < 0 ? 0 : level >= levels ? levels - 1 : level;
}

/** The number that a level stands for, a float32. */
export function valueOf(level: number, { step, zero }: Affine): number {
  return Math.fround(step * (level - zero));
}
