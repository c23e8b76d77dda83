/** DDiF: every image a field of its own, a small network of sines over the places of its pixels. */
import { z } from 'zod';
import { count, positive, wholeNumber } from '../settings/numbers';
import { mapParameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { decodeFields, fieldShapes, initFields } from './ddif';
import { fieldFit } from './field-fit';
import { multiFormed } from './multi-formation';
import type { DataShape, Parameterisation } from './parameterisation';
import { realImageEach, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  /** Images, and so fields, per class. */
  ipc: count,
  /** Width of every layer of sines. */
  hidden: count,
  /** Layers of sines. */
  layers: count,
  /** Steps of Adam in which each field is fitted to a real image before distillation; none with `initialisation` 'noise'. */
  fitSteps: wholeNumber,
  fitLearningRate: positive,
  ...storedItemOptions,
};

/** With `initialisation` 'noise' fields start from uniform numbers alone. */
export type DdifOptions = z.infer<z.ZodObject<typeof options>>;

/**
 * Parameters of all fields, stacked: `layers.<l>.weight` [images, inputs, hidden], `layers.<l>.bias` [images, hidden],
 * `last.weight` [images, hidden, channels], `last.bias` [images, channels].
 * @see Shin et al., Distilling Dataset into Neural Field, ICLR 2025
 */
const plain: Parameterisation<DdifOptions, 'ddif'> = {
  kind: 'ddif',
  label: 'DDiF',
  // 2: raised with those of FreD and LinBa when rates under MTT were tried; this one's stayed.
  version: 2,
  options,
  itemsPerClass: 'ipc',
  // 37 fields a class of hidden width 6 take what one stored image does on CIFAR-10.
  defaults: ({ profile, perClass = profile === 'smoke' ? 2 : 37 }) => ({
    ipc: perClass,
    hidden: 6,
    layers: 2,
    fitSteps: { smoke: 20, quick: 500, study: 500, paper: 5000 }[profile],
    // The authors'; a tenth of their steps needs larger ones.
    fitLearningRate: profile === 'paper' ? 5e-4 : 5e-3,
    ...storedItemDefaults,
  }),
  optimisers(_, { profile, matches }) {
    const authors = matches === 'trajectories' ? 1e-4 : 5e-5;
    // Short runs need larger steps: 31.3, 35.4 and 36.8 % on validation images with 5e-5, 5e-4 and 2e-3, after 40 iterations of DM at
    // one image's floats, seed 0, one student; 44.6 and 45.8 % with 1e-3 and 4e-3 after 60 iterations of MTT.
    return { fields: { rule: 'adam', learningRate: profile === 'paper' ? authors : 40 * authors, momentum: 0.9 } };
  },
  tensors: (given, shape) =>
    Object.fromEntries(
      Object.entries(fieldShapes(sizesOf(given, shape))).map(([name, own]) => [name, { shape: own, part: 'fields' }]),
    ),
  create(given, shape) {
    const { ipc: perClass, initialisation, fitSteps: steps, fitLearningRate: learningRate } = given;
    const { imageShape } = shape;
    const [height, width] = imageShape;
    const sizes = sizesOf(given, shape);
    const names = Object.keys(fieldShapes(sizes));
    return {
      init: (random) => initFields(random.stream('fields'), sizes),
      preparation:
        initialisation === 'real' && steps > 0
          ? fieldFit({ ...sizes, imageShape, perClass, steps, learningRate })
          : undefined,
      images(parameters, { items }) {
        const fields = Object.fromEntries(names.map((name) => [name, parameters[name]]));
        return decodeFields(
          mapParameters(fields, (stacked) => tf.gather(stacked, items)),
          [height, width],
        );
      },
    };
  },
  // The authors'.
  sizesAtBudget: ({ imagesPerClass }) => [{ hidden: imagesPerClass < 50 ? 6 : 20 }],
  realPerClass: realImageEach,
  pictures: { item: ['field', 'fields'] },
};

/** The same on multi-formation. */
export const ddifSet = multiFormed(plain);

function sizesOf({ ipc, hidden, layers }: DdifOptions, { imageShape, classCount }: DataShape) {
  return { items: classCount * ipc, channels: imageShape[2], hidden, layers };
}
