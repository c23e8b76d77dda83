/** PyTorch's default initialisations. Distillation depends on them: a matched network is a freshly drawn one. */
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

/**
 * Weights of a convolution [height, width, in, out] or a linear layer [in, out]: uniform in +-1 / sqrt(fan-in), which is
 * PyTorch's kaiming_uniform with a = sqrt(5). A linear layer that reads a feature map has the convolution's shape.
 */
export function initialWeight(random: Random, shape: number[]): tf.Tensor {
  const bound = 1 / Math.sqrt(fanIn(shape));
  return random.uniform(shape, -bound, bound);
}

/** Biases, [out], uniform within the bound of their weights. */
export function initialBias(random: Random, weightShape: number[]): tf.Tensor {
  const bound = 1 / Math.sqrt(fanIn(weightShape));
  return random.uniform([weightShape[weightShape.length - 1]], -bound, bound);
}

function fanIn(weightShape: number[]): number {
  return tf.util.sizeFromShape(weightShape.slice(0, -1));
}
