/** A sweep: distillations with every combination of the values that keys of the configuration are swept over. */
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import { setAtPath } from '../../distillation/setting-text';
import { defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';
import type { SweptValue, SweptValues } from './settings';

/** A name for each of {@link SweepOptions.named}, a value for each key that is swept over several, and the seed. */
export type SweepFactors = { seed: number } & Record<string, SweptValue>;

/** A part of a configuration. */
export type SweptSetting = Omit<ConfigurationInput, 'profile' | 'dataset' | 'seed'>;

export interface SweepOptions {
  /**
   * Values by key; every combination is run, the first key's values slowest. A key with one value is the same in all runs.
   * E.g. `{ 'matching.method': ['dm'], 'optimisers.bases.learningRate': [1, 3] }`.
   */
  values: SweptValues;
  /** What all runs have beside that, as a configuration. */
  common?: SweptSetting;
  /**
   * Settings that no single value says, by the name of a factor and of each, in every combination, too:
   * `{ gradients: { 'as they are': {}, clipped: { optimisers: { stepSize: { clipNorm: 20 } } } } }`. What one has under a first key (`set`,
   * `optimisers`, `evaluation`) stands whole in place of what `common` has there: with `evaluation: { updates: 1000 }` a common `split` is
   * gone. `values` are set last. Two factors may not have the same first key.
   */
  named?: Readonly<Record<string, Readonly<Record<string, SweptSetting>>>>;
  /** Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/**
 * The cells of a sweep, all checked:
 *
 *     const cells = sweep(settings, { values: { 'optimisers.bases.learningRate': [1, 3, 10] }, seeds: [0, 1, 2, 3, 4] });
 *     show(sweepTable('rates', await runGrid(cells, { executor: { workers: 2 } })));
 *
 * Settings that no single value says have names:
 *
 *     sweep(settings, { values: {}, named: { set: { images: { set: { kind: 'images' } }, HaBa: { set: { kind: 'haba' } } } } });
 *
 * @throws RangeError, before anything is run, for a key that there is not, with the nearest, and for a value that is not allowed or
 * there twice
 */
export function sweep(
  { profile, dataset }: QuestionSettings,
  { values, common = {}, named = {}, seeds = defaultSeeds(profile) }: SweepOptions,
): QuestionCell<SweepFactors>[] {
  requireValues(values, seeds);
  requireNames(named, values);
  const names = Object.entries(named).map(([factor, settings]) => [factor, Object.keys(settings)] as const);
  const all: SweptValues = { ...Object.fromEntries(names), ...values };
  const factors = Object.keys(all).filter((key) => Object.hasOwn(named, key) || all[key].length > 1);
  return combinations(all).flatMap((combination) =>
    seeds.map((seed) => {
      const settings = names.map(([factor]) => named[factor][String(combination[factor])]);
      const input = structuredClone(
        Object.assign({}, common, ...settings, { profile, dataset, seed }) as ConfigurationInput,
      );
      for (const key of Object.keys(values)) {
        setAtPath(input as Record<string, unknown>, key.split('.'), combination[key]);
      }
      const setting = Object.fromEntries(factors.map((key) => [key, combination[key]]));
      const words = factors.map((key) =>
        Object.hasOwn(named, key) ? combination[key] : `${key.split('.').at(-1)} ${String(combination[key])}`,
      );
      const label = [...words, `seed ${seed}`].join(', ');
      configure(input);
      return distillationCell<SweepFactors>(label, { ...setting, seed }, input);
    }),
  );
}

function requireNames(named: NonNullable<SweepOptions['named']>, values: SweptValues): void {
  const owners = new Map<string, string>();
  for (const [factor, settings] of Object.entries(named)) {
    if (factor === 'seed' || Object.hasOwn(values, factor))
      throw new RangeError(`Sweep: '${factor}' is swept otherwise; call the factor in \`named\` by another name.`);
    if (Object.keys(settings).length === 0)
      throw new RangeError(`Sweep: '${factor}' has no setting; give at least one, by its name.`);
    for (const key of Object.values(settings).flatMap((setting) => Object.keys(setting))) {
      const other = owners.get(key) ?? factor;
      if (other !== factor)
        throw new RangeError(
          `Sweep: '${other}' and '${factor}' of \`named\` both have '${key}', and one of them would be lost; make them one factor.`,
        );
      owners.set(key, factor);
    }
  }
}

function requireValues(values: SweptValues, seeds: readonly number[]): void {
  if (Object.hasOwn(values, 'seed'))
    throw new RangeError(
      "Sweep: 'seed' is no key to sweep: give `seeds`, or --seed 0..4, over which tables take means.",
    );
  const twice = seeds.find((seed, place) => seeds.indexOf(seed) !== place);
  if (twice !== undefined) throw new RangeError(`Sweep: seed ${twice} is given twice.`);
  if (seeds.length === 0) throw new RangeError('Sweep: there is no seed; give at least one.');
  for (const [key, swept] of Object.entries(values)) {
    if (swept.length === 0) throw new RangeError(`Sweep: '${key}' has no value; give at least one.`);
    const again = swept.find((value, place) => swept.indexOf(value) !== place);
    if (again !== undefined) throw new RangeError(`Sweep: '${key}' has the value ${String(again)} twice.`);
  }
}

/** Every combination, the first key's values slowest. */
function combinations(values: SweptValues): Record<string, SweptValue>[] {
  return Object.entries(values).reduce<Record<string, SweptValue>[]>(
    (found, [key, own]) => found.flatMap((one) => own.map((value) => ({ ...one, [key]: value }))),
    [{}],
  );
}
