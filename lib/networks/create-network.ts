/** Networks by name, as configurations write them. */
import { alexNet } from './alex-net';
import { convNet, type ConvNetOptions } from './conv-net';
import { leNet } from './le-net';
import { mlp } from './mlp';
import type { Network } from './network';
import { resNet18 } from './res-net';
import { vgg11 } from './vgg11';

export interface NetworkOptions extends ConvNetOptions {
  name: string;
}

const networks: Record<string, (options: ConvNetOptions) => Network> = {
  ConvNet: convNet,
  AlexNet: alexNet,
  VGG11: vgg11,
  ResNet18: (options) => resNet18(options),
  ResNet18_AP: (options) => resNet18({ ...options, halving: 'average' }),
  LeNet: leNet,
  MLP: mlp,
};

/** The names that {@link createNetwork} knows. */
export const networkNames = Object.keys(networks);

/** @throws RangeError for an unknown name, listing the legal ones; or when the images are too small */
export function createNetwork({ name, ...options }: NetworkOptions): Network {
  if (!Object.hasOwn(networks, name)) {
    throw new RangeError(`There is no network '${name}'; allowed are ${networkNames.join(', ')}.`);
  }
  return networks[name](options);
}
