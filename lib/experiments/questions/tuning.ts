/** Is a comparison fair? The same tuning for both sides: as many runs with other settings for images as for HaBa. */
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import type { GridCell } from '../grid';
import type { OtherStudents } from '../../runs/run';
import { distillationCell, evaluationCell, type QuestionSettings } from './cells';
import { setAtBudget } from './sets-at-budget';
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
  const shape = shapeOf(dataset);
  return (['images', 'HaBa'] as const).flatMap((kind) => {
    const set = setAtBudget('tuning', kind, { ...shape, imagesPerClass });
    const base: ConfigurationInput = { profile, dataset, matching: { method: 'dm' }, set };
    const usual = configure(base);
    const { bases, hallucinators } = usual.optimisers;
    const parts: Part[] = [
      {
        part: 'rate of images or bases',
        usually: bases.learningRate,
        factors: kind === 'images' ? [...rates, ...furtherRates] : rates,
        change: (learningRate) => ({ optimisers: { bases: { learningRate } } }),
      },
      {
        part: 'rate of hallucinators',
        usually: hallucinators.learningRate,
        factors: kind === 'HaBa' ? furtherRates : [],
        change: (learningRate) => ({ optimisers: { hallucinators: { learningRate } } }),
      },
      {
        part: 'iterations',
        usually: usual.iterations,
        factors: iterations,
        change: (count) => ({ iterations: count }),
      },
      {
        part: 'epochs of students',
        usually: usual.evaluation.updates ?? 0,
        factors: epochs,
        students: (count) => ({ evaluation: { updates: count } }),
      },
    ];
    return parts.flatMap(({ part, usually, factors, change, students }) =>
      ascending(factors).map((factor) => {
        const value = isRate(part) ? withoutLastDigits(usually * factor) : Math.round(usually * factor);
        const label = `${kind}, ${part} ${value}`;
        const cell: TuningFactors = { kind, part, value, isDefault: factor === 1 };
        if (students && factor !== 1) return evaluationCell(label, cell, base, students(value));
        return distillationCell(label, cell, factor === 1 ? base : { ...base, ...change?.(value) });
      }),
    );
  });
}

/** A part and how it is tuned: by another distillation, or by other students of the usual one. */
interface Part {
  part: TunedPart;
  usually: number;
  factors: readonly number[];
  change?: (value: number) => Partial<ConfigurationInput>;
  students?: (value: number) => OtherStudents;
}

const isRate = (part: TunedPart) => part.startsWith('rate');

/** The factors and 1, the usual setting, in order; nothing where nothing is tried. */
function ascending(factors: readonly number[]): number[] {
  return factors.length === 0 ? [] : [...factors, 1].sort((first, second) => first - second);
}

/** Without those that multiplication leaves. */
function withoutLastDigits(value: number): number {
  return Number(value.toPrecision(6));
}
