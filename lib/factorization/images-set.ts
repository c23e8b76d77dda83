/** Stored images: what dataset distillation began with, and what every other kind of set is compared with. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import { imagesToPyTorch } from '../tensor/layout';
import { multiFormed } from './multi-formation';
import type { Parameterisation } from './parameterisation';
import { realImageEach, storedImages, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  /** Stored images per class. */
  ipc: count,
  ...storedItemOptions,
};

export type ImagesOptions = z.infer<z.ZodObject<typeof options>>;

/** One tensor, `bases` [images, height, width, channels]. */
const plain: Parameterisation<ImagesOptions, 'images'> = {
  kind: 'images',
  label: 'images',
  options,
  itemsPerClass: 'ipc',
  defaults: ({ profile, perClass = profile === 'smoke' ? 2 : 10 }) => ({ ipc: perClass, ...storedItemDefaults }),
  optimisers(usual, { profile, matches }) {
    // On validation images, 200 iterations of MTT at one image a class (seeds 0 and 1) and at ten (seed 0): 26.6, 25.1 and 44.4 % with a
    // rate of 100, which is MTT's of bases, 27.8, 26.9 and 45.0 with 300.
    const faster = profile === 'quick' && matches === 'trajectories' ? 3 : 1;
    return { ...usual, bases: { ...usual.bases, learningRate: faster * usual.bases.learningRate } };
  },
  tensors: ({ ipc }, { imageShape, classCount }) => ({
    bases: { shape: [classCount * ipc, ...imageShape], part: 'bases', images: true },
  }),
  create(given, shape) {
    const { bases } = plain.tensors(given, shape);
    const { ipc: perClass, initialisation } = given;
    return storedImages({ perClass, initialisation, shape: bases.shape });
  },
  realPerClass: realImageEach,
  toPyTorch: ({ bases }) => ({ bases: imagesToPyTorch(bases) }),
  pictures: { item: ['stored image', 'stored images'] },
};

/** The same on multi-formation. */
export const imagesSet = multiFormed(plain);
