/** LeNet, as the authors adapt it to 32x32 images. */
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily, NoChoices } from './network-family';
import { activatedConvolution, initialLayer, linear, maxPool, borderOf } from './layers';

/** @see LeCun et al., Proceedings of the IEEE, 1998; `LeNet` in the authors' code */
export function leNet(options: NetworkInputs): Network {
  const { imageShape, classCount } = options;
  const border = borderOf(options);
  // Two convolutions without padding take four rows each, and each is halved.
  const [rows, columns] = [imageShape[0], imageShape[1]].map((side) => (((side + 2 * border - 4) >> 1) - 4) >> 1);
  return composeNetwork({
    name: 'LeNet',
    init: (random) => ({
      ...initialLayer(random, 'features.0', [5, 5, imageShape[2], 6]),
      ...initialLayer(random, 'features.3', [5, 5, 6, 16]),
      ...initialLayer(random, 'fc_1', [rows, columns, 16, 120]),
      ...initialLayer(random, 'fc_2', [120, 84]),
      ...initialLayer(random, 'fc_3', [84, classCount]),
    }),
    features(parameters, images) {
      const first = maxPool(activatedConvolution(parameters, 'features.0', images, { padding: border }));
      const second = maxPool(activatedConvolution(parameters, 'features.3', first, { padding: 0 }));
      return linear(parameters, 'fc_2', linear(parameters, 'fc_1', second).relu()).relu();
    },
    classify: (parameters, features) => linear(parameters, 'fc_3', features),
  });
}

/** LeNet, which leaves no choice. */
export const leNetFamily: NetworkFamily<NoChoices, 'LeNet'> = {
  name: 'LeNet',
  options: {},
  defaults: () => ({}),
  create: (_, data) => leNet(data),
};
