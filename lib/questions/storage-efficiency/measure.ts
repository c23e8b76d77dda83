/** RQ1 measured: what a set is compared with, and at how many floats images are as accurate. */
import type { GridRun } from '../../experiments/grid';
import type { StorageFactors } from './grid';
import { compareCurves, type SeededCurve } from '../../report/crossing';
import { accuracyOverSeeds, resultsOf } from '../../report/over-seeds';
import { groupSeeds, type SeedGroup, type Setting } from '../../report/seed-groups';

export type StorageRuns = readonly GridRun<StorageFactors>[];

/** Images under the same method in the same budget are what a set is compared with; random images, under no method, with nothing. */
export function imagesOf({ method, budget }: Setting<StorageFactors>): Partial<Setting<StorageFactors>> | undefined {
  return method === 'none' ? undefined : { method, budget, kind: 'images' };
}

/** What a panel or a claim is headed by, e.g. 'MTT, 1 image per class'. */
export function headingOf({ method, budget }: Pick<StorageFactors, 'method' | 'budget'>): string {
  return `${method}, ${budget} ${budget === 1 ? 'image' : 'images'} per class`;
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

/** What images of the same method need for the accuracy of a set. */
export interface EqualAccuracy {
  setting: Setting<StorageFactors>;
  /** Of the set. */
  floats: number;
  /** Mean over seeds. */
  accuracy: number;
  /** Floats of images for this accuracy, by the means over seeds, or words, as of {@link floatsForAccuracy}. */
  needed: number | string;
  /**
   * 95 % interval of `needed`: floats at which the difference of set and images within seeds may be 0 (paired t); an end is undefined
   * where it lies outside of what was measured. Absent where `needed` is words, and with one seed.
   */
  interval?: { low?: number; high?: number };
  /** `needed` of each seed by itself. */
  ofSeeds: (number | string)[];
  runs: SeedGroup<GridRun<StorageFactors>>['runs'];
}

/** Of every set that is neither images nor real, over the seeds that it shares with images of every budget. */
export function equalAccuracies(runs: StorageRuns): EqualAccuracy[] {
  const groups = groupSeeds(runs);
  return groups
    .filter(({ setting: { method, kind } }) => method !== 'none' && kind !== 'images')
    .map((whole) => {
      const { setting } = whole;
      const measured = groups.filter((one) => one.setting.kind === 'images' && one.setting.method === setting.method);
      const [group, ...images] = ofSharedSeeds([whole, ...measured]);
      const floats = group.runs[0].result.storedFloats;
      const accuracy = accuracyOverSeeds(resultsOf(group)).mean;
      const needed = floatsForAccuracy(
        images.map((one) => ({
          floats: one.runs[0].result.storedFloats,
          accuracy: accuracyOverSeeds(resultsOf(one)).mean,
        })),
        accuracy,
      );
      const curves = curvesOfSeeds(images);
      const ofSeeds = group.runs.flatMap(({ factors: { seed }, result }) => {
        const curve = curves.find((one) => one.seed === seed);
        const points = curve?.points.map(({ at, value }) => ({ floats: at, accuracy: value }));
        return points ? [floatsForAccuracy(points, result.accuracy.mean)] : [];
      });
      const interval = typeof needed === 'number' ? aroundFloats(group.runs, curves, needed) : undefined;
      return { setting, floats, accuracy, needed, ...(interval ? { interval } : {}), ofSeeds, runs: group.runs };
    });
}

/** Groups without the seeds that some of them lack; as they are where they share none. */
function ofSharedSeeds(groups: readonly SeedGroup<GridRun<StorageFactors>>[]) {
  const has = ({ runs }: (typeof groups)[number], wanted: number) =>
    runs.some(({ factors: { seed } }) => seed === wanted);
  const isShared = ({ factors: { seed } }: GridRun<StorageFactors>) => groups.every((group) => has(group, seed));
  if (!groups[0].runs.some(isShared)) return groups;
  return groups.map((group) => ({ ...group, runs: group.runs.filter(isShared) }));
}

/** Of images, a curve a seed: accuracy against floats. */
function curvesOfSeeds(images: readonly SeedGroup<GridRun<StorageFactors>>[]): SeededCurve[] {
  const points = images.flatMap((group) => group.runs);
  const seeds = [...new Set(points.map(({ factors: { seed } }) => seed))];
  return seeds.map((seed) => ({
    seed,
    points: points
      .filter(({ factors }) => factors.seed === seed)
      .map(({ result }) => ({ at: result.storedFloats, value: result.accuracy.mean })),
  }));
}

/** The set as a curve that is level at each seed's accuracy: where images overtake it. */
function aroundFloats(runs: StorageRuns, images: readonly SeededCurve[], needed: number) {
  const positions = images.flatMap(({ points }) => points.map(({ at }) => at));
  const level = runs.map(({ factors: { seed }, result: { accuracy } }) => ({
    seed,
    points: positions.map((at) => ({ at, value: accuracy.mean })),
  }));
  const crossings = compareCurves(level, images)?.crossings ?? [];
  const near = crossings.find(({ at }) => Math.abs(Math.log(at / needed)) < 1e-6);
  return near?.interval;
}
