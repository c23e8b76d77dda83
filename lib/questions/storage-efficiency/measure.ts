/** RQ1 measured: what a set is compared with, and at how many floats images are as accurate. */
import type { GridRun } from '../../experiments/grid';
import type { StorageFactors } from './grid';
import type { Setting } from '../../report/seed-groups';

export type StorageRuns = readonly GridRun<StorageFactors>[];

/** Images under the same method in the same budget are what a set is compared with; random images, under no method, with nothing. */
export function imagesOf({ method, budget }: Setting<StorageFactors>): Partial<Setting<StorageFactors>> | undefined {
  return method === 'none' ? undefined : { method, budget, kind: 'images' };
}

/**
 * Floats at which a curve reaches an accuracy.
 * @param curve measurements, in any order
 * @returns floats, interpolated between the two measurements around it, over the logarithm of floats; or, where the curve does
 * not reach so far, 'more than N' or 'less than N'
 */
export function floatsForAccuracy(
  curve: readonly { floats: number; accuracy: number }[],
  accuracy: number,
): number | string {
  const ordered = [...curve].sort((first, second) => first.floats - second.floats);
  if (ordered.length === 0) return 'not measured';
  if (accuracy < ordered[0].accuracy) return `less than ${ordered[0].floats}`;
  for (const [place, next] of ordered.entries()) {
    if (accuracy > next.accuracy) continue;
    if (place === 0) return next.floats;
    const before = ordered[place - 1];
    const share = (accuracy - before.accuracy) / (next.accuracy - before.accuracy);
    return Math.exp(Math.log(before.floats) + share * Math.log(next.floats / before.floats));
  }
  return `more than ${ordered[ordered.length - 1].floats}`;
}
