/** A multilayer perceptron with two hidden layers of 128. */
import { composeNetwork, type Network, type NetworkInputs } from './network';
import type { NetworkFamily, NoChoices } from './network-family';
import { initialLayer, linear } from './layers';

const hidden = 128;

/** @see `MLP` in the authors' code */
export function mlp({ imageShape, classCount }: NetworkInputs): Network {
  return composeNetwork({
    name: 'MLP',
    init: (random) => ({
      ...initialLayer(random, 'fc_1', [...imageShape, hidden]),
      ...initialLayer(random, 'fc_2', [hidden, hidden]),
      ...initialLayer(random, 'fc_3', [hidden, classCount]),
    }),
    features: (parameters, images) => linear(parameters, 'fc_2', linear(parameters, 'fc_1', images).relu()).relu(),
    classify: (parameters, features) => linear(parameters, 'fc_3', features),
  });
}

/** The multilayer perceptron, which leaves no choice. */
export const mlpFamily: NetworkFamily<NoChoices, 'MLP'> = {
  name: 'MLP',
  options: {},
  defaults: () => ({}),
  create: (_, data) => mlp(data),
};
