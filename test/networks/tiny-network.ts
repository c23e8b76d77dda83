/** A family of networks that the library does not bring, as a notebook's cell would define it. */
import { z } from 'zod';
import { layers, registerNetwork, tf, type NetworkFamily } from '../../lib';

const count = z.number().int().min(1);

/** One convolution for each of `widths`, each halving its map, then the mean over pixels and a linear classifier. */
export const tinyFamily: NetworkFamily<{ widths: number[]; slope: number }> = {
  name: 'tiny',
  label: 'tiny network',
  version: 1,
  options: { widths: z.array(count).min(1), slope: z.number() },
  // Grey images need fewer channels.
  defaults: ({ profile, imageShape }) => ({
    widths: profile === 'smoke' ? [imageShape?.[2] === 1 ? 3 : 4, 5] : [32, 64],
    slope: 0.1,
  }),
  create: ({ widths, slope }, { imageShape, classCount }) => ({
    init(random) {
      const shapes = widths.map((width, block) => [3, 3, block === 0 ? imageShape[2] : widths[block - 1], width]);
      const blocks = shapes.map((shape, block) => layers.initialLayer(random, `block${block}`, shape));
      const classifier = layers.initialLayer(random, 'classifier', [widths[widths.length - 1], classCount]);
      return [...blocks, classifier].reduce((all, layer) => ({ ...all, ...layer }));
    },
    features: (parameters, images) =>
      widths
        .reduce((x, _, block) => {
          const maps = layers.convolution(parameters, `block${block}`, x).add(parameters[`block${block}.bias`]);
          return layers.maxPool(tf.leakyRelu(maps, slope) as tf.Tensor4D);
        }, images)
        .mean([1, 2]),
    classify: (parameters, features) => layers.linear(parameters, 'classifier', features),
  }),
};

export const tiny = registerNetwork(tinyFamily);
