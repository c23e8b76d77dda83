/** Which sets fit a number of floats. */
import { complete, type DistilledSetOptions } from './create-distilled-set';
import { habaSet } from './haba-set';
import { imagesSet } from './images-set';
import type { DataShape, DefaultsChoice, FloatBudget } from './parameterisation';
import { parameterisationOf, type SetInput } from './parameterisations';
import type { LabelKind } from './label-kinds';
import { storage, storedFloats, type Storage } from './storage';

/** The kinds that are solved for in any case: all others are given as `sets`. */
export const solvedKinds: readonly string[] = [imagesSet.kind, habaSet.kind];

/** A set whose items per class are to be found. */
export type UnsizedSet = SetInput & { kind: string };

export interface BudgetOptions extends DataShape {
  /** Floats there are; or `imagesPerClass`. */
  floats?: number;
  /** The same, in images per class. */
  imagesPerClass?: number;
  /** Numbers of hallucinators to solve for; 0 is plain images. Default 0, 1, 2, 3, 5 (the authors'), 8. */
  hallucinators?: readonly number[];
  /** Of hallucinators. Default 3, the authors'. */
  kernelSize?: number;
  /** Channels between encoder and decoder. Default 3, the authors'. */
  middleChannels?: number;
  /** Crops per side of a stored image (multi-formation). Default 1. */
  factor?: number;
  /** What items are labelled with: soft labels count. Default 'hard'. */
  labels?: LabelKind;
  /** Other sets to solve for after these; how many items a class has is left out, as is what the kind chooses for a budget. Default none. */
  sets?: readonly UnsizedSet[];
}

/** A set that fits, as large as it can be. */
export interface FittingSet extends Storage {
  kind: string;
  /** Undefined for kinds other than images and HaBa. */
  channels?: 'colour' | 'single';
  hallucinatorCount: number;
  /** Items per class: images or bases. */
  perClass: number;
  labels: LabelKind;
  /** What it is configured with. */
  set: UnsizedSet;
}

/**
 * The most images or bases per class that fit beside each number of hallucinators, of colour and of single-channel bases; what
 * does not fit even once is left out.
 * @throws RangeError unless exactly one of `floats` and `imagesPerClass` is given, and is positive
 */
export function budget(options: BudgetOptions): FittingSet[] {
  const { floats, imagesPerClass, hallucinators = [0, 1, 2, 3, 5, 8], sets = [], labels = 'hard' } = options;
  const { imageShape, classCount, factor, kernelSize, middleChannels } = options;
  const [height, width, channels] = imageShape;
  if ((floats === undefined) === (imagesPerClass === undefined)) {
    throw new RangeError('budget: give either floats or imagesPerClass.');
  }
  const image = height * width * channels * classCount;
  const available = floats ?? imagesPerClass! * image;
  if (!(available > 0)) throw new RangeError(`budget: ${available} floats hold nothing; give a positive number.`);

  const shape = { imageShape, classCount };
  const floatBudget = { ...shape, imagesPerClass: imagesPerClass ?? available / image, labels };
  const fitting = (unsized: UnsizedSet, channels?: 'colour' | 'single'): FittingSet[] => {
    const set = fitToBudget(unsized, floatBudget);
    if (set === undefined) return [];
    const stored = storage({ ...set, ...shape }, labels);
    const { hallucinators: hallucinatorCount = 0 } = set as { hallucinators?: number };
    return [{ kind: set.kind, channels, hallucinatorCount, perClass: complete(set).perClass, labels, set, ...stored }];
  };
  const known = hallucinators.flatMap((count) => {
    if (count === 0) return fitting({ kind: imagesSet.kind, factor }, 'colour');
    return (channels === 1 ? (['colour'] as const) : (['colour', 'single'] as const)).flatMap((kind) =>
      fitting({ kind: habaSet.kind, channels: kind, hallucinators: count, kernelSize, middleChannels, factor }, kind),
    );
  });
  return [...known, ...sets.flatMap((set) => fitting(set))];
}

/**
 * A set as large as a budget allows: of the sizes that its kind proposes (`sizesAtBudget`), what was given aside, the first that
 * leaves room for an item of each class, with as many items as fit.
 * @param profile whose defaults all else has. Default 'paper', as of {@link complete}
 * @returns undefined where none does
 */
export function fitToBudget<Set extends UnsizedSet>(
  set: Set,
  budget: FloatBudget,
  profile: DefaultsChoice['profile'] = 'paper',
): Set | undefined {
  const { imageShape, classCount, imagesPerClass, labels } = budget;
  const parameterisation = parameterisationOf(set.kind);
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) as Set;
  const options = { ...parameterisation.defaults({ profile }), ...given };
  const available = imageShape.reduce((product, side) => product * side, imagesPerClass * classCount);
  for (const size of parameterisation.sizesAtBudget?.(budget, options) ?? [{}]) {
    const sized = { ...size, ...given };
    const perClass = largestThatFits({ ...options, ...sized, imageShape, classCount }, available, labels);
    if (perClass >= 1) return { ...sized, [parameterisation.itemsPerClass]: perClass };
  }
  return undefined;
}

/** The set with another number of items per class. */
function withItems(set: DistilledSetOptions, perClass: number): DistilledSetOptions {
  return { ...set, [parameterisationOf(set.kind).itemsPerClass]: perClass };
}

/** The most items per class whose set takes no more floats than there are, by bisection; 0 where not even one does. */
export function largestThatFits(set: DistilledSetOptions, available: number, labels?: LabelKind): number {
  const fits = (perClass: number) => storedFloats(withItems(set, perClass), labels) <= available;
  let [most, tooMany] = [0, 1];
  // No set takes less than a float an item.
  while (tooMany <= available && fits(tooMany)) [most, tooMany] = [tooMany, 2 * tooMany];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}
