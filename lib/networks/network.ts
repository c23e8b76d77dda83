/** The contract of a network: a pair of pure functions. */
import type { Random } from '../tensor/random';
import type { Parameters } from '../tensor/parameters';
import type { tf } from '../tensor/tensorflow';

export interface Network {
  /** E.g. 'ConvNet'. */
  readonly name: string;
  /** Fresh parameters with PyTorch's default initialisation, named and ordered as PyTorch's `named_parameters`, in our layout. */
  init(random: Random): Parameters;
  /** The embedding that the classifier reads. @param images [batch, height, width, channels] @returns [batch, features] */
  features(parameters: Parameters, images: tf.Tensor4D): tf.Tensor2D;
  /** The last layer. @param features [batch, features] @returns logits [batch, classes] */
  classify(parameters: Parameters, features: tf.Tensor2D): tf.Tensor2D;
  /** `classify` of `features`. @param images [batch, height, width, channels] @returns logits [batch, classes] */
  apply(parameters: Parameters, images: tf.Tensor4D): tf.Tensor2D;
}

/** A network of its parts. */
export function composeNetwork(parts: Omit<Network, 'apply'>): Network {
  const { features, classify } = parts;
  return { ...parts, apply: (parameters, images) => classify(parameters, features(parameters, images)) };
}

/** Data a network is built for. */
export interface NetworkInputs {
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classCount: number;
  /**
   * Zeros that ConvNet, AlexNet, VGG11 and LeNet add around the images. Default: 2 for 28x28 images of one channel, else none.
   * The authors add 2 to any image of one channel; our MNIST comes in a border already.
   */
  border?: number;
}
