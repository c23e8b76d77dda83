/** AlexNet, as the authors adapt it to small images. */
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily, NoChoices } from './network-family';
import { activatedConvolution, averageTo, initialLayer, linear, maxPool, borderOf } from './layers';

/** Place in PyTorch's `features`, kernel, channels out, and whether a pooling follows. */
const convolutions = [
  { place: 0, kernel: 5, channels: 128, pooled: true },
  { place: 3, kernel: 5, channels: 192, pooled: true },
  { place: 6, kernel: 3, channels: 256, pooled: false },
  { place: 8, kernel: 3, channels: 192, pooled: false },
  { place: 10, kernel: 3, channels: 192, pooled: true },
];

/** Of the map that the classifier reads, for images of any size. */
const mapSide = 4;

/** @see Krizhevsky et al., NeurIPS 2012; `AlexNet` in the authors' code */
export function alexNet(options: NetworkInputs): Network {
  const { imageShape, classCount } = options;
  const border = borderOf(options);
  return composeNetwork({
    name: 'AlexNet',
    init(random) {
      const parameters = {};
      let inputs = imageShape[2];
      for (const { place, kernel, channels } of convolutions) {
        Object.assign(parameters, initialLayer(random, `features.${place}`, [kernel, kernel, inputs, channels]));
        inputs = channels;
      }
      return Object.assign(parameters, initialLayer(random, 'fc', [mapSide, mapSide, inputs, classCount]));
    },
    features(parameters, images) {
      let x = images;
      for (const { place, kernel, pooled } of convolutions) {
        const padding = (kernel - 1) / 2 + (place === 0 ? border : 0);
        x = activatedConvolution(parameters, `features.${place}`, x, { padding });
        if (pooled) x = maxPool(x);
      }
      return averageTo(x, mapSide).reshape([x.shape[0], -1]);
    },
    classify: (parameters, features) => linear(parameters, 'fc', features),
  });
}

/** AlexNet, which leaves no choice. */
export const alexNetFamily: NetworkFamily<NoChoices, 'AlexNet'> = {
  name: 'AlexNet',
  options: {},
  defaults: () => ({}),
  create: (_, data) => alexNet(data),
};
