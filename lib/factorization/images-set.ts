/** Stored images: what dataset distillation began with, and what every other kind of set is compared with. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import { imagesToPyTorch } from '../tensor/layout';
import { withMultiFormation } from './multi-formation';
import type { Parameterisation } from './parameterisation';
import { realImageEach, storedImages, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  /** Stored images per class. */
  ipc: count,
  ...storedItemOptions,
};

export type ImagesOptions = z.infer<z.ZodObject<typeof options>>;

/** One tensor, `bases` [images, height, width, channels]. */
export const imagesSet: Parameterisation<ImagesOptions> = {
  kind: 'images',
  label: 'images',
  options,
  itemsPerClass: 'ipc',
  defaults: ({ profile, perClass = profile === 'smoke' ? 2 : 10 }) => ({ ipc: perClass, ...storedItemDefaults }),
  tensors: ({ ipc }, { imageShape, classCount }) => ({
    bases: { shape: [classCount * ipc, ...imageShape], part: 'bases', images: true },
  }),
  create(given, shape) {
    const { bases } = imagesSet.tensors(given, shape);
    const { ipc: perClass, initialisation, factor } = given;
    return withMultiFormation(storedImages({ perClass, initialisation, shape: bases.shape }), factor);
  },
  realPerClass: realImageEach,
  toPyTorch: ({ bases }) => ({ bases: imagesToPyTorch(bases) }),
  pictures: { item: ['stored image', 'stored images'] },
};
