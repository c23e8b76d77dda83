/** Each of DSA's augmentations in plain operations, for any backend. */
import { tf } from '../tensor/tensorflow';
import { interpolateAxes, rotate } from './interpolation';

/** What a single augmentation is given, by name: [batch] or [1] numbers. */
export type AugmentationDraws = Record<string, tf.Tensor1D>;

/** Brightness changes by up to half of this, in units of normalised pixels. */
const brightness = 1;
/** Saturation is multiplied by 0 to this. */
const saturation = 2;
/** Contrast is multiplied by this to this plus 1. */
const contrast = 0.5;
const cutoutShare = 0.5;
const flipProbability = 0.5;

/** What is added for the uniforms of brightness. */
export const brightnessOf = (uniform: tf.Tensor1D): tf.Tensor1D => uniform.sub<tf.Tensor1D>(0.5).mul(brightness);
/** Factors for the uniforms of saturation, and of contrast. */
export const saturationOf = (uniform: tf.Tensor1D): tf.Tensor1D => uniform.mul(saturation);
export const contrastOf = (uniform: tf.Tensor1D): tf.Tensor1D => uniform.add(contrast);
/** 1 for the uniforms that flip, else 0. */
export const flippedOf = (uniform: tf.Tensor1D): tf.Tensor1D => uniform.less<tf.Tensor1D>(flipProbability).toFloat();
/** Side of the cutout along an axis. */
export const cutoutLength = (size: number): number => Math.floor(size * cutoutShare + 0.5);
/** Where it begins, for its centre: in the pixels, or before them. */
export const cutoutStart = (centre: tf.Tensor1D, size: number): tf.Tensor1D =>
  centre.sub(Math.floor(cutoutLength(size) / 2));

const perImage = (draw: tf.Tensor1D) => draw.reshape([-1, 1, 1, 1]);

/** Images are [batch, height, width, channels], and so is the result. */
export type Augment = (images: tf.Tensor4D, draws: AugmentationDraws) => tf.Tensor4D;

const brighten: Augment = (images, { uniform }) => images.add(perImage(brightnessOf(uniform)));
const saturate: Augment = (images, { uniform }) =>
  spread(images, images.mean(3, true), perImage(saturationOf(uniform)));
const changeContrast: Augment = (images, { uniform }) =>
  spread(images, images.mean([1, 2, 3], true), perImage(contrastOf(uniform)));

/** x + brightness * (uniform - 0.5), and so on; color is brightness, saturation and contrast, in this order. */
export const plainAugmentations = {
  brightness: brighten,
  saturation: saturate,
  contrast: changeContrast,
  color: (images, { brightness, saturation, contrast }) => {
    const brightened = brighten(images, { uniform: brightness });
    return changeContrast(saturate(brightened, { uniform: saturation }), { uniform: contrast });
  },
  crop: (images, { verticalShift, horizontalShift }) =>
    interpolateAxes(
      images,
      (row) => row.add(verticalShift.reshape([-1, 1])),
      (column) => column.add(horizontalShift.reshape([-1, 1])),
    ),
  cutout: (images, { verticalCentre, horizontalCentre }) => {
    const [, height, width] = images.shape;
    const rows = cutoutSpan(verticalCentre, height).reshape([-1, height, 1, 1]);
    const columns = cutoutSpan(horizontalCentre, width).reshape([-1, 1, width, 1]);
    return images.mul(tf.sub(1, rows.mul(columns)));
  },
  flip: (images, { uniform }) => {
    const flipped = perImage(flippedOf(uniform));
    return images.mul(tf.sub(1, flipped)).add(images.reverse(2).mul(flipped));
  },
  scale: (images, { verticalScale, horizontalScale }) => {
    const [, height, width] = images.shape;
    const about = (size: number, factor: tf.Tensor1D) => (place: tf.Tensor) =>
      place
        .sub((size - 1) / 2)
        .mul(factor.reshape([-1, 1]))
        .add((size - 1) / 2);
    return interpolateAxes(images, about(height, verticalScale), about(width, horizontalScale));
  },
  rotate: (images, { angle }) => rotate(images, angle),
} satisfies Record<string, Augment>;

export type AugmentationName = keyof typeof plainAugmentations;

/** centre + factor * (images - centre) */
function spread(images: tf.Tensor4D, centre: tf.Tensor, factor: tf.Tensor): tf.Tensor4D {
  return images.sub(centre).mul(factor).add(centre);
}

/** 1 where a place lies in the cutout, [batch, size]. */
function cutoutSpan(centre: tf.Tensor1D, size: number): tf.Tensor {
  const first = cutoutStart(centre, size).reshape([-1, 1]);
  const place = tf.range(0, size).reshape([1, size]);
  const inside = place.greaterEqual(first).logicalAnd(place.less(first.add(cutoutLength(size))));
  return inside.toFloat();
}
