/**
 * Where one curve overtakes another, and how sure that is over seeds. Curves are measured at few positions, and taken to be straight in
 * between over the logarithm of the position, as they are drawn.
 */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { mean } from 'simple-statistics';

/** A curve with one seed. */
export interface SeededCurve {
  seed: number;
  /** In any order; positions are more than 0, e.g. iterations, seconds or floats. */
  points: readonly { at: number; value: number }[];
}

/** A position at which the mean difference of two curves changes its sign. */
export interface Crossing {
  at: number;
  /** Whether the first curve is ahead after it. */
  ahead: boolean;
  /**
   * From the first to the last position at which the 95 % interval of the difference within seeds (paired t) contains 0, as far as no
   * stretch of such positions belongs to another crossing: the positions that this one may be at. An end is undefined where they go on to
   * the end of what both curves were measured at. Absent with one seed.
   */
  interval?: { low?: number; high?: number };
}

export interface CurveComparison {
  crossings: Crossing[];
  /** Positions that all curves were measured between. */
  from: number;
  to: number;
  /** Where the first curve begins and ends, by the mean over seeds: 1 ahead, -1 behind, 0 level. */
  begins: number;
  ends: number;
  /** Seeds that both have. */
  seeds: number[];
  /** Seeds that only one of the two has; they are not in the numbers. */
  leftOut: number[];
}

/**
 * Compares curves within seeds: d_s(x) = first_s(x) - second_s(x), m(x) their mean over n seeds, s(x) their deviation. They cross where
 * m changes its sign, and may do so wherever |m(x)| <= t(n - 1) s(x) / sqrt(n), which may be several stretches.
 * @param level Default 0.95
 * @returns undefined where no seed is on both sides, or the curves were measured at no common stretch
 * @throws RangeError for a position that is not more than 0, a value that is no number, and a seed that is there twice
 */
export function compareCurves(
  first: readonly SeededCurve[],
  second: readonly SeededCurve[],
  level = 0.95,
): CurveComparison | undefined {
  const [own, other] = [bySeed(first), bySeed(second)];
  const all = [...new Set([...own.keys(), ...other.keys()])].sort((one, two) => one - two);
  const seeds = all.filter((seed) => own.has(seed) && other.has(seed));
  const curves = seeds.flatMap((seed) => [own.get(seed)!, other.get(seed)!]);
  if (curves.length === 0) return undefined;
  const [from, to] = [Math.max(...curves.map((curve) => curve[0].u)), Math.min(...curves.map((one) => one.at(-1)!.u))];
  if (from > to) return undefined;
  const inside = curves.flat().flatMap(({ u }) => (u >= from && u <= to ? [u] : []));
  const knots = [...new Set([from, ...inside, to])].sort((one, two) => one - two);
  const differences = knots.map((u) => seeds.map((seed) => valueAt(own.get(seed)!, u) - valueAt(other.get(seed)!, u)));
  const means = differences.map((values) => mean(values));
  const changes = signChanges(knots, means);
  const possible = seeds.length > 1 ? stretchesOf(knots, differences, level) : undefined;
  return {
    crossings: changes.map(({ u, ahead }) => ({
      at: Math.exp(u),
      ahead,
      ...(possible ? { interval: around(u, possible, { from, to, others: changes }) } : {}),
    })),
    from: Math.exp(from),
    to: Math.exp(to),
    begins: Math.sign(means[0]),
    ends: Math.sign(means.at(-1)!),
    seeds,
    leftOut: all.filter((seed) => !seeds.includes(seed)),
  };
}

/** A point over the logarithm of its position. */
interface Point {
  u: number;
  value: number;
}

function bySeed(curves: readonly SeededCurve[]): Map<number, Point[]> {
  const found = new Map<number, Point[]>();
  for (const { seed, points } of curves) {
    if (found.has(seed))
      throw new RangeError(`compareCurves: seed ${seed} is there twice on one side; expected one curve.`);
    const wrong = points.find(({ at, value }) => !(at > 0 && Number.isFinite(at) && Number.isFinite(value)));
    if (wrong || points.length === 0) {
      const what = wrong ? `a point at ${wrong.at} of ${wrong.value}` : 'no point';
      throw new RangeError(
        `compareCurves: the curve of seed ${seed} has ${what}; expected numbers at positions of more than 0.`,
      );
    }
    const ordered = points.map(({ at, value }) => ({ u: Math.log(at), value })).sort((one, two) => one.u - two.u);
    found.set(seed, ordered);
  }
  return found;
}

/** @param u within the curve */
function valueAt(curve: readonly Point[], u: number): number {
  const place = curve.findIndex((point) => point.u >= u);
  const next = curve[place];
  if (place === 0 || next.u === u) return next.value;
  const before = curve[place - 1];
  return before.value + ((u - before.u) / (next.u - before.u)) * (next.value - before.value);
}

