/** Networks by name, as configurations write them. */
import { convNet, type ConvNetOptions } from './conv-net';
import type { Network } from './network';

export interface NetworkOptions extends ConvNetOptions {
  name: string;
}

const networks: Record<string, (options: ConvNetOptions) => Network> = { ConvNet: convNet };

/** @throws RangeError for an unknown name, listing the legal ones */
export function createNetwork({ name, ...options }: NetworkOptions): Network {
  const create = networks[name];
  if (!create) throw new RangeError(`There is no network '${name}'; allowed are ${Object.keys(networks).join(', ')}.`);
  return create(options);
}
