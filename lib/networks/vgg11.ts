/** VGG11 with instance normalisation. */
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily, NoChoices } from './network-family';
import {
  averageTo,
  convolution,
  initialLayer,
  initialNormalisation,
  linear,
  maxPool,
  borderOf,
  normalisation,
} from './layers';

/** Place in PyTorch's `features`, channels out, and whether a pooling follows. */
const blocks = [
  { place: 0, channels: 64, pooled: true },
  { place: 4, channels: 128, pooled: true },
  { place: 8, channels: 256, pooled: false },
  { place: 11, channels: 256, pooled: true },
  { place: 15, channels: 512, pooled: false },
  { place: 18, channels: 512, pooled: true },
  { place: 22, channels: 512, pooled: false },
  { place: 25, channels: 512, pooled: true },
];

/** @see Simonyan and Zisserman, ICLR 2015; `VGG11` in the authors' code */
export function vgg11(options: NetworkInputs): Network {
  const { imageShape, classCount } = options;
  const border = borderOf(options);
  const [rows, columns] = [imageShape[0], imageShape[1]].map((side) => (side + 2 * border) >> 5);
  if (rows < 1 || columns < 1) {
    throw new RangeError(
      `VGG11 halves images five times: they must be 32x32 at least, and are ${imageShape[0]}x${imageShape[1]}.`,
    );
  }
  return composeNetwork({
    name: 'VGG11',
    init(random) {
      const parameters = {};
      let inputs = imageShape[2];
      for (const { place, channels } of blocks) {
        Object.assign(parameters, initialLayer(random, `features.${place}`, [3, 3, inputs, channels]));
        Object.assign(parameters, initialNormalisation(`features.${place + 1}`, [channels]));
        inputs = channels;
      }
      return Object.assign(parameters, initialLayer(random, 'classifier', [1, 1, inputs, classCount]));
    },
    features(parameters, images) {
      let x = images;
      for (const { place, pooled } of blocks) {
        // The convolution's bias is left out: the normalisation would take it away again.
        x = convolution(parameters, `features.${place}`, x, { padding: place === 0 ? 1 + border : 1 });
        x = normalisation(parameters, `features.${place + 1}`, x, { relu: true });
        if (pooled) x = maxPool(x);
      }
      return averageTo(x, 1).reshape([x.shape[0], -1]);
    },
    classify: (parameters, features) => linear(parameters, 'classifier', features),
  });
}

/** VGG11, which leaves no choice. */
export const vgg11Family: NetworkFamily<NoChoices, 'VGG11'> = {
  name: 'VGG11',
  options: {},
  defaults: () => ({}),
  create: (_, data) => vgg11(data),
};