/** Where a curve of straight pieces changes its sign; where it is 0 on the way, in the middle of that. */
function signChanges(knots: readonly number[], values: readonly number[]): { u: number; ahead: boolean }[] {
  const found: { u: number; ahead: boolean }[] = [];
  let before: number | undefined;
  for (const [place, value] of values.entries()) {
    if (value === 0) continue;
    if (before !== undefined && Math.sign(values[before]) !== Math.sign(value)) {
      const share = values[before] / (values[before] - value);
      const u =
        place === before + 1
          ? knots[before] + share * (knots[place] - knots[before])
          : (knots[before + 1] + knots[place - 1]) / 2;
      found.push({ u, ahead: value > 0 });
    }
    before = place;
  }
  return found;
}

/** Positions from `low` to `high`, of one point where they are the same. */
interface Stretch {
  low: number;
  high: number;
}

/**
 * Where the interval of the difference contains 0, ascending: m^2 <= t^2 s^2 / n, of which both sides are quadratic on each piece.
 * Stretches that touch are one.
 */
function stretchesOf(knots: readonly number[], differences: readonly number[][], level: number): Stretch[] {
  const count = differences[0].length;
  const factor = tQuantile((1 + level) / 2, count - 1) ** 2 / count;
  const found: Stretch[] = [];
  const add = (low: number, high: number) => {
    const last = found.at(-1);
    if (last && low - last.high <= near(low)) last.high = Math.max(last.high, high);
    else found.push({ low, high });
  };
  for (const [piece, right] of knots.slice(1).entries()) {
    const [left, start] = [knots[piece], differences[piece]];
    const rise = differences[piece + 1].map((value, seed) => value - start[seed]);
    const [m, b] = [mean(start), mean(rise)];
    const [square, linear, constant] = [
      b * b - factor * covariance(rise, rise),
      2 * (m * b - factor * covariance(start, rise)),
      m * m - factor * covariance(start, start),
    ];
    const at = (share: number) => left + share * (right - left);
    const inside = rootsOf(square, linear, constant).filter((share) => share > 0 && share < 1);
    const marks = [0, ...inside.sort((one, other) => one - other), 1];
    for (const [place, next] of marks.slice(1).entries()) {
      const [before, middle] = [marks[place], (marks[place] + next) / 2];
      if ((square * middle + linear) * middle + constant <= 0) add(at(before), at(next));
      // Where there is no spread, m touches 0 at a point.
      else if (next < 1) add(at(next), at(next));
    }
  }
  return found;
}

/** What rounding may do to a position. */
const near = (u: number) => 1e-9 * Math.max(1, Math.abs(u));

function covariance(first: readonly number[], second: readonly number[]): number {
  const [one, two] = [mean([...first]), mean([...second])];
  return first.reduce((sum, value, place) => sum + (value - one) * (second[place] - two), 0) / (first.length - 1);
}

/** Real roots of a x^2 + b x + c; a double one that rounding has moved off the axis is one. */
function rootsOf(a: number, b: number, c: number): number[] {
  if (a === 0) return b === 0 ? [] : [-c / b];
  const discriminant = b * b - 4 * a * c;
  const doubtful = 1e-12 * (b * b + Math.abs(4 * a * c));
  if (discriminant < -doubtful) return [];
  if (discriminant <= doubtful) return [-b / (2 * a)];
  const sum = -(b + (b < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2;
  return [sum / a, c / sum];
}

/** The stretch of a crossing and its neighbours to both sides, as far as they hold no other crossing. */
function around(
  u: number,
  stretches: readonly Stretch[],
  { from, to, others }: { from: number; to: number; others: readonly { u: number }[] },
): { low?: number; high?: number } {
  const holds = ({ low, high }: Stretch, position: number) =>
    position >= low - near(low) && position <= high + near(high);
  const own = stretches.findIndex((stretch) => holds(stretch, u));
  // Seeds that agree leave a point, which rounding may have moved off the axis.
  if (own < 0) return { low: Math.exp(u), high: Math.exp(u) };
  const isTaken = (stretch: Stretch) => others.some((other) => holds(stretch, other.u));
  let [first, last] = [own, own];
  while (first > 0 && !isTaken(stretches[first - 1])) first -= 1;
  while (last < stretches.length - 1 && !isTaken(stretches[last + 1])) last += 1;
  const { low } = stretches[first];
  const { high } = stretches[last];
  return {
    ...(low - from > near(from) ? { low: Math.exp(low) } : {}),
    ...(to - high > near(to) ? { high: Math.exp(high) } : {}),
  };
}
