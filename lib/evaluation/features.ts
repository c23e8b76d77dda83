/** What a network makes of many images. */
import { compile } from '../tensor/compile';
import type { Network } from '../networks/network';
import type { Parameters } from '../tensor/parameters';
import type { tf } from '../tensor/tensorflow';
import { inBatches } from './batches';

export interface FeatureOptions {
  /** Images embedded at a time, which bounds memory. Default 250. */
  batchSize?: number;
}

/**
 * The embedding that a network's classifier reads.
 * @param batch network inputs of `size` images from number `first` on; freed here
 * @returns [count, features]; the caller disposes of it
 */
export function featuresOf(
  network: Network,
  parameters: Parameters,
  count: number,
  batch: (first: number, size: number) => tf.Tensor4D,
  { batchSize = 250 }: FeatureOptions = {},
): tf.Tensor2D {
  type Inputs = { parameters: Parameters; images: tf.Tensor4D };
  const embed = compile((inputs: Inputs) => network.features(inputs.parameters, inputs.images), {
    name: `features of ${network.name}`,
  });
  try {
    return inBatches(count, batchSize, (first, size) => embed({ parameters, images: batch(first, size) }));
  } finally {
    embed.dispose();
  }
}
