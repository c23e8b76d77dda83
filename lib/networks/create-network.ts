/** Networks by name, as configurations write them. */
import { composeNetwork, type Network, type NetworkInputs } from './network';
import { isOwnNetwork, networkFamily } from './network-families';
import type { NetworkParts } from './network-family';

/** A network's name and options, of which those left out are as in the paper profile, beside the data it is built for. */
export type CreateNetworkOptions = NetworkInputs & { readonly name: string } & Readonly<Record<string, unknown>>;

/**
 * @throws RangeError for an unknown name, listing the legal ones; when the images are too small; or where a registered family
 *   makes no network
 */
export function createNetwork({ name, imageShape, classCount, border, ...options }: CreateNetworkOptions): Network {
  const family = networkFamily(name);
  const data = { imageShape, classCount, border };
  const parts = family.create({ ...family.defaults({ profile: 'paper', imageShape }), ...options }, data);
  return composeNetwork({ name, ...(isOwnNetwork(name) ? checked(name, parts, classCount) : parts) });
}

/** With errors that say what is wrong, instead of TensorFlow's on the way. */
function checked(name: string, parts: NetworkParts, classCount: number): NetworkParts {
  const missing = (['init', 'features', 'classify'] as const).find((one) => typeof parts?.[one] !== 'function');
  if (missing !== undefined) {
    throw new RangeError(
      `The network '${name}' has no '${missing}': 'create' returns { init, features, classify }, where 'features' makes [batch, features] of images and 'classify' makes logits of those.`,
    );
  }
  return {
    init: (random) => parts.init(random),
    features(parameters, images) {
      const features = parts.features(parameters, images);
      requireShape(`'features' of the network '${name}'`, features.shape, [images.shape[0], undefined]);
      return features;
    },
    classify(parameters, features) {
      const logits = parts.classify(parameters, features);
      requireShape(`'classify' of the network '${name}'`, logits.shape, [features.shape[0], classCount]);
      return logits;
    },
  };
}

function requireShape(what: string, given: readonly number[], wanted: readonly (number | undefined)[]): void {
  if (given.length === wanted.length && wanted.every((size, place) => size === undefined || size === given[place]))
    return;
  const told = wanted.map((size) => size ?? 'features').join(', ');
  throw new RangeError(`${what} returned [${given.join(', ')}]; expected [${told}].`);
}
