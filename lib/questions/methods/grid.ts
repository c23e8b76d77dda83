/** Every matching loss on images and on HaBa, at equal stored floats, beside random real images. */
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import { libraryMethods, type MatchingInput } from '../../matching/methods';
import {
  baselineCell,
  defaultSeeds,
  distillationCell,
  matchingOf,
  methodLabels,
  type QuestionCell,
  type QuestionSettings,
} from '../cells';

export interface MethodFactors {
  /** Label of the method, e.g. 'DM'; 'none' of real images. */
  method: string;
  kind: 'images' | 'HaBa' | 'random real images';
  seed: number;
}

export interface MethodsOptions {
  /** Names, or what a configuration has as `matching`, e.g. of a method of one's own. Default: the library's. */
  methods?: readonly (string | MatchingInput)[];
  /** Images stored per class. Default 10. */
  ipc?: number;
  /** Bases per class that take no more floats than the images. Default 9, with five hallucinators. */
  basesPerClass?: number;
  /** Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/**
 * Cells of every method on images and on HaBa with each seed, and of random real images: for `runGrid` and `methodsTable`.
 * @throws RangeError for a setting that there is not, before anything is run
 */
export function methodsGrid(
  { profile, dataset }: QuestionSettings,
  { methods = libraryMethods, ipc = 10, basesPerClass = 9, seeds = defaultSeeds(profile) }: MethodsOptions = {},
): QuestionCell<MethodFactors>[] {
  const sets = {
    images: { kind: 'images', ipc },
    HaBa: { kind: 'haba', basesPerClass, hallucinators: 5 },
  } as const;
  const labels = methodLabels({ profile, dataset }, methods);
  return seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    const random = baselineCell<MethodFactors>(
      `random real images, seed ${seed}`,
      { method: 'none', kind: 'random real images', seed },
      { ...common, baseline: 'random', ipc },
    );
    const distilled = methods.flatMap((method, place) =>
      (['images', 'HaBa'] as const).map((kind) => {
        const matching = matchingOf(method);
        const input: ConfigurationInput = { ...common, matching, set: sets[kind] };
        configure(input);
        const name = labels[place];
        return distillationCell<MethodFactors>(`${name}, ${kind}, seed ${seed}`, { method: name, kind, seed }, input);
      }),
    );
    return [random, ...distilled];
  });
}
