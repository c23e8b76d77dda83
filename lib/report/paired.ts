/**
 * Differences between settings that were run with the same seeds. A seed gives all sets of a comparison the same real images,
 * draws, networks and students as far as their kinds allow, and moves accuracies by more than most settings do: the difference
 * within a seed shows what two means with intervals of their own hide.
 */
import { mean } from 'simple-statistics';
import { settingKey } from './seed-groups';
import { confidenceInterval } from './confidence';

/** A measurement with one seed. */
export interface SeededValue {
  seed: number;
  value: number;
}

/** A measurement, and the setting it is of. */
export interface Observation<Setting extends object> extends SeededValue {
  /** All factors but the seed. */
  setting: Setting;
}

/** How far a setting is ahead of a baseline, in the unit of the values. */
export interface PairedDifference {
  /** Setting less baseline for every seed that both have, by ascending seed. */
  differences: SeededValue[];
  /** Seeds that only one of the two has; they are not in the numbers. */
  leftOut: number[];
  /** Of the differences; absent without a pair. */
  mean?: number;
  /** Of the mean, by the paired t; absent with fewer than two pairs. */
  interval?: { low: number; high: number };
}

/**
 * Mean difference within seeds d_s = x_s - b_s and its interval, mean(d) +- t(n - 1) sd(d) / sqrt(n) over n seeds.
 * @param level Default 0.95
 * @throws RangeError where a side has a seed twice, or a value that is no number
 */
export function pairedDifference(
  values: readonly SeededValue[],
  baseline: readonly SeededValue[],
  level = 0.95,
): PairedDifference {
  const [own, other] = [bySeed(values), bySeed(baseline)];
  const seeds = [...new Set([...own.keys(), ...other.keys()])].sort((first, second) => first - second);
  const paired = seeds.filter((seed) => own.has(seed) && other.has(seed));
  const differences = paired.map((seed) => ({ seed, value: own.get(seed)! - other.get(seed)! }));
  const leftOut = seeds.filter((seed) => !paired.includes(seed));
  if (differences.length === 0) return { differences, leftOut };
  const numbers = differences.map(({ value }) => value);
  if (numbers.length === 1) return { differences, leftOut, mean: mean(numbers) };
  const { low, high, mean: centre } = confidenceInterval(numbers, level);
  return { differences, leftOut, mean: centre, interval: { low, high } };
}

function bySeed(values: readonly SeededValue[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const { seed, value } of values) {
    if (found.has(seed)) {
      throw new RangeError(
        `pairedDifference: seed ${seed} is there twice on one side; expected one value a seed: tell settings apart by their factors.`,
      );
    }
    if (!Number.isFinite(value)) {
      throw new RangeError(`pairedDifference: the value of seed ${seed} is ${value}; expected a finite number.`);
    }
    found.set(seed, value);
  }
  return found;
}

/** A setting, and how far it is ahead of its baseline: nothing for a baseline itself, and where there is none. */
export interface Comparison<Setting extends object> {
  setting: Setting;
  /** The setting that it is compared with. */
  baseline?: Setting;
  difference?: PairedDifference;
}

/**
 * {@link pairedDifference} of every setting to its baseline.
 * @param baselineOf the factors by which a setting's baseline is known, e.g. `({ budget }) => ({ kind: 'images', budget })`;
 * undefined for a setting that is compared with nothing
 * @returns settings in the order in which they first come
 * @throws RangeError where these factors are those of several settings
 */
export function pairedDifferences<Setting extends object>(
  observations: readonly Observation<Setting>[],
  baselineOf: (setting: Setting) => Partial<Setting> | undefined,
): Comparison<Setting>[] {
  const groups = new Map<string, Observation<Setting>[]>();
  for (const observation of observations) {
    const key = settingKey(observation.setting);
    groups.set(key, [...(groups.get(key) ?? []), observation]);
  }
  return [...groups.values()].map((own) => {
    const { setting } = own[0];
    const wanted = baselineOf(setting);
    if (wanted === undefined) return { setting };
    const keys = Object.keys(wanted) as (keyof Setting)[];
    const found = [...groups.values()].filter(([{ setting: other }]) =>
      keys.every((key) => other[key] === wanted[key]),
    );
    if (found.length > 1) {
      throw new RangeError(
        `pairedDifferences: ${JSON.stringify(wanted)} are the factors of ${found.length} settings; expected those of one baseline.`,
      );
    }
    const [baseline] = found;
    return baseline === undefined || baseline === own
      ? { setting }
      : { setting, baseline: baseline[0].setting, difference: pairedDifference(own, baseline) };
  });
}
