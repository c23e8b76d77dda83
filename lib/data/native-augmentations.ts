/** Augmentations of plain-augmentations.ts as one operation each, for the native addon; those that it lacks stay plain. */
import { adjustColour, cutOut, sampleAffine } from '../tensor/image-kernels';
import { tf } from '../tensor/tensorflow';
import {
  brightnessOf,
  contrastOf,
  cutoutLength,
  cutoutStart,
  flippedOf,
  saturationOf,
  type Augment,
  type AugmentationName,
} from './plain-augmentations';

export const nativeAugmentations: Partial<Record<AugmentationName, Augment>> = {
  brightness: (images, { uniform }) =>
    adjustColour(images, {
      brightness: brightnessOf(uniform),
      saturation: tf.onesLike(uniform),
      contrast: tf.onesLike(uniform),
    }),
  saturation: (images, { uniform }) =>
    adjustColour(images, {
      brightness: tf.zerosLike(uniform),
      saturation: saturationOf(uniform),
      contrast: tf.onesLike(uniform),
    }),
  contrast: (images, { uniform }) =>
    adjustColour(images, {
      brightness: tf.zerosLike(uniform),
      saturation: tf.onesLike(uniform),
      contrast: contrastOf(uniform),
    }),
  color: (images, { brightness, saturation, contrast }) =>
    adjustColour(images, {
      brightness: brightnessOf(brightness),
      saturation: saturationOf(saturation),
      contrast: contrastOf(contrast),
    }),
  crop: (images, { verticalShift, horizontalShift }) => {
    const [nothing, one] = [tf.zerosLike(verticalShift), tf.onesLike(verticalShift)];
    return sampleAffine(images, {
      row: { fromRow: one, fromColumn: nothing, start: verticalShift },
      column: { fromRow: nothing, fromColumn: one, start: horizontalShift },
    });
  },
  cutout: (images, { verticalCentre, horizontalCentre }) => {
    const [, height, width] = images.shape;
    const [top, left] = [cutoutStart(verticalCentre, height), cutoutStart(horizontalCentre, width)];
    return cutOut(images, { top, left, bottom: top.add(cutoutLength(height)), right: left.add(cutoutLength(width)) });
  },
  flip: (images, { uniform }) => {
    const [, , width] = images.shape;
    const [nothing, one, flipped] = [tf.zerosLike(uniform), tf.onesLike(uniform), flippedOf(uniform)];
    return sampleAffine(images, {
      row: { fromRow: one, fromColumn: nothing, start: nothing },
      column: { fromRow: nothing, fromColumn: tf.sub(1, flipped.mul(2)), start: flipped.mul(width - 1) },
    });
  },
  scale: (images, { verticalScale, horizontalScale }) => {
    const [, height, width] = images.shape;
    const nothing = tf.zerosLike(horizontalScale);
    // About the centre.
    const start = (size: number, factor: tf.Tensor1D): tf.Tensor1D => tf.sub(1, factor).mul((size - 1) / 2);
    return sampleAffine(images, {
      row: { fromRow: verticalScale, fromColumn: nothing, start: start(height, verticalScale) },
      column: { fromRow: nothing, fromColumn: horizontalScale, start: start(width, horizontalScale) },
    });
  },
  rotate: (images, { angle }) => {
    const [, height, width] = images.shape;
    const [cosine, sine] = [angle.cos(), angle.sin()];
    // Each axis runs from -1 to 1, so that a pixel along one is a different length along the other. An axis of a single pixel
    // stays at -1.
    const half = { height: (height - 1) / 2, width: (width - 1) / 2 };
    const pixels = (to: number, from: number) => (from === 0 ? 0 : to / from);
    return sampleAffine(images, {
      row: {
        fromRow: cosine.mul(pixels(half.height, half.height)),
        fromColumn: sine.mul(pixels(half.height, half.width)),
        start: tf.sub<tf.Tensor1D>(1, cosine).sub<tf.Tensor1D>(sine).mul(half.height),
      },
      column: {
        fromRow: sine.neg<tf.Tensor1D>().mul(pixels(half.width, half.height)),
        fromColumn: cosine.mul(pixels(half.width, half.width)),
        start: tf.sub<tf.Tensor1D>(1, cosine).add<tf.Tensor1D>(sine).mul(half.width),
      },
    });
  },
};
