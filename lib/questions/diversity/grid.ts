/** RQ2: what hallucinators add to the bases. */
import { shapeOf } from '../../data/dataset-names';
import { budget } from '../../factorization/budget';
import { baselineCell, defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';

export interface DiversityFactors {
  set: 'HaBa' | 'images' | 'random real images' | 'full training set';
  /** Hallucinators; 0 for images. */
  hallucinators: number;
  /** Bases or images per class; 0 for the full training set. */
  perClass: number;
  seed: number;
}

export interface DiversityOptions {
  /** Of all sets, in images per class. Default 10; 3 in the smoke profile. */
  imagesPerClass?: number;
  /** Default 1, 2, 3, 5, 8; 1 and 2 in the smoke profile. */
  hallucinators?: readonly number[];
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. The judge is made with the first. */
  seeds?: readonly number[];
}

/** HaBa with more and more hallucinators and as many bases as the same floats leave, beside images, real ones, and the judge. */
export function diversity(
  { profile, dataset }: QuestionSettings,
  {
    imagesPerClass = profile === 'smoke' ? 3 : 10,
    hallucinators = profile === 'smoke' ? [1, 2] : [1, 2, 3, 5, 8],
    seeds = defaultSeeds(profile),
  }: DiversityOptions = {},
): QuestionCell<DiversityFactors>[] {
  const sets = budget({ ...shapeOf(dataset), imagesPerClass, hallucinators }).filter(
    ({ channels }) => channels === 'colour',
  );
  const compared = seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    return [
      distillationCell<DiversityFactors>(
        `images, seed ${seed}`,
        { set: 'images', hallucinators: 0, perClass: imagesPerClass, seed },
        { ...common, matching: { method: 'dm' }, set: { kind: 'images', ipc: imagesPerClass } },
      ),
      ...sets.map(({ perClass, hallucinatorCount }) =>
        distillationCell<DiversityFactors>(
          `HaBa, ${hallucinatorCount} hallucinators, seed ${seed}`,
          { set: 'HaBa', hallucinators: hallucinatorCount, perClass, seed },
          {
            ...common,
            matching: { method: 'dm' },
            set: { kind: 'haba', basesPerClass: perClass, hallucinators: hallucinatorCount },
          },
        ),
      ),
      baselineCell<DiversityFactors>(
        `random real images, seed ${seed}`,
        { set: 'random real images', hallucinators: 0, perClass: imagesPerClass, seed },
        { ...common, baseline: 'random', ipc: imagesPerClass },
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
        { profile, dataset, seed, baseline: 'full' },
      ),
    );
  return [...compared, ...judge];
}
