/** A kind of set that the library does not bring, as a notebook's cell would define it: images of low rank. */
import { z } from 'zod';
import { registerParameterisation, tf, type Parameterisation } from '../../lib';

const count = z.number().int().min(1);

/** image = coefficients dictionary + centre, where the centre, the mean of real images in steps of 1 / 64, stays as it is. */
export const lowRankSet: Parameterisation<{ ipc: number; rank: number }> = {
  kind: 'low-rank',
  label: 'low rank',
  version: 1,
  options: { ipc: count, rank: count },
  itemsPerClass: 'ipc',
  defaults: ({ profile, perClass = 2 }) => ({ ipc: perClass, rank: profile === 'smoke' ? 3 : 20 }),
  optimisers: ({ bases }) => ({ coefficients: { ...bases, learningRate: 0.2 }, dictionary: bases }),
  tensors({ ipc, rank }, { imageShape, classCount }) {
    const pixels = tf.util.sizeFromShape([...imageShape]);
    return {
      coefficients: { shape: [classCount * ipc, rank], part: 'coefficients' },
      dictionary: { shape: [rank, pixels], part: 'dictionary' },
      // Of 8 bits each.
      centre: { shape: [pixels], floats: pixels / 4 },
    };
  },
  create(options, shape) {
    const { coefficients, dictionary } = lowRankSet.tensors(options, shape);
    return {
      init: (random, source) => ({
        coefficients: random.stream('coefficients').normal([...coefficients.shape]),
        dictionary: random.stream('dictionary').normal([...dictionary.shape]),
        centre: tf.tidy(() =>
          source
            .batch([...Array(40).keys()])
            .mean(0)
            .flatten()
            .mul(64)
            .round()
            .toInt(),
        ),
      }),
      images: ({ coefficients, dictionary, centre }, { items }) =>
        tf
          .matMul(tf.gather(coefficients, items), dictionary)
          .add(centre.toFloat().div(64))
          .reshape([-1, ...shape.imageShape]),
    };
  },
};

export const lowRank = registerParameterisation(lowRankSet);
