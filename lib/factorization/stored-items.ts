/** Items that are stored as images: what they start from, and the options that all kinds of such sets share. */
import { z } from 'zod';
import type { ImageSource } from '../data/image-source';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { Decoder } from './distilled-set';

/** Options of every kind of set that stores images. */
export const storedItemOptions = {
  /** What stored images start from: real images of their class, or standard normal noise. */
  initialisation: z.enum(['real', 'noise']),
};

/** In every profile. */
export const storedItemDefaults = { initialisation: 'real' } as const;

/** `realPerClass` of every kind whose items are images of a class: each starts from one, or from noise. */
export const realImageEach = ({ ipc, initialisation }: { ipc: number; initialisation: 'real' | 'noise' }): number =>
  initialisation === 'real' ? ipc : 0;

export interface StartOptions {
  perClass: number;
  /** Images that make one: factor x factor with multi-formation. Default 1. */
  together?: number;
  /** 1 for their mean, or the channels of the images. */
  channels: number;
}

/** Images that items start from, class by class, [classes * perClass * together, height, width, channels]. */
export type StartImages = (random: Random, source: ImageSource, options: StartOptions) => tf.Tensor4D;

/**
 * Real images of each class, none of them twice where there are enough.
 * @throws RangeError when a class has fewer images than the set stores
 */
export const realImages: StartImages = (random, source, { perClass, together = 1, channels }) => {
  const chosen = source.indicesOfClass.flatMap((indices, label) => {
    if (perClass > indices.length) {
      throw new RangeError(
        `A set of ${perClass} images per class was asked for; class ${label} has ${indices.length}.`,
      );
    }
    // A small class may not have enough for every crop; then images serve again.
    const needed = perClass * together;
    const draws = random.stream('real images', label);
    return needed <= indices.length
      ? [...draws.choice(indices, needed)]
      : Array.from(draws.integers(needed, indices.length), (place) => indices[place]);
  });
  return tf.tidy(() => {
    const real = source.batch(Int32Array.from(chosen));
    return channels === real.shape[3] ? real : real.mean<tf.Tensor4D>(3, true);
  });
};

export interface InitialItemsOptions {
  perClass: number;
  initialisation: 'real' | 'noise';
  /** [items, height, width, channels] */
  shape: readonly number[];
  start?: StartImages;
}

/** Items as a set begins with them. */
export function initialItems(
  random: Random,
  source: ImageSource,
  { perClass, initialisation, shape, start = realImages }: InitialItemsOptions,
): tf.Tensor {
  if (initialisation === 'noise') return random.stream('noise').normal([...shape]);
  return start(random, source, { perClass, channels: shape[3] });
}

/** Items that are stored as images, and decode to what is stored: one tensor, `bases` [items, height, width, channels]. */
export function storedImages({ perClass, initialisation, shape }: InitialItemsOptions): Decoder {
  return {
    init: (random, source, start) => ({
      bases: initialItems(random, source, { perClass, initialisation, shape, start }),
    }),
    images: (parameters, { items }) => tf.gather(parameters.bases, items) as tf.Tensor4D,
  };
}
