/** HaBa: bases, and hallucinators that make several training images of each. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import { imagesToPyTorch } from '../tensor/layout';
import { tf } from '../tensor/tensorflow';
import { hallucinated } from './hallucinated';
import { multiFormed } from './multi-formation';
import type { Parameterisation } from './parameterisation';
import { storedImages, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  basesPerClass: count,
  /** Channels of a basis: 'colour' as the images, or 'single' at a third of the cost. */
  channels: z.enum(['colour', 'single']),
  ...storedItemOptions,
};

type BasesOptions = z.infer<z.ZodObject<typeof options>>;

const channelsOf = ({ channels }: BasesOptions, colours: number) => (channels === 'single' ? 1 : colours);

/** `bases` [bases, height, width, 1 or channels]: stored images that are no training images yet. */
const bases: Parameterisation<BasesOptions> = {
  kind: 'bases',
  label: 'bases',
  options,
  itemsPerClass: 'basesPerClass',
  defaults: ({ profile, perClass = { smoke: 2, quick: 9, study: 9, paper: 10 }[profile] }) => ({
    basesPerClass: perClass,
    channels: 'colour',
    ...storedItemDefaults,
  }),
  tensors: (given, { imageShape: [height, width, colours], classCount }) => ({
    bases: {
      shape: [classCount * given.basesPerClass, height, width, channelsOf(given, colours)],
      part: 'bases',
      images: true,
    },
  }),
  create(given, shape) {
    const { basesPerClass: perClass, initialisation } = given;
    return storedImages({ perClass, initialisation, shape: bases.tensors(given, shape).bases.shape });
  },
  realPerClass: ({ basesPerClass, initialisation }) => (initialisation === 'real' ? basesPerClass : 0),
  toPyTorch: (parameters) => ({ bases: imagesToPyTorch(parameters.bases) }),
  pictures: {
    item: ['basis', 'bases'],
    stored: (parameters, items) => tf.gather(parameters.bases, items) as tf.Tensor4D,
  },
};

// A statement of its own: called inside the other, it is of the kind `string` in some orders of checking files.
const haba = hallucinated(bases, {
  kind: 'haba',
  label: 'HaBa',
  channels: (given, { imageShape }) => channelsOf(given, imageShape[2]),
});

/**
 * `bases` [bases, height, width, 1 or channels] and the stacked `hallucinators.*`, [hallucinators, ...] each.
 * @see Liu et al., NeurIPS 2022, section 3.1
 */
export const habaSet = multiFormed(haba);
