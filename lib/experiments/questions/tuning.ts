/** Is a comparison fair? The same tuning for both sides: as many runs with other settings for images as for HaBa. */
import { configure, type Configuration, type ConfigurationInput } from '../../distillation/configuration';
import type { GridCell } from '../grid';
import { distillationCell, evaluationCell, type QuestionSettings } from './cells';
import { setsAtBudget } from './sets-at-budget';
import { shapeOf } from './storage-efficiency';

/** What is tuned, as tables and figures call it. */
export type TunedPart = 'rate of images or bases' | 'rate of hallucinators' | 'iterations' | 'epochs of students';

export interface TuningFactors {
  kind: 'images' | 'HaBa';
  part: TunedPart;
  /** What the part was set to. */
  value: number;
  /** Whether that is the profile's own setting. */
  isDefault: boolean;
}

export interface TuningOptions {
  /** Of both sets, in images per class. Default 10; 3 in the smoke profile. */
  imagesPerClass?: number;
  /** Factors on the learning rate of images and of bases. Default 0.3 and 3; 3 in the smoke profile. */
  rates?: readonly number[];
  /**
   * Factors on the learning rate of hallucinators; images, which have none, have their own rate tried by them instead, so that
   * both sides have as many runs. Default 0.1 and 10; 10 in the smoke profile.
   */
  furtherRates?: readonly number[];
  /** Factors on the number of iterations. Default a third and ten thirds; a third in the smoke profile. */
  iterations?: readonly number[];
  /** Factors on the students' epochs. Default ten thirds; none in the smoke profile. */
  epochs?: readonly number[];
}

/** DM with images and with HaBa in equal floats: one setting at a time is changed from what the profile has. */
export function tuning({ profile, dataset }: QuestionSettings, options: TuningOptions = {}): GridCell<TuningFactors>[] {
  const smoke = profile === 'smoke';
  const {
    imagesPerClass = smoke ? 3 : 10,
    rates = smoke ? [3] : [0.3, 3],
    furtherRates = smoke ? [10] : [0.1, 10],
    iterations = smoke ? [1 / 3] : [1 / 3, 10 / 3],
    epochs = smoke ? [] : [10 / 3],
  } = options;
  const sets = setsAtBudget({ ...shapeOf(dataset), imagesPerClass });
  return (['images', 'HaBa'] as const).flatMap((kind) => {
    const set = sets.find((fitting) => fitting.kind === kind)?.set;
    if (!set)
      throw new RangeError(`tuning: no basis in colour fits ${imagesPerClass} images per class; give at least 2.`);
    const base: ConfigurationInput = { profile, dataset, matching: { method: 'dm' }, set };
    const usual = configure(base);
    const changes: [part: TunedPart, usually: number, factors: readonly number[], change: Change][] = [
      [
        'rate of images or bases',
        usual.optimisers.bases.learningRate,
        kind === 'images' ? [...rates, ...furtherRates] : rates,
        (learningRate) => ({ optimisers: { bases: { learningRate } } }),
      ],
      [
        'rate of hallucinators',
        usual.optimisers.hallucinators.learningRate,
        furtherRates,
        (learningRate) => ({ optimisers: { hallucinators: { learningRate } } }),
      ],
      ['iterations', usual.iterations, iterations, (count) => ({ iterations: Math.round(count) })],
    ];
    return [
      ...changes
        .filter(([part]) => kind === 'HaBa' || part !== 'rate of hallucinators')
        .flatMap(([part, usually, factors, change]) =>
          ascending(factors).map((factor) => {
            const value = tidy(usually * factor);
            return distillationCell<TuningFactors>(
              `${kind}, ${part} ${value}`,
              { kind, part, value, isDefault: factor === 1 },
              factor === 1 ? base : { ...base, ...change(value) },
            );
          }),
        ),
      ...ascending(epochs).map((factor) => studentsCell(kind, base, usual, factor)),
    ];
  });
}

/** What a value changes in a configuration. */
type Change = (value: number) => Partial<ConfigurationInput>;

/** The factors and 1, the usual setting, in order. */
function ascending(factors: readonly number[]): number[] {
  return factors.length === 0 ? [] : [...factors, 1].sort((first, second) => first - second);
}

/** Without the last digits that multiplication leaves. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/** Other students on the set of the usual run. */
function studentsCell(
  kind: TuningFactors['kind'],
  base: ConfigurationInput,
  { evaluation }: Configuration,
  factor: number,
): GridCell<TuningFactors> {
  const epochs = Math.round(evaluation.epochs * factor);
  const factors: TuningFactors = { kind, part: 'epochs of students', value: epochs, isDefault: factor === 1 };
  const label = `${kind}, epochs of students ${epochs}`;
  if (factor === 1) return distillationCell(label, factors, base);
  return evaluationCell(label, factors, base, { evaluation: { epochs } });
}
