/** Which sets fit a number of floats. */
import { hallucinatorFloats, storage, type Storage, type StoredSet } from './storage';

export interface BudgetOptions extends Omit<StoredSet, 'perClass' | 'hallucinators' | 'channels'> {
  /** Floats there are; or `imagesPerClass`. */
  floats?: number;
  /** The same, in images per class. */
  imagesPerClass?: number;
  /** Numbers of hallucinators to solve for; 0 is plain images. Default 0, 1, 2, 3, 5 (the authors'), 8. */
  hallucinators?: readonly number[];
}

/** A set that fits, as large as it can be. */
export interface FittingSet extends Storage {
  kind: 'images' | 'haba';
  channels: 'colour' | 'single';
  hallucinatorCount: number;
  /** Images or bases per class. */
  perClass: number;
}

/**
 * The most images or bases per class that fit beside each number of hallucinators, of colour and of single-channel bases; what
 * does not fit even once is left out.
 * @throws RangeError unless exactly one of `floats` and `imagesPerClass` is given, and is positive
 */
export function budget(options: BudgetOptions): FittingSet[] {
  const { floats, imagesPerClass, hallucinators = [0, 1, 2, 3, 5, 8], ...common } = options;
  const { imageShape, classCount } = common;
  const [height, width, channels] = imageShape;
  if ((floats === undefined) === (imagesPerClass === undefined)) {
    throw new RangeError('budget: give either floats or imagesPerClass.');
  }
  const available = floats ?? imagesPerClass! * height * width * channels * classCount;
  if (!(available > 0)) throw new RangeError(`budget: ${available} floats hold nothing; give a positive number.`);

  const fits: FittingSet[] = [];
  for (const count of hallucinators) {
    for (const kind of channels === 1 || count === 0 ? (['colour'] as const) : (['colour', 'single'] as const)) {
      const set = { ...common, channels: kind };
      const left = available - count * hallucinatorFloats(set);
      const perClass = Math.floor(left / (classCount * height * width * (kind === 'single' ? 1 : channels)));
      if (perClass < 1) continue;
      const counted = storage({ ...set, perClass, hallucinators: count });
      fits.push({
        kind: count === 0 ? 'images' : 'haba',
        channels: kind,
        hallucinatorCount: count,
        perClass,
        ...counted,
      });
    }
  }
  return fits;
}
