/** ResNet18 with instance normalisation, halving its maps by strides or, as ResNet18_AP, by average pooling. */
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { initialWeight } from './initialisation';
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily, NoChoices } from './network-family';
import { averageTo, convolution, initialLayer, initialNormalisation, linear, normalisation } from './layers';

export interface ResNetOptions extends NetworkInputs {
  /** 'stride', as ResNet18; 'average', as the authors' ResNet18_AP. Default 'stride'. */
  halving?: 'stride' | 'average';
}

interface Block {
  name: string;
  inputs: number;
  channels: number;
  /** The first block of a layer: halves the map, but for the first layer's. */
  halved: boolean;
}

const blocks: Block[] = [64, 128, 256, 512].flatMap((channels, layer) =>
  [0, 1].map((place) => ({
    name: `layer${layer + 1}.${place}`,
    inputs: place === 0 && layer > 0 ? channels / 2 : channels,
    channels,
    halved: place === 0 && layer > 0,
  })),
);

/** @see He et al., CVPR 2016; `ResNet18` and `ResNet18_AP` in the authors' code */
export function resNet18({ imageShape, classCount, halving = 'stride' }: ResNetOptions): Network {
  const pools = halving === 'average';
  const stride = pools ? 1 : 2;
  const pool = (x: tf.Tensor4D, side: number) => (pools ? tf.avgPool(x, side, side, 'valid') : x);
  // Strides round odd sizes up, poolings down.
  const [rows, columns] = [imageShape[0], imageShape[1]].map((side) =>
    [1, 2, 3].reduce((size) => (pools ? size >> 1 : (size + 1) >> 1), side),
  );
  // The authors average the last map of ResNet18, but not that of ResNet18_AP.
  const flattened = pools ? [rows, columns, 512] : [1, 1, 512];
  // What comes after a pooling in PyTorch's Sequential is numbered after it.
  const shortcutNormalisation = pools ? 2 : 1;

  const applyBlock = (parameters: Parameters, { name, halved }: Block, x: tf.Tensor4D): tf.Tensor4D => {
    const options = { stride: halved ? stride : 1, padding: 1 };
    const first = convolution(parameters, `${name}.conv1`, x, options);
    const activated = normalisation(parameters, `${name}.bn1`, first, { relu: true, pool: halved && pools });
    const second = normalisation(parameters, `${name}.bn2`, convolution(parameters, `${name}.conv2`, activated));
    if (!halved) return second.add<tf.Tensor4D>(x).relu();
    const narrowed = pool(convolution(parameters, `${name}.shortcut.0`, x, { stride, padding: 0 }), 2);
    return second
      .add<tf.Tensor4D>(normalisation(parameters, `${name}.shortcut.${shortcutNormalisation}`, narrowed))
      .relu();
  };

  return composeNetwork({
    name: pools ? 'ResNet18_AP' : 'ResNet18',
    init(random) {
      const weight = (name: string, shape: number[]) => ({ [`${name}.weight`]: initialWeight(random, shape) });
      const parameters: Parameters = {
        ...weight('conv1', [3, 3, imageShape[2], 64]),
        ...initialNormalisation('bn1', [64]),
      };
      for (const { name, inputs, channels, halved } of blocks) {
        Object.assign(
          parameters,
          weight(`${name}.conv1`, [3, 3, inputs, channels]),
          initialNormalisation(`${name}.bn1`, [channels]),
          weight(`${name}.conv2`, [3, 3, channels, channels]),
          initialNormalisation(`${name}.bn2`, [channels]),
        );
        if (!halved) continue;
        Object.assign(
          parameters,
          weight(`${name}.shortcut.0`, [1, 1, inputs, channels]),
          initialNormalisation(`${name}.shortcut.${shortcutNormalisation}`, [channels]),
        );
      }
      return { ...parameters, ...initialLayer(random, 'classifier', [...flattened, classCount]) };
    },
    features(parameters, images) {
      let x = normalisation(parameters, 'bn1', convolution(parameters, 'conv1', images), { relu: true });
      for (const block of blocks) x = applyBlock(parameters, block, x);
      return (pools ? x : averageTo(x, 1)).reshape([x.shape[0], -1]);
    },
    classify: (parameters, features) => linear(parameters, 'classifier', features),
  });
}

/** ResNet18, which leaves no choice. */
export const resNet18Family: NetworkFamily<NoChoices, 'ResNet18'> = {
  name: 'ResNet18',
  options: {},
  defaults: () => ({}),
  create: (_, data) => resNet18(data),
};

/** ResNet18 that halves its maps by averages (`ResNet18_AP`). */
export const averagingResNet18Family: NetworkFamily<NoChoices, 'ResNet18_AP'> = {
  name: 'ResNet18_AP',
  options: {},
  defaults: () => ({}),
  create: (_, data) => resNet18({ ...data, halving: 'average' }),
};
