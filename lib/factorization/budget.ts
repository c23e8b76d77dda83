/** Which sets fit a number of floats. */
import type { DistilledSetOptions } from './create-distilled-set';
import type { DataShape } from './parameterisation';
import { parameterisationOf, type OwnSet } from './parameterisations';
import { storage, storedFloats, type Storage } from './storage';

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
  /** Sets of kinds that were registered, to solve for after these; how many items a class has is left out. Default none. */
  sets?: readonly OwnSet[];
}

/** A set that fits, as large as it can be. */
export interface FittingSet extends Storage {
  kind: string;
  /** Undefined for kinds that were registered. */
  channels?: 'colour' | 'single';
  hallucinatorCount: number;
  /** Items per class: images or bases. */
  perClass: number;
}

/**
 * The most images or bases per class that fit beside each number of hallucinators, of colour and of single-channel bases; what
 * does not fit even once is left out.
 * @throws RangeError unless exactly one of `floats` and `imagesPerClass` is given, and is positive
 */
export function budget(options: BudgetOptions): FittingSet[] {
  const { floats, imagesPerClass, hallucinators = [0, 1, 2, 3, 5, 8], sets = [] } = options;
  const { imageShape, classCount, factor, kernelSize, middleChannels } = options;
  const [height, width, channels] = imageShape;
  if ((floats === undefined) === (imagesPerClass === undefined)) {
    throw new RangeError('budget: give either floats or imagesPerClass.');
  }
  const available = floats ?? imagesPerClass! * height * width * channels * classCount;
  if (!(available > 0)) throw new RangeError(`budget: ${available} floats hold nothing; give a positive number.`);

  const shape = { imageShape, classCount };
  const fitting = (set: DistilledSetOptions, told: Pick<FittingSet, 'channels' | 'hallucinatorCount'>) => {
    const perClass = largestThatFits(set, available);
    if (perClass < 1) return [];
    return [{ kind: set.kind, ...told, perClass, ...storage(withItems(set, perClass)) }];
  };
  const known = hallucinators.flatMap((count) => {
    if (count === 0) return fitting({ kind: 'images', factor, ...shape }, { channels: 'colour', hallucinatorCount: 0 });
    return (channels === 1 ? (['colour'] as const) : (['colour', 'single'] as const)).flatMap((kind) =>
      fitting(
        { kind: 'haba', channels: kind, hallucinators: count, kernelSize, middleChannels, factor, ...shape },
        { channels: kind, hallucinatorCount: count },
      ),
    );
  });
  return [...known, ...sets.flatMap((set) => fitting({ ...set, ...shape }, { hallucinatorCount: 0 }))];
}

/** The set with another number of items per class. */
function withItems(set: DistilledSetOptions, perClass: number): DistilledSetOptions {
  return { ...set, [parameterisationOf(set.kind).itemsPerClass]: perClass };
}

/** The most items per class whose set takes no more floats than there are, by bisection; 0 where not even one does. */
export function largestThatFits(set: DistilledSetOptions, available: number): number {
  const fits = (perClass: number) => storedFloats(withItems(set, perClass)) <= available;
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
