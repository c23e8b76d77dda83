/** Learning curves measured: how long each point took, and where curves cross. */
import type { GridRun } from '../../experiments/grid';
import { readMetrics, secondsUntil } from '../../runs/run-files';
import { compareCurves, type CurveComparison, type SeededCurve } from '../../report/crossing';
import { groupSeeds } from '../../report/seed-groups';
import type { CurveFactors } from './grid';

/** A point of a curve, and the seconds that the iterations up to it took, experts and the start of the set not counted. */
export type CurvePoint = GridRun<CurveFactors> & { seconds: number };

/** Reads how long each point took from what its distillation recorded. */
export function measureCurves(runs: readonly GridRun<CurveFactors>[]): CurvePoint[] {
  // Points of a curve are of one run.
  const folders = new Set(runs.map(({ result }) => result.run));
  const metrics = new Map([...folders].map((folder) => [folder, readMetrics(folder)]));
  return runs.map((run) => ({
    ...run,
    seconds: secondsUntil(metrics.get(run.result.run)!, run.factors.iteration),
  }));
}

export const curveAxes = ['iterations', 'seconds'] as const;

/** What a curve is drawn against. */
export type CurveAxis = (typeof curveAxes)[number];

/** Where a kind of set overtakes images of the same method and budget, or falls behind them. */
export interface KindComparison {
  method: string;
  budget: number;
  kind: string;
  against: CurveAxis;
  /** Whether there are images to compare with. */
  images: boolean;
  /** Accuracies are fractions. Undefined where there is nothing that both were measured at. */
  comparison?: CurveComparison;
}

/** Compares every kind with images, over iterations and over seconds. The start, which lies at no place of a logarithm, is left out. */
export function compareWithImages(points: readonly CurvePoint[]): KindComparison[] {
  const curves = curvesOf(points);
  return curves
    .filter(({ kind }) => kind !== 'images')
    .flatMap(({ method, budget, kind, seeded }) => {
      const images = curves.find((one) => one.kind === 'images' && one.method === method && one.budget === budget);
      return curveAxes.map((against) => ({
        ...{ method, budget, kind, against, images: images !== undefined },
        comparison: images && compareCurves(seeded(against), images.seeded(against)),
      }));
    });
}

/** A curve for each method, budget and kind, in the order in which they first come. */
function curvesOf(points: readonly CurvePoint[]) {
  const shown = points.filter(({ factors: { iteration } }) => iteration > 0);
  const settings = shown.map(({ factors: { iteration, ...factors }, ...point }) => ({ ...point, iteration, factors }));
  const keys = new Map<string, typeof settings>();
  for (const point of settings) {
    const { method, budget, kind } = point.factors;
    const key = JSON.stringify([method, budget, kind]);
    keys.set(key, [...(keys.get(key) ?? []), point]);
  }
  return [...keys.values()].map((own) => {
    const { method, budget, kind } = own[0].factors;
    const seeds = [...new Set(own.map(({ factors: { seed } }) => seed))];
    const seeded = (axis: CurveAxis): SeededCurve[] =>
      seeds.map((seed) => ({
        seed,
        points: own
          .filter(({ factors }) => factors.seed === seed)
          .map(({ iteration, seconds, result }) => ({
            at: axis === 'iterations' ? iteration : seconds,
            value: result.accuracy.mean,
          })),
      }));
    return { method, budget, kind, seeded };
  });
}

/** Points over their seeds, by method, budget and kind as they come, iterations ascending. */
export function curveGroups(points: readonly CurvePoint[]) {
  return groupSeeds([...points].sort((one, other) => one.factors.iteration - other.factors.iteration));
}
