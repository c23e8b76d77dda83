/**
 * Is a comparison fair? The same tuning for both sides: as many runs with other settings for images as for HaBa. Settings are chosen
 * on the validation images, which no set that is tuned has seen; what was chosen is distilled from all images and tested once.
 */
import { setAside } from '../../data/hold-out';
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import type { GridRun } from '../../experiments/grid';
import { groupSeeds } from '../../report/seed-groups';
import {
  defaultSeeds,
  distillationCell,
  evaluationCell,
  type QuestionCell,
  type QuestionSettings,
  type StudentsInput,
} from '../cells';
import { dataOf, setAtBudget, usualBudget } from '../sets-at-budget';

/** What is tuned, as tables and figures call it; the length of students in the unit that the profile gives it in. */
export type TunedPart =
  | 'rate of images or bases'
  | 'rate of hallucinators'
  | 'iterations'
  | 'updates of students'
  | 'epochs of students';

const tunedKinds = ['images', 'HaBa'] as const;

export interface TuningFactors {
  kind: (typeof tunedKinds)[number];
  part: TunedPart;
  /** What the part was set to. */
  value: number;
  /** Whether that is the profile's own setting. */
  isDefault: boolean;
  seed: number;
}

export interface TuningOptions {
  /**
   * Of both sets, in images per class. Default 10; 3 in the smoke profile; or as many as the smallest class of one's own has beside its
   * validation images.
   */
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
  /** Factors on the students' updates, or epochs where the profile gives those. Default ten thirds; none in the smoke profile. */
  studentLengths?: readonly number[];
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/** DM with images and with HaBa in equal floats, tested on the validation images: one setting at a time is changed from what the profile has. */
export function tuning(settings: QuestionSettings, options: TuningOptions = {}): QuestionCell<TuningFactors>[] {
  const { seeds = defaultSeeds(settings.profile) } = options;
  return seeds.flatMap((seed) => tunedKinds.flatMap((kind) => cellsOf(kind, seed, settings, options)));
}

function cellsOf(
  kind: TuningFactors['kind'],
  seed: number,
  settings: QuestionSettings,
  options: TuningOptions,
): QuestionCell<TuningFactors>[] {
  const smoke = settings.profile === 'smoke';
  const {
    rates = smoke ? [3] : [0.3, 3],
    furtherRates = smoke ? [10] : [0.1, 10],
    iterations = smoke ? [1 / 3] : [1 / 3, 10 / 3],
    studentLengths = smoke ? [] : [10 / 3],
  } = options;
  const profiles = profileInput(kind, seed, settings, options);
  const usual = configure(profiles);
  const { bases, hallucinators } = usual.optimisers;
  const parts: [part: TunedPart, usually: number, factors: readonly number[]][] = [
    ['rate of images or bases', bases.learningRate, kind === 'images' ? [...rates, ...furtherRates] : rates],
    ['rate of hallucinators', hallucinators.learningRate, kind === 'HaBa' ? furtherRates : []],
    ['iterations', usual.iterations, iterations],
    [...lengthOfStudents(usual.evaluation), studentLengths],
  ];
  const split = 'validation' as const;
  return parts.flatMap(([part, usually, tried]) =>
    ascending(tried).map((factor) => {
      const value = isRate(part) ? withoutLastDigits(usually * factor) : Math.round(usually * factor);
      const label = `${kind}, ${part} ${value}, seed ${seed}`;
      const factors: TuningFactors = { kind, part, value, isDefault: factor === 1, seed };
      const change = factor === 1 ? {} : changed(part, value);
      const base: ConfigurationInput = { ...profiles, evaluation: { split } };
      return change.evaluation
        ? evaluationCell(label, factors, base, { evaluation: { ...change.evaluation, split } })
        : distillationCell(label, factors, { ...base, ...change });
    }),
  );
}

/** The setting that did best for a kind of set. */
export interface ChosenSetting extends Omit<TuningFactors, 'seed'> {
  /** Mean over seeds, as a fraction. */
  validationAccuracy: number;
}

/**
 * The best setting of each kind by mean validation accuracy over seeds; where the profile's own is as good as another, that.
 * @throws RangeError where students were tested on anything but the validation images, or settings of a kind have other seeds
 */
export function chosenByTuning(runs: readonly GridRun<TuningFactors>[]): ChosenSetting[] {
  for (const { result } of runs) {
    const { split } = result.configuration.evaluation;
    if (split !== 'validation') {
      throw new RangeError(
        `chosenByTuning: the students of ${result.run} were tested on the ${split} images; settings are chosen on the validation images: 'evaluation.split' = 'validation'.`,
      );
    }
  }
  return tunedKinds.flatMap((kind) => {
    const groups = groupSeeds(runs.filter(({ factors }) => factors.kind === kind));
    const seedsOf = ({ runs: own }: (typeof groups)[number]) => own.map(({ factors }) => factors.seed).join(', ');
    for (const group of groups) {
      if (seedsOf(group) === seedsOf(groups[0])) continue;
      const { part, value } = group.setting;
      throw new RangeError(
        `chosenByTuning: ${kind}, ${part} ${value}, was run with the seeds ${seedsOf(group)}, other settings with ${seedsOf(groups[0])}; run all of them with the same seeds.`,
      );
    }
    return groups
      .map(({ setting, runs: own }) => ({
        ...setting,
        validationAccuracy: own.reduce((sum, { result }) => sum + result.accuracy.mean, 0) / own.length,
      }))
      .sort(
        (first, second) =>
          second.validationAccuracy - first.validationAccuracy || Number(second.isDefault) - Number(first.isDefault),
      )
      .slice(0, 1);
  });
}

/**
 * What {@link chosenByTuning} chose, distilled from all training images and tested on the test images.
 * @param options the same as of the tuning; only seeds and images per class are read
 */
export function tuningFinal(
  settings: QuestionSettings,
  chosen: readonly ChosenSetting[],
  options: Pick<TuningOptions, 'imagesPerClass' | 'seeds'> = {},
): QuestionCell<TuningFactors>[] {
  const { seeds = defaultSeeds(settings.profile) } = options;
  return seeds.flatMap((seed) =>
    chosen.map(({ kind, part, value, isDefault }) => {
      const { evaluation, ...change }: ConfigurationInput = isDefault ? {} : changed(part, value);
      return distillationCell<TuningFactors>(
        `${kind} as chosen, seed ${seed}`,
        { kind, part, value, isDefault, seed },
        {
          ...profileInput(kind, seed, settings, options),
          ...change,
          holdOut: false,
          evaluation: { ...evaluation, split: 'test' },
        },
      );
    }),
  );
}

/** A kind of set by the profile's own settings. */
function profileInput(
  kind: TuningFactors['kind'],
  seed: number,
  { profile, dataset }: QuestionSettings,
  options: Pick<TuningOptions, 'imagesPerClass'>,
): ConfigurationInput {
  const { smallestClass: whole = Infinity, ...shape } = dataOf(dataset);
  // Of one's own images, those that are left when the validation images are set aside.
  const smallestClass = Number.isFinite(whole) ? whole - setAside(whole) : whole;
  const { imagesPerClass = usualBudget(profile === 'smoke' ? 3 : 10, { smallestClass }) } = options;
  const set = setAtBudget('tuning', kind, { ...shape, smallestClass, imagesPerClass });
  return { profile, dataset, seed, matching: { method: 'dm' }, set };
}

/** What sets a part to a value. */
function changed(part: TunedPart, value: number): ConfigurationInput {
  switch (part) {
    case 'rate of images or bases':
      return { optimisers: { bases: { learningRate: value } } };
    case 'rate of hallucinators':
      return { optimisers: { hallucinators: { learningRate: value } } };
    case 'iterations':
      return { iterations: value };
    case 'updates of students':
      return { evaluation: { updates: value } };
    case 'epochs of students':
      return { evaluation: { epochs: value } };
  }
}

/** The unit that a profile gives students' lengths in, and its own length. */
function lengthOfStudents({ updates, epochs }: StudentsInput): [part: TunedPart, usually: number] {
  return updates === undefined ? ['epochs of students', epochs!] : ['updates of students', updates];
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
