/** A matching loss that the library does not bring, as a notebook's cell would define it: mean features, with a scale that is learned. */
import { z } from 'zod';
import { drawMatch, matchOnce, registerMatching, type MatchingMethod } from '../../lib';

/** ||scale * mean of distilled features - mean of real ones||^2, where students train at the rate that is learned beside. */
export const scaledMeansMethod: MatchingMethod<{ realBatch: number; scale: number }> = {
  name: 'scaled-means',
  label: 'scaled means',
  version: 1,
  options: { realBatch: z.number().int().min(1), scale: z.number().positive() },
  defaults: ({ profile }) => ({ realBatch: profile === 'smoke' ? 4 : 64, scale: 1 }),
  learns: {
    scale: { start: ({ scale }) => scale, optimiser: () => ({ learningRate: 0.05, momentum: 0 }), smallest: () => 0.5 },
    shift: {
      start: (_, { classCount }) => Array<number>(classCount).fill(0),
      optimiser: () => ({ learningRate: 0.1, momentum: 0.5 }),
    },
  },
  studentRate: 'scale',
  create: ({ realBatch }, { set, source, network, augmentation }) =>
    matchOnce({
      name: 'scaled means',
      set,
      draw: (random) => drawMatch(random, { set, source, network, augmentation, realBatch }),
      target: ({ network: drawn, real, draws }) => network.apply(drawn, augmentation.apply(real, draws)).mean(0),
      distance(learned, { network: drawn, items, hallucinators, draws }, target) {
        const images = augmentation.apply(set.images(learned.set, { items, hallucinators }), draws);
        const mean = network.apply(drawn, images).mean(0).mul(learned.method.scale).add(learned.method.shift);
        return mean.squaredDifference(target).sum();
      },
    }),
};

export const scaledMeans = registerMatching(scaledMeansMethod);
