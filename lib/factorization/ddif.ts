/** DDiF: an image as a field, a small network of sines (SIREN) from the place of a pixel to its colour. */
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

export interface FieldFrequencies {
  /** What the first layer multiplies by before its sine. Default 30, the authors'. */
  firstFrequency?: number;
  /** The same of the others; it divides their initialisation. Default 10, the authors'. */
  frequency?: number;
}

/** What decides the shapes of fields' parameters. */
export interface FieldSizes {
  /** Number of fields, one an image, whose parameters are stacked. */
  items: number;
  /** Channels of the images. */
  channels: number;
  /** Width of every layer of sines. The authors' on CIFAR-10: 6 at budgets of 1 and 10 images per class, 20 at 50. */
  hidden: number;
  /** Layers of sines, before the linear one. Default 2, the authors'. */
  layers?: number;
}

/** Row and column. */
const coordinateCount = 2;

/**
 * Shapes of the parameters of all fields, stacked along the first dimension: for each layer l of sines `layers.<l>.weight`
 * [items, inputs, hidden] and `layers.<l>.bias` [items, hidden], then `last.weight` [items, hidden, channels] and `last.bias`
 * [items, channels].
 */
export function fieldShapes({ items, channels, hidden, layers = 2 }: FieldSizes): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  for (let layer = 0; layer < layers; layer++) {
    shapes[`layers.${layer}.weight`] = [items, layer === 0 ? coordinateCount : hidden, hidden];
    shapes[`layers.${layer}.bias`] = [items, hidden];
  }
  return { ...shapes, 'last.weight': [items, hidden, channels], 'last.bias': [items, channels] };
}

/**
 * Parameters of all fields, of {@link fieldShapes}: uniform, the first layer within +-1 / inputs, others within
 * +-sqrt(6 / inputs) / frequency, biases like their weights.
 */
export function initFields(random: Random, { frequency = 10, ...sizes }: FieldSizes & FieldFrequencies): Parameters {
  const shapes = fieldShapes(sizes);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const inputs = shapes[name.replace('bias', 'weight')][1];
      const bound = name.startsWith('layers.0.') ? 1 / inputs : Math.sqrt(6 / inputs) / frequency;
      return [name, random.uniform(shape, -bound, bound)];
    }),
  );
}

/**
 * Where the pixels of an image lie: first and last row at -1 and 1, likewise columns.
 * @returns [height * width, 2], pixel by pixel along rows, each its row and its column
 */
export function pixelCoordinates([height, width]: readonly [number, number]): tf.Tensor2D {
  const rows = tf.linspace(-1, 1, height).reshape([height, 1]).tile([1, width]);
  const columns = tf.linspace(-1, 1, width).reshape([1, width]).tile([height, 1]);
  return tf.stack([rows.flatten(), columns.flatten()], 1) as tf.Tensor2D;
}

/**
 * The images of a batch of fields, sin(30 (x W + b)), then sin(10 (x W + b)) for each further layer, then x W + b; all fields in
 * one batched product a layer, differentiable in every parameter.
 * @param parameters of the fields asked for, stacked as {@link fieldShapes} says
 * @param size [height, width] of the images made: any, whatever the fields were fitted at
 * @returns [items, height, width, channels]
 * @see Shin et al., Distilling Dataset into Neural Field, ICLR 2025; Sitzmann et al., Implicit Neural Representations with
 * Periodic Activation Functions, NeurIPS 2020
 */
export function decodeFields(
  parameters: Parameters,
  size: readonly [number, number],
  { firstFrequency = 30, frequency = 10 }: FieldFrequencies = {},
): tf.Tensor4D {
  const layers = Object.keys(parameters).filter((name) => /^layers\.\d+\.weight$/.test(name)).length;
  const affine = (places: tf.Tensor, layer: string) =>
    tf.matMul(places, parameters[`${layer}.weight`]).add(parameters[`${layer}.bias`].expandDims(1));
  // One grid of places serves all fields.
  let values: tf.Tensor = pixelCoordinates(size).expandDims(0);
  for (let layer = 0; layer < layers; layer++) {
    values = affine(values, `layers.${layer}`)
      .mul(layer === 0 ? firstFrequency : frequency)
      .sin();
  }
  const colours = affine(values, 'last');
  return colours.reshape([colours.shape[0], ...size, colours.shape[2]!]);
}
