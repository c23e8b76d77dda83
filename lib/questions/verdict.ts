/**
 * Verdicts: a claim, what was found, and whether that holds it up, by one rule for all questions.
 *
 * The rule. Found is a difference within seeds, more than 0 on the claim's side, with its 95 % interval over seeds.
 * - A claim of a direction ('HaBa is ahead') holds where the interval lies wholly above 0, and does not where nothing of it does.
 * - A claim of a size ('ahead by about 10 points') holds where the interval lies wholly above 0 and reaches up to the size, or beyond;
 *   it does not hold where the interval ends below the size, be that above 0 or below.
 * - Anything else cannot be told at this scale: also what was found with fewer than two seeds.
 *
 * What it would take to tell: the fewest seeds n with n >= ((t(0.975, n - 1) + t(0.8, n - 1)) s / d)^2, with which a true effect of d is
 * told from 0 by the paired t with a power of 80 % where differences within seeds deviate by s as those measured do (t(p, f): quantile
 * of Student's t with f degrees of freedom). d is the published effect, where none is at hand what the question says would matter; and
 * where the interval ends below the published one, the effect that was found. Where it ends below what would matter, no seeds need to
 * be told: whichever its direction, the effect does not matter.
 */
import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import { from } from 'arquero';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { openIntervalText, rounded, signedText } from '../report/number-text';
import type { PairedDifference } from '../report/paired';
import type { ReportTable } from '../report/tables';
import type { RunResult } from '../runs/train-students';

/** What a paper says, in a form that measurements can be held to. */
export interface Claim {
  /** In a few words, with what is compared. */
  claim: string;
  /** Whether its size is claimed, or its direction alone. */
  states: 'direction' | 'size';
  /** The effect that must be told from none, in the unit: the published one, else what would matter. More than 0. */
  effect: number;
  /** Where the effect was read; left out where it is what would matter. */
  source?: string;
  /** Of effect and finding, e.g. 'points'. */
  unit: string;
  /** After the point. Default 1. */
  digits?: number;
}

/** In the unit of the claim, more than 0 on its side. */
export interface Finding {
  /** Undefined where nothing was measured, or it lies outside of what was. */
  mean?: number;
  /** 95 % interval over seeds; an end that lies outside of what was measured is infinite. Absent with fewer than two seeds. */
  interval?: { low: number; high: number };
  /** Of the differences within seeds; absent where they are fewer than two, or not all were measured. */
  deviation?: number;
  seeds: number;
  /** That the runs of one more seed take. */
  secondsOfSeed: number;
}

/** Effects that matter where no published size is at hand: a point; a tenth of the distance between two real images of a class. */
export const whatMatters = { points: 1, spread: 0.1 };

export type Outcome = 'holds' | 'does not hold' | 'cannot be told at this scale';

export interface Verdict extends Claim {
  finding: Finding;
  outcome: Outcome;
  /** An effect, and the seeds in all that tell it from none; undefined where the spread is not measured, and where the outcome is told. */
  toTell?: { effect: number; seeds: number };
}

/** A finding of differences within seeds. @param scale factor on them, e.g. 100 for fractions in points */
export function findingOf(difference: PairedDifference | undefined, results: readonly RunResult[], scale = 1): Finding {
  const values = (difference?.differences ?? []).map(({ value }) => scale * value);
  const { mean: centre, interval } = difference ?? {};
  return {
    ...(centre === undefined ? {} : { mean: scale * centre }),
    ...(interval ? { interval: { low: scale * interval.low, high: scale * interval.high } } : {}),
    ...(values.length > 1 ? { deviation: sampleStandardDeviation(values) } : {}),
    seeds: values.length,
    secondsOfSeed: secondsOfSeed(results),
  };
}

/** What one seed of some runs takes, on average over seeds; at most, since a set that several results are of counts with each. */
export function secondsOfSeed(results: readonly RunResult[]): number {
  const seeds = [...new Set(results.map(({ configuration: { seed } }) => seed))];
  if (seeds.length === 0) return 0;
  const sumOf = (seed: number) =>
    results.reduce((sum, { configuration, seconds }) => sum + (configuration.seed === seed ? seconds : 0), 0);
  return mean(seeds.map(sumOf));
}

