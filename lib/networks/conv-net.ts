/** ConvNet: the network that dataset distillation is measured on. */
import { z } from 'zod';
import { count } from '../settings/numbers';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily } from './network-family';
import {
  convolution,
  groupNormalisation,
  initialLayer,
  initialNormalisation,
  linear,
  maxPool,
  borderOf,
  normalisation,
} from './layers';

/** What tells one ConvNet from another. */
export interface ConvNetChoices {
  /** Channels of each block. Default 128, the authors'; 32 in the quick and study profiles, 16 in the smoke profile. */
  width: number;
  /** Blocks; each halves the image where there is pooling. Default 3. */
  depth: number;
  /** Over each channel of an image, over each of 4 groups of channels, over all channels, or none. Default 'instance'. */
  normalisation: 'instance' | 'group' | 'layer' | 'none';
  /** 2x2 pooling after each block. Default 'average'. */
  pooling: 'average' | 'max' | 'none';
  /** Default 'relu'. */
  activation: 'relu' | 'leaky-relu' | 'sigmoid';
}

export type ConvNetOptions = NetworkInputs & Partial<ConvNetChoices>;

/** Of group normalisation; the authors'. */
const normalisationGroups = 4;

const activations = {
  relu: (x: tf.Tensor4D) => x.relu(),
  'leaky-relu': (x: tf.Tensor4D) => x.leakyRelu(0.01),
  sigmoid: (x: tf.Tensor4D) => x.sigmoid(),
};

const poolings = {
  average: (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'),
  max: maxPool,
  none: (x: tf.Tensor4D) => x,
};

/**
 * Blocks of 3x3 convolution, instance normalisation, activation and pooling, then a linear classifier.
 * @see Gidaris and Komodakis, Dynamic Few-Shot Visual Learning without Forgetting, CVPR 2018; `ConvNet` in the authors' code
 */
export function convNet(options: ConvNetOptions): Network {
  const { imageShape, classCount, width = 128, depth = 3 } = options;
  const { normalisation: kind = 'instance', pooling = 'average', activation = 'relu' } = options;
  const border = borderOf(options);
  const halvings = pooling === 'none' ? 0 : depth;
  const [rows, columns] = [imageShape[0], imageShape[1]].map((side) => (side + 2 * border) >> halvings);
  if (rows < 1 || columns < 1) {
    throw new RangeError(
      `ConvNet: ${depth} poolings leave nothing of images of ${imageShape[0]}x${imageShape[1]}; use a smaller depth.`,
    );
  }
  // PyTorch numbers the layers of a block one after the other: convolution, normalisation, activation, pooling.
  const stride = 2 + (kind === 'none' ? 0 : 1) + (pooling === 'none' ? 0 : 1);
  // The normalisation then goes on to the ReLU and the pooling in the same operation.
  const fused = kind === 'instance' && activation === 'relu' && pooling === 'average';

  return composeNetwork({
    name: 'ConvNet',
    init(random) {
      const parameters: Parameters = {};
      for (let block = 0; block < depth; block++) {
        const shape = [3, 3, block === 0 ? imageShape[2] : width, width];
        Object.assign(parameters, initialLayer(random, `features.${block * stride}`, shape));
        if (kind === 'none') continue;
        const halved = pooling === 'none' ? 0 : block;
        const map = [imageShape[0], imageShape[1]].map((side) => (side + 2 * border) >> halved);
        const affine = kind === 'layer' ? [...map, width] : [width];
        Object.assign(parameters, initialNormalisation(`features.${block * stride + 1}`, affine));
      }
      return Object.assign(parameters, initialLayer(random, 'classifier', [rows, columns, width, classCount]));
    },
    features(parameters, images) {
      let x = images;
      for (let block = 0; block < depth; block++) {
        const layer = block * stride;
        x = convolution(parameters, `features.${layer}`, x, { padding: block === 0 ? 1 + border : 1 });
        if (kind === 'instance') {
          // The convolution's bias is left out: the normalisation would take it away again.
          x = normalisation(parameters, `features.${layer + 1}`, x, { relu: fused, pool: fused });
        } else {
          x = x.add(parameters[`features.${layer}.bias`]);
        }
        if (kind === 'group' || kind === 'layer') {
          const groups = kind === 'layer' ? 1 : normalisationGroups;
          x = groupNormalisation(parameters, `features.${layer + 1}`, x, groups);
        }
        if (!fused) x = poolings[pooling](activations[activation](x) as tf.Tensor4D);
      }
      return x.reshape([x.shape[0], -1]);
    },
    classify: (parameters, features) => linear(parameters, 'classifier', features),
  });
}

/** Blocks that leave 4x4 of an image, or a little more: 3 for 32x32 and less, 4 for 64x64, 5 for 128x128. */
export function convNetDepth([height, width]: readonly number[]): number {
  return Math.max(3, Math.floor(Math.log2(Math.min(height, width) / 4)));
}

export const convNetFamily: NetworkFamily<ConvNetChoices> = {
  name: 'ConvNet',
  options: {
    width: count,
    depth: count,
    normalisation: z.enum(['instance', 'group', 'layer', 'none']),
    pooling: z.enum(['average', 'max', 'none']),
    activation: z.enum(['relu', 'leaky-relu', 'sigmoid']),
  },
  defaults: ({ profile }) => ({
    width: { smoke: 16, quick: 32, study: 32, paper: 128 }[profile],
    depth: 3,
    normalisation: 'instance',
    pooling: 'average',
    activation: 'relu',
  }),
  create: (options, data) => convNet({ ...data, ...options }),
};
