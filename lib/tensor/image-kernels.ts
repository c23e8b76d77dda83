/**
 * What augmentation does to images, as operations of the native addon (lib/tensor/native/augmentation.cc); there only where
 * {@link hasImageKernels} says so. Differentiable to any order in the images. What is done to them (maps, settings, rectangles)
 * is constant: it has no gradient, and asking for one throws.
 */
import { registerNativeKernels } from './native-kernels';
import { tf } from './tensorflow';

const SAMPLE = 'HabaAffineSample';
const SAMPLE_ADJOINT = 'HabaAffineSampleAdjoint';
const COLOUR = 'HabaColour';
const CUTOUT = 'HabaCutout';

/** Whether the addon has these operations, and computes on the CPU. */
export const hasImageKernels = registerNativeKernels(
  [
    { name: SAMPLE, inputs: ['images', 'maps'] },
    { name: SAMPLE_ADJOINT, inputs: ['images', 'maps'] },
    { name: COLOUR, inputs: ['images', 'brightness', 'saturation', 'contrast'] },
    { name: CUTOUT, inputs: ['images', 'rectangles'] },
  ],
  [
    [1, 1, 1, 1],
    [1, 6],
  ],
);

/** Source row = fromRow * row + fromColumn * column + start, and the source column likewise, in pixels; [batch] or [1]. */
export interface AffineMap {
  row: AffinePlace;
  column: AffinePlace;
}

interface AffinePlace {
  fromRow: tf.Tensor1D;
  fromColumn: tf.Tensor1D;
  start: tf.Tensor1D;
}

/**
 * Each target pixel shows the image at its source place: bilinear, with zeros outside, as PyTorch's grid_sample with
 * align_corners.
 * @param images [batch, height, width, channels]
 */
export function sampleAffine(images: tf.Tensor4D, { row, column }: AffineMap): tf.Tensor4D {
  const numbers = [row, column].flatMap(({ fromRow, fromColumn, start }) => [fromRow, fromColumn, start]);
  return tf.engine().runKernel(SAMPLE, { images, maps: tf.stack(numbers, 1) });
}

/** [batch] or [1] each. */
export interface ColourSettings {
  /** Added to the image. */
  brightness: tf.Tensor1D;
  /** Then what differs from the mean of a pixel's channels is multiplied by it. */
  saturation: tf.Tensor1D;
  /** Then what differs from the mean of the image is multiplied by it. */
  contrast: tf.Tensor1D;
}

/** @param images [batch, height, width, channels] */
export function adjustColour(images: tf.Tensor4D, settings: ColourSettings): tf.Tensor4D {
  const rows = Object.entries(settings).map(([name, setting]) => [name, (setting as tf.Tensor1D).reshape([-1, 1])]);
  return tf.engine().runKernel(COLOUR, { images, ...(Object.fromEntries(rows) as tf.NamedTensorMap) });
}

/** Rows from `top` to just before `bottom`, columns from `left` to just before `right`; [batch] or [1] each. */
export type Rectangle = Record<'top' | 'left' | 'bottom' | 'right', tf.Tensor1D>;

/**
 * Zeros in the rectangle.
 * @param images [batch, height, width, channels]
 */
export function cutOut(images: tf.Tensor4D, { top, left, bottom, right }: Rectangle): tf.Tensor4D {
  return tf.engine().runKernel(CUTOUT, { images, rectangles: tf.stack([top, left, bottom, right], 1) });
}

/** The gradient of a kernel, linear in the images but for a constant: another kernel of the upstream gradient. */
function registerAdjoint(
  kernelName: string,
  adjoint: string,
  inputsToSave: string[],
  settings: (saved: tf.Tensor[]) => tf.NamedTensorMap,
): void {
  tf.registerGradient({
    kernelName,
    inputsToSave,
    gradFunc: (upstream, saved) => ({
      images: () => tf.engine().runKernel(adjoint, { images: upstream as tf.Tensor, ...settings(saved) }),
    }),
  });
}

const withMaps = ([maps]: tf.Tensor[]) => ({ maps });
registerAdjoint(SAMPLE, SAMPLE_ADJOINT, ['maps'], withMaps);
registerAdjoint(SAMPLE_ADJOINT, SAMPLE, ['maps'], withMaps);
registerAdjoint(CUTOUT, CUTOUT, ['rectangles'], ([rectangles]) => ({ rectangles }));
registerAdjoint(COLOUR, COLOUR, ['saturation', 'contrast'], ([saturation, contrast]) => ({
  brightness: tf.zerosLike(saturation),
  saturation,
  contrast,
}));
