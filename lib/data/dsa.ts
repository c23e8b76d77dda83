/**
 * Differentiable Siamese augmentation (DSA): images augmented by functions that gradients flow through, with draws
 * that are arguments, so that real and distilled images can share them.
 * @see Zhao and Bilen, Dataset Condensation with Differentiable Siamese Augmentation, ICML 2021, arXiv 2102.08259;
 * `DiffAugment` in the authors' code, whose ratios these are
 */
import { branch } from '../tensor/compile';
import { hasImageKernels } from '../tensor/image-kernels';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { nativeAugmentations } from './native-augmentations';
import { cutoutLength, plainAugmentations, type Augment, type AugmentationName } from './plain-augmentations';

/** Draws of one batch; a record, so that compiled steps take it as an input. */
export type Draws = {
  /** int32 scalar: which strategy of the list serves this batch. */
  strategy?: tf.Scalar;
  /** Uniform in [0, 1), [draws, batch], or [draws, 1] for draws shared by all images (siamese). */
  uniforms?: tf.Tensor2D;
};

export interface Augmentation {
  /** Draws for a batch of `batch` images; 1 for draws that all images share. The caller disposes of them. */
  draw(random: Random, batch: number): Draws;
  /** @param images [batch, height, width, channels] @returns the same shape */
  apply(images: tf.Tensor4D, draws: Draws): tf.Tensor4D;
}

/** Largest shift of a crop, as a share of the image. */
const cropShare = 0.125;
/** Scales lie between 1 / this and this. */
const scaleRatio = 1.2;
const rotationDegrees = 15;

/** One augmentation each, as a function of images and its draws: the native form where there is one, else plain operations. */
export const augmentations = Object.fromEntries(
  (Object.keys(plainAugmentations) as AugmentationName[]).map((name): [AugmentationName, Augment] => [
    name,
    (images, draws) => {
      const native = hasImageKernels() ? nativeAugmentations[name] : undefined;
      return (native ?? plainAugmentations[name])(images, draws);
    },
  ]),
) as Record<AugmentationName, Augment>;

/** A strategy of the authors' list: how many uniforms it takes, and what it does with them. */
interface Strategy {
  uniforms: number;
  apply(images: tf.Tensor4D, uniforms: tf.Tensor1D[]): tf.Tensor4D;
}

/** An integer from `from` to `from + count - 1`, from a uniform. */
const integerFrom = (uniform: tf.Tensor1D, from: number, count: number): tf.Tensor1D =>
  uniform.mul(count).floor().add(from);

const strategies = {
  color: {
    uniforms: 3,
    apply: (images, [brightness, saturation, contrast]) =>
      augmentations.color(images, { brightness, saturation, contrast }),
  },
  crop: {
    uniforms: 2,
    apply: (images, [vertical, horizontal]) => {
      const shift = (uniform: tf.Tensor1D, size: number) => {
        const largest = Math.floor(size * cropShare + 0.5);
        return integerFrom(uniform, -largest, 2 * largest + 1);
      };
      const [, height, width] = images.shape;
      return augmentations.crop(images, {
        verticalShift: shift(vertical, height),
        horizontalShift: shift(horizontal, width),
      });
    },
  },
  cutout: {
    uniforms: 2,
    apply: (images, [vertical, horizontal]) => {
      // An even cutout may be centred between the last pixel and the border.
      const centre = (uniform: tf.Tensor1D, size: number) =>
        integerFrom(uniform, 0, size + 1 - (cutoutLength(size) % 2));
      const [, height, width] = images.shape;
      return augmentations.cutout(images, {
        verticalCentre: centre(vertical, height),
        horizontalCentre: centre(horizontal, width),
      });
    },
  },
  flip: { uniforms: 1, apply: (images, [uniform]) => augmentations.flip(images, { uniform }) },
  scale: {
    uniforms: 2,
    apply: (images, [first, second]) => {
      const factor = (uniform: tf.Tensor1D): tf.Tensor1D =>
        uniform.mul(scaleRatio - 1 / scaleRatio).add(1 / scaleRatio);
      return augmentations.scale(images, { horizontalScale: factor(first), verticalScale: factor(second) });
    },
  },
  rotate: {
    uniforms: 1,
    apply: (images, [uniform]) =>
      augmentations.rotate(images, { angle: uniform.sub(0.5).mul((2 * rotationDegrees * Math.PI) / 180) }),
  },
} satisfies Record<string, Strategy>;

type StrategyName = keyof typeof strategies;

/** What a list of augmentations is made of. */
export const strategyNames = Object.keys(strategies) as readonly StrategyName[];

const mostUniforms = Math.max(...Object.values(strategies).map((strategy) => strategy.uniforms));

function isStrategy(name: string): name is StrategyName {
  return (strategyNames as readonly string[]).includes(name);
}

/**
 * The augmentation of a list of strategies, of which one, drawn at random, serves each batch.
 * @param list strategies joined by '_', as the authors write them ('color_crop_cutout_flip_scale_rotate'), or 'none'
 * @throws RangeError for an unknown strategy, listing the legal ones
 */
export function createAugmentation(list: string): Augmentation {
  if (list === 'none') return { draw: () => ({}), apply: (images) => images };
  const chosen = list.split('_').map((name) => {
    if (!isStrategy(name)) {
      throw new RangeError(
        `There is no augmentation '${name}' in '${list}'; allowed are ${strategyNames.join(', ')}, or 'none'.`,
      );
    }
    return strategies[name];
  });
  const branches = chosen.map((strategy) => ([images, numbers]: tf.Tensor[]) => {
    const rows = tf.unstack(numbers).slice(0, strategy.uniforms) as tf.Tensor1D[];
    return strategy.apply(images as tf.Tensor4D, rows);
  });
  return {
    draw: (random, batch) => ({
      strategy: tf.scalar(random.integer(chosen.length), 'int32'),
      uniforms: random.uniform([mostUniforms, batch]) as tf.Tensor2D,
    }),
    apply: (images, { strategy, uniforms }) => branch(strategy!, branches, [images], [uniforms!]) as tf.Tensor4D,
  };
}
