/** RQ2: what hallucinators add to the bases. */
import { budget } from '../../factorization/budget';
import type { GridCell } from '../grid';
import { baselineCell, distillationCell, type QuestionSettings } from './cells';
import { shapeOf } from './storage-efficiency';

export interface DiversityFactors {
  set: 'HaBa' | 'images' | 'random real images' | 'full training set';
  /** Hallucinators; 0 for images. */
  hallucinators: number;
  /** Bases or images per class; 0 for the full training set. */
  perClass: number;
}

export interface DiversityOptions {
  /** Of all sets, in images per class. Default 10; 3 in the smoke profile. */
  imagesPerClass?: number;
  /** Default 1, 2, 3, 5, 8; 1 and 2 in the smoke profile. */
  hallucinators?: readonly number[];
}

/** HaBa with more and more hallucinators and as many bases as the same floats leave, beside images, real ones, and the judge. */
export function diversity(
  { profile, dataset }: QuestionSettings,
  {
    imagesPerClass = profile === 'smoke' ? 3 : 10,
    hallucinators = profile === 'smoke' ? [1, 2] : [1, 2, 3, 5, 8],
  }: DiversityOptions = {},
): GridCell<DiversityFactors>[] {
  const common = { profile, dataset };
  const haba = budget({ ...shapeOf(dataset), imagesPerClass, hallucinators })
    .filter(({ channels }) => channels === 'colour')
    .map(({ perClass, hallucinatorCount }) =>
      distillationCell<DiversityFactors>(
        `HaBa, ${hallucinatorCount} hallucinators`,
        { set: 'HaBa', hallucinators: hallucinatorCount, perClass },
        {
          ...common,
          matching: { method: 'dm' },
          set: { kind: 'haba', basesPerClass: perClass, hallucinators: hallucinatorCount },
        },
      ),
    );
  return [
    distillationCell<DiversityFactors>(
      'images',
      { set: 'images', hallucinators: 0, perClass: imagesPerClass },
      { ...common, matching: { method: 'dm' }, set: { kind: 'images', ipc: imagesPerClass } },
    ),
    ...haba,
    baselineCell<DiversityFactors>(
      'random real images',
      { set: 'random real images', hallucinators: 0, perClass: imagesPerClass },
      { ...common, baseline: 'random', ipc: imagesPerClass },
    ),
    baselineCell<DiversityFactors>(
      'full training set',
      { set: 'full training set', hallucinators: 0, perClass: 0 },
      { ...common, baseline: 'full' },
    ),
  ];
}
