/** FreD: of every image the frequencies that vary most within its class. Shares nothing between images but these positions. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { decodeFrequencies, encodeFrequencies, frequencyPositions, frequencySlots, requireFrequencies } from './fred';
import { multiFormed } from './multi-formation';
import type { Parameterisation } from './parameterisation';
import { initialItems, realImageEach, realImages, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  /** Images per class. */
  ipc: count,
  /** Frequencies kept of each channel of an image (authors' msz_per_channel). */
  kept: count,
  ...storedItemOptions,
};

export type FredOptions = z.infer<z.ZodObject<typeof options>>;

/** Coefficients are as large as pixels, and their gradients, too: what is a good rate of stored images is one of theirs. */
const transform = { normalisation: 'orthonormal' } as const;

/** What the square of the authors' transform of 32 x 32 pixels, which is not normalised, divides their rates by. */
const authorsScale = 4 * 32 * 32;

/**
 * `coefficients` [images, kept, channels] of the orthonormal cosine transform, and `positions` int32 [classes, kept], which stay:
 * those of the largest variance in the transform, as the authors scale it, of the class's real images: all of them when the start is
 * prepared, before that those that the class's items start from.
 * @see Shin et al., Frequency Domain-based Dataset Distillation, NeurIPS 2023
 */
const plain: Parameterisation<FredOptions, 'fred'> = {
  kind: 'fred',
  label: 'FreD',
  // 2: rates under MTT chosen on validation images.
  version: 2,
  options,
  itemsPerClass: 'ipc',
  // Of 64 frequencies, what one stored image takes on CIFAR-10.
  defaults: ({ profile, perClass = profile === 'smoke' ? 2 : 16 }) => ({
    ipc: perClass,
    kept: 64,
    ...storedItemDefaults,
  }),
  optimisers({ bases }, { profile, matches, perClass = 16 }) {
    if (profile === 'paper') {
      const authors = { features: 1e6, gradients: 1e3, trajectories: 1e8 }[matches];
      return { coefficients: { learningRate: authors / authorsScale, momentum: 0.5 } };
    }
    // A class's loss is of the mean over its images: the more there are, the less each one moves. On validation images, 40 iterations
    // of DM at one image's floats, seed 0, one student: 33.9, 36.1 and 33.4 % with rates of 2, 16 and 100; 60 iterations of MTT: 41.2
    // and 42.9 % with 160 and 800.
    const faster = matches === 'trajectories' ? 5 : 1;
    return { coefficients: { ...bases, learningRate: ((bases.learningRate * perClass) / 10) * faster } };
  },
  tensors: ({ ipc, kept }, { imageShape, classCount }) => ({
    coefficients: { shape: [classCount * ipc, kept, imageShape[2]], part: 'coefficients' },
    // The literature counts no positions; they are counted in bits.
    positions: { shape: [classCount, kept], type: imageShape[0] * imageShape[1] <= 2 ** 16 ? 'uint16' : 'int32' },
  }),
  create(given, { imageShape, classCount }) {
    const { ipc: perClass, kept, initialisation } = given;
    const [height, width, channels] = imageShape;
    requireFrequencies(kept, [height, width]);
    const shape = [classCount * perClass, ...imageShape];
    /** Items, class by class, with the mask of each class. */
    const encoded = (images: tf.Tensor4D, masks: tf.Tensor1D[]): Parameters => {
      const positions = tf.stack(masks) as tf.Tensor2D;
      const ofItems = tf.gather(positions, classesOf(tf.range(0, shape[0], 1, 'int32'), perClass));
      return { coefficients: encodeFrequencies(images, ofItems, transform), positions };
    };
    return {
      init: (random, source, start) =>
        tf.tidy(() => {
          const images = initialItems(random, source, { perClass, initialisation, shape, start }) as tf.Tensor4D;
          return encoded(
            images,
            tf.split<tf.Tensor4D>(images, classCount).map((own) => frequencyPositions(own, kept)),
          );
        }),
      preparation: {
        name: 'choosing frequencies',
        steps: classCount,
        begin: (random, source, start = realImages) => ({
          start: () => Object.fromEntries(source.indicesOfClass.map((_, label) => [label, tf.zeros([kept], 'int32')])),
          step(state, label) {
            const indices = source.indicesOfClass[label];
            const ofClass = { ...source, indicesOfClass: [indices] };
            // All of the class, as items start from them: with multi-formation shrunk and laid side by side.
            const positions = tf.tidy(() => {
              const all = start(random.stream('mask', label), ofClass, { perClass: indices.length, channels });
              return frequencyPositions(all, kept);
            });
            state[label].dispose();
            return { ...state, [label]: positions };
          },
          finish: (state) =>
            tf.tidy(() => {
              const images = initialItems(random, source, { perClass, initialisation, shape, start }) as tf.Tensor4D;
              return encoded(
                images,
                source.indicesOfClass.map((_, label) => state[label] as tf.Tensor1D),
              );
            }),
          dispose: () => undefined,
        }),
      },
      images({ coefficients, positions }, { items }) {
        const slots = frequencySlots(positions as tf.Tensor2D, [height, width]);
        return decodeFrequencies(
          tf.gather(coefficients, items) as tf.Tensor3D,
          tf.gather(slots, classesOf(items, perClass)),
          transform,
        );
      },
    };
  },
  sizesAtBudget({ imagesPerClass, imageShape: [height, width] }) {
    // The authors keep 64 of 1,024 at one image per class, and more where there is room for more.
    const share = imagesPerClass < 10 ? 64 : imagesPerClass < 50 ? 160 : 400;
    return [{ kept: Math.max(1, Math.round((share * height * width) / 1024)) }];
  },
  realPerClass: realImageEach,
  pictures: { item: ['image', 'images'] },
};

/** The same on multi-formation. */
export const fredSet = multiFormed(plain);

/** int32 [items] */
function classesOf(items: tf.Tensor1D, perClass: number): tf.Tensor1D {
  return tf.floorDiv(items, tf.scalar(perClass, 'int32'));
}
