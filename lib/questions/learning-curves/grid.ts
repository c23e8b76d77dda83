/** Learning curves: what sets are worth after more and more iterations, images and HaBa side by side. */
import { configure, type ConfigurationInput } from '../../distillation/configuration';
import type { MatchingInput } from '../../matching/methods';
import {
  defaultSeeds,
  distillationCell,
  matchingOf,
  methodLabels,
  snapshotCell,
  type QuestionCell,
  type QuestionSettings,
  type StudentsInput,
} from '../cells';
import { comparedSets, dataOf, usualBudgets, type SetKind } from '../sets-at-budget';

export interface CurveFactors {
  /** Label of the matching method, e.g. 'MTT'. */
  method: string;
  kind: SetKind;
  /** The budget, in images per class. */
  budget: number;
  /** Done when the set was as it was tested. */
  iteration: number;
  seed: number;
}

export interface CurvesOptions {
  /** In images per class. Default 1, 2 and 10; 1 in the smoke profile; of one's own images no more than the smallest class has. */
  budgets?: readonly number[];
  /** Names, or what a configuration has as `matching`. Default MTT, DSA (gradient matching) and DM; the smoke profile without DSA. */
  methods?: readonly (string | MatchingInput)[];
  /** Kinds of set. Default images and HaBa, in colour, or where that does not fit a budget, with a single channel. */
  kinds?: readonly SetKind[];
  /** Of every distillation. Default the method's in the profile, as many `times`. */
  iterations?: number;
  /** How many times as long as in the profile. Default 1. */
  times?: number;
  /** What else every distillation has, e.g. `{ network: { width: 64 } }`. Default: the profile's. */
  configuration?: Omit<ConfigurationInput, 'profile' | 'dataset' | 'seed' | 'set' | 'matching' | 'evaluation'>;
  /** Iterations whose sets are tested, the last beside them. Default 1, 3, 10, 30 ... from a hundredth of all on. */
  snapshots?: readonly number[];
  /**
   * How students are trained and tested, wherever it differs from the profile. Default: on the validation images, since a curve is for
   * choosing, and for equal updates: of a profile that counts epochs, as many.
   */
  evaluation?: StudentsInput;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/** Sets of each kind, budget and method, tested at every snapshot and at the end. One distillation makes all points of a curve. */
export function learningCurves(
  { profile, dataset }: QuestionSettings,
  options: CurvesOptions = {},
): QuestionCell<CurveFactors>[] {
  const smoke = profile === 'smoke';
  const data = dataOf(dataset);
  const {
    budgets = usualBudgets(smoke ? [1] : [1, 2, 10], data),
    methods = smoke ? ['mtt', 'dm'] : ['mtt', 'dsa', 'dm'],
    kinds,
    times = 1,
    configuration,
    evaluation = smoke ? { students: 1, updates: 4 } : {},
    seeds = defaultSeeds(profile),
  } = options;
  const labels = methodLabels({ profile, dataset }, methods);
  return seeds.flatMap((seed) =>
    methods.flatMap((chosen, place) => {
      const matching = matchingOf(chosen);
      const { iterations = times * configure({ ...configuration, profile, dataset, matching }).iterations } = options;
      return budgets.flatMap((imagesPerClass) => {
        return comparedSets({ ...data, imagesPerClass, profile, kinds }).flatMap(({ kind, set }) => {
          const input: ConfigurationInput = {
            ...{ ...configuration, profile, dataset, seed, matching, set, iterations },
            evaluation: { split: 'validation', ...evaluation },
          };
          const made = configure(input);
          const last = made.iterations;
          const { snapshots = usualSnapshots(last) } = options;
          const before = [...new Set(snapshots)].filter((iteration) => iteration !== last);
          const kept = {
            ...input,
            snapshots: before,
            evaluation: inUpdates(input.evaluation!, made.evaluation.epochs),
          };
          const method = labels[place];
          const factorsAt = (iteration: number) => ({ method, kind, budget: imagesPerClass, iteration, seed });
          const labelAt = (iteration: number) =>
            `${method}, ${kind}, budget ${imagesPerClass}, iteration ${iteration}, seed ${seed}`;
          return [
            ...before.map((iteration) => snapshotCell(labelAt(iteration), factorsAt(iteration), kept, iteration)),
            distillationCell(labelAt(last), factorsAt(last), kept),
          ];
        });
      });
    }),
  );
}

/** 1, 3, 10, 30, 100 ... from a hundredth of all iterations up to the last, which is not among them. */
export function usualSnapshots(iterations: number): number[] {
  const decades = Array.from({ length: Math.ceil(Math.log10(iterations + 1)) }, (_, power) => 10 ** power);
  return decades.flatMap((ten) => [ten, 3 * ten]).filter((one) => 100 * one >= iterations && one < iterations);
}

/** Of a set of at most one batch an epoch is one update: curves of sets of other sizes are then comparable, too. */
function inUpdates(evaluation: StudentsInput, epochs: number | undefined): StudentsInput {
  return epochs === undefined ? evaluation : { ...evaluation, epochs: undefined, updates: epochs };
}
