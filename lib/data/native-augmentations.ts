/** The same as plain-augmentations.ts, one operation each, where the native addon has them. */
import { adjustColour, cutOut, sampleAffine } from '../tensor/image-kernels';
import { tf } from '../tensor/tensorflow';
import {
  brightnessOf,
  contrastOf,
  cutoutLength,
  cutoutStart,
  flippedOf,
  saturationOf,
  type Augmentations,
} from './plain-augmentations';

export const nativeAugmentations: Augmentations = {
  brightness: (images, { u }) =>
    adjustColour(images, { brightness: brightnessOf(u), saturation: tf.onesLike(u), contrast: tf.onesLike(u) }),
  saturation: (images, { u }) =>
    adjustColour(images, { brightness: tf.zerosLike(u), saturation: saturationOf(u), contrast: tf.onesLike(u) }),
  contrast: (images, { u }) =>
    adjustColour(images, { brightness: tf.zerosLike(u), saturation: tf.onesLike(u), contrast: contrastOf(u) }),
  color: (images, { brightness, saturation, contrast }) =>
    adjustColour(images, {
      brightness: brightnessOf(brightness),
      saturation: saturationOf(saturation),
      contrast: contrastOf(contrast),
    }),
  crop: (images, { shift_h, shift_w }) => {
    const [nothing, one] = [tf.zerosLike(shift_h), tf.onesLike(shift_h)];
    return sampleAffine(images, {
      row: { fromRow: one, fromColumn: nothing, start: shift_h },
      column: { fromRow: nothing, fromColumn: one, start: shift_w },
    });
  },
  cutout: (images, { offset_h, offset_w }) => {
    const [, height, width] = images.shape;
    const [top, left] = [cutoutStart(offset_h, height), cutoutStart(offset_w, width)];
    return cutOut(images, { top, left, bottom: top.add(cutoutLength(height)), right: left.add(cutoutLength(width)) });
  },
  flip: (images, { u }) => {
    const [, , width] = images.shape;
    const [nothing, one, flipped] = [tf.zerosLike(u), tf.onesLike(u), flippedOf(u)];
    return sampleAffine(images, {
      row: { fromRow: one, fromColumn: nothing, start: nothing },
      column: { fromRow: nothing, fromColumn: tf.sub(1, flipped.mul(2)), start: flipped.mul(width - 1) },
    });
  },
  scale: (images, { scale_x, scale_y }) => {
    const [, height, width] = images.shape;
    const nothing = tf.zerosLike(scale_x);
    // About the centre.
    const start = (size: number, factor: tf.Tensor1D): tf.Tensor1D => tf.sub(1, factor).mul((size - 1) / 2);
    return sampleAffine(images, {
      row: { fromRow: scale_y, fromColumn: nothing, start: start(height, scale_y) },
      column: { fromRow: nothing, fromColumn: scale_x, start: start(width, scale_x) },
    });
  },
  rotate: (images, { theta }) => {
    const [, height, width] = images.shape;
    const [cosine, sine] = [theta.cos(), theta.sin()];
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
