/** Each of DSA's augmentations in plain operations, for any backend. */
import { tf } from '../tensor/tensorflow';
import { interpolateAxes, rotate } from './interpolation';

/** What a single augmentation is given: [batch] or [1] numbers under the names of the golden cases. */
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
export const brightnessOf = (u: tf.Tensor1D): tf.Tensor1D => u.sub<tf.Tensor1D>(0.5).mul(brightness);
/** Factors for the uniforms of saturation, and of contrast. */
export const saturationOf = (u: tf.Tensor1D): tf.Tensor1D => u.mul(saturation);
export const contrastOf = (u: tf.Tensor1D): tf.Tensor1D => u.add(contrast);
/** 1 for the uniforms that flip, else 0. */
export const flippedOf = (u: tf.Tensor1D): tf.Tensor1D => u.less<tf.Tensor1D>(flipProbability).toFloat();
/** Side of the cutout along an axis. */
export const cutoutLength = (size: number): number => Math.floor(size * cutoutShare + 0.5);
/** Where it begins, for its centre: in the pixels, or before them. */
export const cutoutStart = (centre: tf.Tensor1D, size: number): tf.Tensor1D =>
  centre.sub(Math.floor(cutoutLength(size) / 2));

const perImage = (draw: tf.Tensor1D) => draw.reshape([-1, 1, 1, 1]);

/** By name. Images are [batch, height, width, channels], and so are results. */
export type Augmentations = Record<string, (images: tf.Tensor4D, draws: AugmentationDraws) => tf.Tensor4D>;

/** x + brightness * (u - 0.5), and so on; color is brightness, saturation and contrast, in this order. */
export const plainAugmentations: Augmentations = {
  brightness: (images, { u }) => images.add(perImage(brightnessOf(u))),
  saturation: (images, { u }) => spread(images, images.mean(3, true), perImage(saturationOf(u))),
  contrast: (images, { u }) => spread(images, images.mean([1, 2, 3], true), perImage(contrastOf(u))),
  color: (images, { brightness, saturation, contrast }) => {
    const brightened = plainAugmentations.brightness(images, { u: brightness });
    return plainAugmentations.contrast(plainAugmentations.saturation(brightened, { u: saturation }), { u: contrast });
  },
  crop: (images, { shift_h, shift_w }) =>
    interpolateAxes(
      images,
      (row) => row.add(shift_h.reshape([-1, 1])),
      (column) => column.add(shift_w.reshape([-1, 1])),
    ),
  cutout: (images, { offset_h, offset_w }) => {
    const [, height, width] = images.shape;
    const rows = cutoutSpan(offset_h, height).reshape([-1, height, 1, 1]);
    const columns = cutoutSpan(offset_w, width).reshape([-1, 1, width, 1]);
    return images.mul(tf.sub(1, rows.mul(columns)));
  },
  flip: (images, { u }) => {
    const flipped = perImage(flippedOf(u));
    return images.mul(tf.sub(1, flipped)).add(images.reverse(2).mul(flipped));
  },
  scale: (images, { scale_x, scale_y }) => {
    const [, height, width] = images.shape;
    const about = (size: number, factor: tf.Tensor1D) => (place: tf.Tensor) =>
      place
        .sub((size - 1) / 2)
        .mul(factor.reshape([-1, 1]))
        .add((size - 1) / 2);
    return interpolateAxes(images, about(height, scale_y), about(width, scale_x));
  },
  rotate: (images, { theta }) => rotate(images, theta),
};

/** centre + factor * (images - centre) */
function spread(images: tf.Tensor4D, centre: tf.Tensor, factor: tf.Tensor): tf.Tensor4D {
  return images.sub(centre).mul(factor).add(centre);
}

/** 1 where a place lies in the cutout, [batch, size]. */
function cutoutSpan(offset: tf.Tensor1D, size: number): tf.Tensor {
  const first = cutoutStart(offset, size).reshape([-1, 1]);
  const place = tf.range(0, size).reshape([1, size]);
  const inside = place.greaterEqual(first).logicalAnd(place.less(first.add(cutoutLength(size))));
  return inside.toFloat();
}
