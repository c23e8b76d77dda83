/** RQ2: what hallucinators add to the bases. */
import type { ConfigurationInput } from '../../distillation/configuration';
import { budget } from '../../factorization/budget';
import { defaultMethod, type MatchingInput } from '../../matching/methods';
import {
  baselineCell,
  defaultSeeds,
  distillationCell,
  matchingOf,
  whiteningBeside,
  type QuestionCell,
  type QuestionSettings,
} from '../cells';
import { dataOf, usualBudget } from '../sets-at-budget';

export interface DiversityFactors {
  set: 'HaBa' | 'images' | 'random real images' | 'full training set';
  /** Hallucinators; 0 for images. */
  hallucinators: number;
  /** Bases or images per class; 0 for the full training set. */
  perClass: number;
  seed: number;
}

export interface DiversityOptions {
  /**
   * Of all sets, in images per class. Default 10; 5 in the study profile, 3 in the smoke profile; or as many as the smallest class of
   * one's own has.
   */
  imagesPerClass?: number;
  /** Default 1, 2, 3, 5, 8; 1 and 2 in the smoke profile. */
  hallucinators?: readonly number[];
  /** What distillations are matched by, with its options, e.g. `{ method: 'mtt' }`. Default DM; in the study and paper profiles MTT. */
  matching?: MatchingInput;
  /** Of all distillations, beside what their profile has, e.g. `{ stepSize: { clipNorm: 20 } }`. */
  optimisers?: ConfigurationInput['optimisers'];
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. The judge is made with the first. */
  seeds?: readonly number[];
}

/** HaBa with more and more hallucinators and as many bases as the same floats leave, beside images, real ones, and the judge. */
export function diversity(
  { profile, dataset }: QuestionSettings,
  options: DiversityOptions = {},
): QuestionCell<DiversityFactors>[] {
  const { smallestClass = Infinity, ...shape } = dataOf(dataset);
  const {
    imagesPerClass = usualBudget({ smoke: 3, quick: 10, study: 5, paper: 10 }[profile], { smallestClass }),
    hallucinators = profile === 'smoke' ? [1, 2] : [1, 2, 3, 5, 8],
    matching = matchingOf(defaultMethod(profile)),
    optimisers,
    seeds = defaultSeeds(profile),
  } = options;
  const sets = budget({ ...shape, imagesPerClass, hallucinators })
    .filter(({ channels }) => channels === 'colour')
    // Bases begin as real images.
    .map(({ perClass, ...set }) => ({ ...set, perClass: Math.min(perClass, smallestClass) }));
  const whitening = whiteningBeside({ profile, dataset }, matching);
  const compared = seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    const distilled = { ...common, matching, ...(optimisers && { optimisers }) };
    return [
      distillationCell<DiversityFactors>(
        `images, seed ${seed}`,
        { set: 'images', hallucinators: 0, perClass: imagesPerClass, seed },
        { ...distilled, set: { kind: 'images', ipc: imagesPerClass } },
      ),
      ...sets.map(({ perClass, hallucinatorCount }) =>
        distillationCell<DiversityFactors>(
          `HaBa, ${hallucinatorCount} hallucinators, seed ${seed}`,
          { set: 'HaBa', hallucinators: hallucinatorCount, perClass, seed },
          { ...distilled, set: { kind: 'haba', basesPerClass: perClass, hallucinators: hallucinatorCount } },
        ),
      ),
      baselineCell<DiversityFactors>(
        `random real images, seed ${seed}`,
        { set: 'random real images', hallucinators: 0, perClass: imagesPerClass, seed },
        { ...common, ...whitening, baseline: 'random', ipc: imagesPerClass },
      ),
    ];
  });
  // One judge for all seeds: measures in the features of two networks could not be compared.
  const judge = seeds
    .slice(0, 1)
    .map((seed) =>
      baselineCell<DiversityFactors>(
        'full training set',
        { set: 'full training set', hallucinators: 0, perClass: 0, seed },
        { profile, dataset, seed, ...whitening, baseline: 'full' },
      ),
    );
  return [...compared, ...judge];
}
