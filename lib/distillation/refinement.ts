/** Refinement before 2 bits (PTQ-DC): images move so that what they decode to keeps its features when they are quantised. */
import type { DistilledSet } from '../factorization/distilled-set';
import { patchSide } from '../factorization/patch-quantiser';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import { valueAndGradients } from '../tensor/gradient';
import { mapParameters, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { stopGradient } from '../tensor/stop-gradient';
import { tf } from '../tensor/tensorflow';

export interface RefinementOptions {
  set: DistilledSet;
  /** All tensors of the set as they were distilled: what features are to be kept of. */
  distilled: Parameters;
  /** The same as they will be decoded, images apart. */
  rounded: Parameters;
  /** What features are of; each step draws its parameters anew. */
  network: Network;
  /** Steps in all. */
  steps: number;
  /** Step t draws from its stream t. */
  random: Random;
  /** Length of the first step, as a share of the deviation of the images; it falls to 0 by the last. Default 0.02. */
  rate?: number;
  /** Items that a step looks at. Default 256. */
  batch?: number;
}

export interface Refinement {
  /** The images to start from, those of `distilled`; the caller disposes of them. */
  start: () => Parameters;
  /** One step. @param step from 0 @returns moved images, which the caller disposes of, and the loss before the step */
  step: (images: Parameters, step: number) => { images: Parameters; loss: number };
  dispose: () => void;
}

type Inputs = {
  images: Parameters;
  distilled: Parameters;
  rounded: Parameters;
  network: Parameters;
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  /** One for each tensor of images. */
  rates: Parameters;
};

/**
 * Steps against the gradient of the mean squared difference between features of images decoded from the distilled set and from the
 * quantised one, patch by patch, as if rounding were the identity; each as long as its rate says, whatever the gradient's size.
 */
export function refinement(options: RefinementOptions): Refinement {
  const { set, distilled, rounded, network, steps, random, rate = 0.02, batch = 256 } = options;
  const names = Object.keys(set.tensors).filter((name) => set.tensors[name].images);
  const imagesOf = (parameters: Parameters) => Object.fromEntries(names.map((name) => [name, parameters[name]]));
  const moved = compile(
    ({ images, distilled, rounded, network: drawn, items, hallucinators, rates }: Inputs) => {
      const features = (parameters: Parameters) =>
        network.features(drawn, set.images(parameters, { items, hallucinators }));
      const wanted = features(distilled);
      const { value, gradients } = valueAndGradients((current) => {
        const quantised = mapParameters(current, (tensor) => atTwoBits(tensor as tf.Tensor4D));
        return features({ ...rounded, ...quantised })
          .sub(wanted)
          .square()
          .mean();
      }, images);
      const next = mapParameters(images, (tensor, name) => {
        const size = gradients[name].square().mean().add(1e-30).sqrt();
        return tensor.sub(gradients[name].div(size).mul(rates[name]));
      });
      return { value, next };
    },
    { name: 'refinement' },
  );
  const deviations = Object.fromEntries(
    Object.entries(imagesOf(distilled)).map(([name, tensor]) => [
      name,
      tf.tidy(() => tf.moments(tensor).variance.sqrt().dataSync()[0]),
    ]),
  );
  return {
    start: () => mapParameters(imagesOf(distilled), (tensor) => tensor.clone()),
    step(images, step) {
      const draws = random.stream(step);
      const count = Math.min(batch, set.itemCount);
      const { value, next } = tf.tidy(() => {
        const items = draws.stream('items').permutation(set.itemCount).slice(0, count);
        const views = draws.stream('hallucinators').integers(count, set.views);
        return moved({
          images,
          distilled,
          rounded,
          network: network.init(draws.stream('network')),
          items: tf.tensor1d(items, 'int32'),
          hallucinators: tf.tensor1d(views, 'int32'),
          rates: mapParameters(images, (_, name) => tf.scalar(rate * (1 - step / steps) * deviations[name])),
        });
      });
      const loss = value.dataSync()[0];
      value.dispose();
      return { images: next, loss };
    },
    dispose: () => moved.dispose(),
  };
}

/** Farther than any value. */
const never = -1e30;

/**
 * Every patch at its own four levels, a (q - z) of `patch-quantiser.ts`; its gradient is that of the identity.
 * @param images [images, height, width, channels]
 */
export function atTwoBits(images: tf.Tensor4D): tf.Tensor4D {
  const [, height, width] = images.shape;
  const [rows, columns] = [height, width].map((side) => Math.ceil(side / patchSide));
  const [below, right] = [rows * patchSide - height, columns * patchSide - width];
  const atLevels = () => {
    const largest = (x: tf.Tensor4D) => {
      const padded = tf.pad(x, [[0, 0], [0, below], [0, right], [0, 0]], never); // prettier-ignore
      return tf.maxPool(padded, patchSide, patchSide, 'valid');
    };
    const patchOf = (side: number) =>
      tf.tensor1d(
        Int32Array.from({ length: side }, (_, place) => Math.floor(place / patchSide)),
        'int32',
      );
    const spread = (patches: tf.Tensor4D) => tf.gather(tf.gather(patches, patchOf(height), 1), patchOf(width), 2);
    const still = stopGradient(images);
    const [maximum, minimum] = [largest(still), largest(still.neg()).neg()];
    // A patch of one value has a level there, whatever its step.
    const step = maximum.sub(minimum).div(3).maximum<tf.Tensor4D>(1e-12);
    const [steps, zeros] = [spread(step), spread(minimum.neg().div(step).round() as tf.Tensor4D)];
    const levels = still.div(steps).add(zeros).round().clipByValue(0, 3);
    return levels.sub(zeros).mul(steps);
  };
  return images.add(stopGradient(atLevels().sub(images)));
}
