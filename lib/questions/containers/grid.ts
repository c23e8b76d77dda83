/** Which container? Ways to store a distilled set, in equal floats, then in bits, under one loss and one recipe of students. */
import { complete } from '../../factorization/create-distilled-set';
import type { DataShape } from '../../factorization/parameterisation';
import type { Precision } from '../../factorization/stored-precision';
import {
  baselineCell,
  defaultSeeds,
  distillationCell,
  storedCell,
  withoutAugmentationCell,
  type QuestionCell,
  type QuestionSettings,
} from '../cells';
import { containerKinds, dataOf, setsAtBudget, usualBudgets, type BudgetedSet, type SetKind } from '../sets-at-budget';

export interface ContainerFactors {
  method: 'DM' | 'MTT' | 'none';
  kind: SetKind | RealImages | 'full training set';
  /** Floats of a container as it was distilled, in images per class; of real images how many there are. */
  budget: number;
  /** Of a value that is stored. */
  precision: Precision | '8-bit pixels';
  /** Of students. */
  augmentation: 'with' | 'without';
  seed: number;
}

/** What is stored at 8 bits a value as it is. */
export const realImages = ['random real images', 'herding'] as const;
export type RealImages = (typeof realImages)[number];

export interface ContainersOptions {
  /** Budgets under distribution matching, in images per class. Default 1 and 10; 1 in the smoke profile. */
  budgets?: readonly number[];
  /** Budgets under trajectory matching, whose runs take longer. Default 1; none in the smoke profile. */
  trajectoryBudgets?: readonly number[];
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
  /** That finished sets are stored in again, without distilling anew. Default float16, int8 and int2; int8 in the smoke profile. */
  precisions?: readonly Exclude<Precision, 'float32'>[];
}

/** Real images of 8 bits a value that take the bits of one float32 image. */
const realImagesOfOne = 4;

/**
 * Every container at every budget; each of them with students without augmentation, too, for scores, and in other precisions; random
 * real images and herding in equal numbers and in equal bits; and the full data. For a part of it, filter the cells.
 */
export function containers(
  { profile, dataset }: QuestionSettings,
  options: ContainersOptions = {},
): QuestionCell<ContainerFactors>[] {
  const smoke = profile === 'smoke';
  const data = dataOf(dataset);
  const {
    budgets = usualBudgets(smoke ? [1] : [1, 10], data),
    trajectoryBudgets = usualBudgets(smoke ? [] : [1], data),
    seeds = defaultSeeds(profile),
    precisions = smoke ? ['int8'] : ['float16', 'int8', 'int2'],
  } = options;
  const floats = [...new Set([...budgets, ...trajectoryBudgets])];
  const counts = usualBudgets([...floats, ...floats.map((budget) => realImagesOfOne * budget)], data).sort(
    (one, other) => one - other,
  );
  const full = baselineCell<ContainerFactors>(
    `full data, seed ${seeds[0]}`,
    { ...realFactors(seeds[0]), kind: 'full training set', budget: 0 },
    { profile, dataset, seed: seeds[0], baseline: 'full' },
  );
  const cells = seeds.flatMap((seed) => {
    const common = { profile, dataset, seed };
    const real = counts.flatMap((ipc) => {
      const [random, herding] = realImages.map((kind) =>
        baselineCell<ContainerFactors>(
          `${kind}, ${ipc} per class, seed ${seed}`,
          { ...realFactors(seed), kind, budget: ipc },
          { ...common, baseline: kind === 'herding' ? 'herding' : 'random', ipc },
        ),
      );
      return [random, ...(floats.includes(ipc) ? [withoutAugmentationCell(random)] : []), herding];
    });
    const distilled = (method: 'DM' | 'MTT', imagesPerClass: number) =>
      containersAtBudget(setsAtBudget({ ...data, imagesPerClass, profile, kinds: containerKinds })).flatMap(
        ({ kind, set }) => {
          const cell = distillationCell<ContainerFactors>(
            `${method}, ${kind}, budget ${imagesPerClass}, seed ${seed}`,
            { method, kind, budget: imagesPerClass, precision: 'float32', augmentation: 'with', seed },
            { ...common, matching: { method: method === 'DM' ? 'dm' : 'mtt' }, set },
          );
          const stored = precisions
            .filter((precision) => precision !== 'int2' || holdsImages(set, data))
            .map((precision) =>
              storedCell(`${cell.label}, ${precision}`, { ...cell.factors, precision }, cell, { precision }),
            );
          return [cell, withoutAugmentationCell(cell), ...stored];
        },
      );
    return [
      ...real,
      ...budgets.flatMap((budget) => distilled('DM', budget)),
      ...trajectoryBudgets.flatMap((budget) => distilled('MTT', budget)),
    ];
  });
  return [full, ...cells];
}

const realFactors = (seed: number) =>
  ({ method: 'none', precision: '8-bit pixels', augmentation: 'with', seed }) as const;

/** HaBa in one form: in colour, or where no colour basis fits, with a single channel. */
function containersAtBudget(sets: readonly BudgetedSet[]): BudgetedSet[] {
  const colour = sets.some(({ kind }) => kind === 'HaBa');
  return sets.filter(({ kind }) => !(colour && kind === 'HaBa, single-channel'));
}

/** Whether some of what a set stores are images, which 2 bits a value can hold. */
function holdsImages(set: BudgetedSet['set'], shape: DataShape): boolean {
  const { parameterisation, options } = complete(set as Parameters<typeof complete>[0]);
  return Object.values(parameterisation.tensors(options, shape)).some(({ images }) => images);
}
