/** LinBa: images as linear combinations of a dictionary that all classes share; HaBa's idea without the nonlinearity. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import { tf } from '../tensor/tensorflow';
import { disposeAll, mapParameters } from '../tensor/parameters';
import { combineBases, enlargement, initLinearBases, linearBasesShapes } from './linba';
import { multiFormed } from './multi-formation';
import type { DataShape, Parameterisation } from './parameterisation';
import { bestRankFit } from './rank-fit';
import { initialItems, realImageEach, storedItemDefaults, storedItemOptions } from './stored-items';

const options = {
  /** Images per class. */
  ipc: count,
  /** K, images of half the height and width that the dictionary holds. */
  dictionary: count,
  ...storedItemOptions,
};

/** Both tensors start uniform after Xavier; with `initialisation` 'real' the best fit to real images takes their place. */
export type LinbaOptions = z.infer<z.ZodObject<typeof options>>;

/** Of the authors at one image per class. */
const authorsSize = 16;

/**
 * `coefficients` [images, K] and `dictionary` [K, height / 2, width / 2, channels].
 * @see Deng and Russakovsky, Remember the Past, NeurIPS 2022
 */
export const linba: Parameterisation<LinbaOptions, 'linba'> = {
  kind: 'linba',
  label: 'LinBa',
  // 2: rates under MTT chosen on validation images.
  version: 2,
  options,
  itemsPerClass: 'ipc',
  // 115 images a class beside 16 of the dictionary take what one stored image does on CIFAR-10.
  defaults: ({ profile, perClass = profile === 'smoke' ? 2 : 115 }) => ({
    ipc: perClass,
    dictionary: profile === 'smoke' ? 4 : authorsSize,
    ...storedItemDefaults,
  }),
  // What moves the dictionary moves every image. On validation images, 40 iterations of DM at one image's floats, seed 0, one student:
  // 33.7, 31.7, 29.1 and 25.5 % with rates of 0.2, 1, 10 and 50 of the dictionary, and a tenth of that of coefficients. As in FreD,
  // the more images a class has, the less each one's coefficients move. 60 iterations of MTT: 24.8 and 34.6 % with 2 and 20.
  optimisers({ bases }, { profile, matches, perClass = 115 }) {
    const faster = matches === 'trajectories' && profile !== 'paper' ? 10 : 1;
    const coefficients = 0.002 * bases.learningRate * (perClass / 115) * faster;
    return {
      coefficients: { ...bases, learningRate: coefficients, weightDecay: 1e-4 },
      dictionary: { ...bases, learningRate: 0.02 * bases.learningRate * faster },
    };
  },
  tensors(given, shape) {
    const { coefficients, bases } = linearBasesShapes(sizesOf(given, shape));
    return {
      coefficients: { shape: coefficients, part: 'coefficients' },
      dictionary: { shape: bases, part: 'dictionary', images: true },
    };
  },
  create(given, shape) {
    const { ipc: perClass, initialisation } = given;
    const sizes = sizesOf(given, shape);
    if (initialisation === 'real') requireRank(sizes);
    const imagesShape = [sizes.items, ...shape.imageShape];
    return {
      init(random) {
        const { coefficients, bases } = initLinearBases(random.stream('noise'), sizes);
        return { coefficients, dictionary: bases };
      },
      // One step: what a decomposition takes at once is seconds, and a run that goes on needs none.
      preparation:
        initialisation === 'noise'
          ? undefined
          : {
              name: 'fitting a dictionary',
              steps: 1,
              begin: (random, source, start) => ({
                start: () => {
                  const { coefficients, dictionary } = linba.tensors(given, shape);
                  return {
                    coefficients: tf.zeros([...coefficients.shape]),
                    dictionary: tf.zeros([...dictionary.shape]),
                  };
                },
                step(state) {
                  disposeAll(state);
                  return tf.tidy(() => {
                    const images = initialItems(random, source, {
                      perClass,
                      initialisation,
                      shape: imagesShape,
                      start,
                    });
                    return bestRankFit(images as tf.Tensor4D, sizes.bases);
                  });
                },
                finish: (state) => mapParameters(state, (tensor) => tensor.clone()),
                dispose: () => undefined,
              }),
            },
      images: ({ coefficients, dictionary }, { items }) =>
        combineBases(tf.gather(coefficients, items) as tf.Tensor2D, dictionary as tf.Tensor4D),
    };
  },
  // As large a share of any budget as the authors' at one image per class.
  sizesAtBudget({ imagesPerClass, imageShape }) {
    const size = Math.max(1, Math.round(authorsSize * imagesPerClass));
    return [{ dictionary: Math.min(size, basisFloats(imageShape)) }];
  },
  realPerClass: realImageEach,
  pictures: { item: ['image', 'images'] },
};

/** The same on multi-formation. */
export const linbaSet = multiFormed(linba);

function sizesOf({ ipc, dictionary }: LinbaOptions, { imageShape, classCount }: DataShape) {
  return { imageShape, items: classCount * ipc, bases: dictionary };
}

const basisFloats = (imageShape: DataShape['imageShape']) => tf.util.sizeFromShape([...imageShape]) / enlargement ** 2;

/** Images have no more independent combinations than there are images, or floats of a basis: the rest would never move. */
function requireRank({ items, bases, imageShape }: ReturnType<typeof sizesOf>): void {
  const most = Math.min(items, basisFloats(imageShape));
  if (bases > most) {
    throw new RangeError(
      `LinBa's dictionary, 'set.dictionary', is ${bases}; a fit to ${items} real images has 1 to ${most}. ` +
        `Give fewer, or 'set.initialisation' = 'noise'.`,
    );
  }
}