/** Applies the rule. */
export function verdictOn(claim: Claim, finding: Finding): Verdict {
  const outcome = outcomeOf(claim, finding);
  const { deviation, mean: found = 0 } = finding;
  const told = outcome !== 'cannot be told at this scale' || doesNotMatter(claim, finding);
  if (told || deviation === undefined) return { ...claim, finding, outcome };
  const effect = found !== 0 && isExcluded(claim, finding) ? Math.abs(found) : claim.effect;
  return { ...claim, finding, outcome, toTell: { effect, seeds: seedsToTell(deviation, effect) } };
}

const isExcluded = ({ effect }: Claim, { interval }: Finding) => interval !== undefined && interval.high < effect;

/** An effect of either direction that would matter is excluded. */
function doesNotMatter(claim: Claim, { interval }: Finding): boolean {
  return (
    claim.source === undefined && interval !== undefined && interval.high < claim.effect && interval.low > -claim.effect
  );
}

function outcomeOf({ states, effect }: Claim, { interval }: Finding): Outcome {
  if (!interval) return 'cannot be told at this scale';
  const { low, high } = interval;
  if (high <= 0 || (states === 'size' && high < effect)) return 'does not hold';
  return low > 0 ? 'holds' : 'cannot be told at this scale';
}

/**
 * The fewest seeds of pairs that tell an effect from 0 (see above).
 * @param deviation of differences within seeds
 * @param power Default 0.8
 * @throws RangeError where the effect is not more than 0
 */
export function seedsToTell(deviation: number, effect: number, power = 0.8): number {
  if (!(effect > 0)) throw new RangeError(`seedsToTell: the effect is ${effect}; expected more than 0.`);
  const enough = (count: number) => {
    const quantiles = tQuantile(0.975, count - 1) + tQuantile(power, count - 1);
    return count >= ((quantiles * deviation) / effect) ** 2;
  };
  let high = 2;
  while (!enough(high)) high *= 2;
  let low = Math.max(2, high / 2);
  // More seeds never tell less: the fewest lie between the last that did not and the first that did.
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/**
 * A row a verdict: claim, published number and its source, what was found, the outcome, and what it would take to tell.
 * @param runs folders of the runs behind them
 */
export function verdictTable(name: string, verdicts: readonly Verdict[], runs: string[]): ReportTable {
  const rows = verdicts.map((verdict) => {
    const { claim, effect, source, unit, digits = 1, finding, outcome, toTell } = verdict;
    const { mean: centre, interval, seeds, secondsOfSeed: seconds } = finding;
    return {
      claim,
      unit,
      published: source === undefined ? '' : signedText(effect, digits),
      'read in': source ?? `not at hand; ${signedText(effect, digits)} would matter`,
      found:
        centre === undefined ? (seeds === 0 ? 'no pair' : 'outside of what was measured') : signedText(centre, digits),
      '95 % interval over seeds': interval ? intervalCell(interval, digits) : '',
      pairs: seeds,
      verdict: outcome,
      'effect to tell': toTell ? toTell.effect.toFixed(digits) : '',
      'seeds to tell it': toTellText(verdict),
      'hours for the seeds that lack': toTell ? hoursText((Math.max(0, toTell.seeds - seeds) * seconds) / 3600) : '',
    };
  });
  return { name, runs, table: from(rows) };
}

function intervalCell({ low, high }: { low: number; high: number }, digits: number): string {
  const measured = (end: number) => (Number.isFinite(end) ? end : undefined);
  return openIntervalText({ low: measured(low), high: measured(high) }, (end) => signedText(end, digits));
}

function toTellText({ outcome, finding, toTell, ...claim }: Verdict): string {
  if (outcome !== 'cannot be told at this scale') return 'told';
  if (doesNotMatter(claim, finding)) return 'none: what would matter is excluded';
  if (toTell) return String(toTell.seeds);
  return finding.seeds < 2 ? 'not known: two seeds show a spread' : 'not known: not all seeds lie in what was measured';
}

const hoursText = (hours: number) => (hours === 0 ? '0' : String(rounded(hours, hours < 10 ? 1 : 0)));
