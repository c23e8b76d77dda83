/**
 * Refinement for 2 bits (PTQ-DC): images move so that what they decode to keeps its features when they are quantised. Published is a
 * refinement before patches are grouped; on a set of ten images a class it lost more by the grouping than it had gained (0.066
 * instead of 0.051 of the features' variance with 64 groups), so here images move at the levels that they will be stored at (0.029).
 */
import type { DistilledSet } from '../factorization/distilled-set';
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
  /** What each tensor of images is stored at; they stay the caller's. */
  levels: Record<string, Levels>;
  /** What features are of; each step draws its parameters anew. */
  network: Network;
  /** Steps in all. */
  steps: number;
  /** Step t draws from its stream t. */
  random: Random;
  /** Length of the first step, as a share of the deviation of the images; it falls to 0 by the last. Default 0.01. */
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
  levels: Record<string, { steps: tf.Tensor4D; zeros: tf.Tensor4D }>;
  network: Parameters;
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  /** One for each tensor of images. */
  rates: Parameters;
};

/**
 * Steps against the gradient of the mean squared difference between features of images decoded from the distilled set and from the
 * quantised one, as if rounding were the identity; each as long as its rate says, whatever the gradient's size.
 */
export function refinement(options: RefinementOptions): Refinement {
  const { set, distilled, rounded, levels, network, steps, random, rate = 0.01, batch = 256 } = options;
  const names = Object.keys(set.tensors).filter((name) => set.tensors[name].images);
  const imagesOf = (parameters: Parameters) => Object.fromEntries(names.map((name) => [name, parameters[name]]));
  const moved = compile(
    ({ images, distilled, rounded, levels, network: drawn, items, hallucinators, rates }: Inputs) => {
      const features = (parameters: Parameters) =>
        network.features(drawn, set.images(parameters, { items, hallucinators }));
      const wanted = features(distilled);
      const { value, gradients } = valueAndGradients((current) => {
        const quantised = mapParameters(current, (tensor, name) => atFourLevels(tensor as tf.Tensor4D, levels[name]));
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
          levels,
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

/** What a tensor of images is stored at: each value's step and zero, of the images' shape. */
export interface Levels {
  steps: tf.Tensor4D;
  zeros: tf.Tensor4D;
}

/**
 * Images at four levels, step (q - zero) with q = clip(round(x / step + zero), 0, 3); its gradient is that of the identity.
 * @param images [images, height, width, channels]
 */
export function atFourLevels(images: tf.Tensor4D, { steps, zeros }: Levels): tf.Tensor4D {
  const levels = stopGradient(images).div(steps).add(zeros).round().clipByValue(0, 3);
  return images.add(stopGradient(levels.sub(zeros).mul(steps).sub(images)));
}
