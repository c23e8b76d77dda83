/** Means with the uncertainty of few runs. */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { mean, sampleStandardDeviation } from 'simple-statistics';

export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/**
 * Mean and its confidence interval by Student's t: mean +- t(n - 1) s / sqrt(n).
 * @param values independent measurements, e.g. a seed each
 * @param level Default 0.95
 * @returns an interval of no width for one value
 * @throws RangeError for no value
 */
export function confidenceInterval(values: readonly number[], level = 0.95): Interval {
  if (values.length === 0) throw new RangeError('confidenceInterval: expected at least one value, got none.');
  const centre = mean([...values]);
  if (values.length === 1) return { mean: centre, low: centre, high: centre };
  const deviation = sampleStandardDeviation([...values]);
  const half = (tQuantile((1 + level) / 2, values.length - 1) * deviation) / Math.sqrt(values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}
