/** Distilled sets from their options: stored images or HaBa, either on multi-formation. */
import type { ImageSource } from '../data/image-source';
import { addPrefix, withPrefix } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { DistilledSet } from './distilled-set';
import { hallucinate, initHallucinators, type HallucinatorOptions } from './hallucinator';
import { multiFormation } from './multi-formation';

interface CommonOptions {
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classCount: number;
  /** Crops per side of a stored image (multi-formation). Default 1. */
  factor?: number;
  /** What stored images start from. Default 'real'. */
  initialisation?: 'real' | 'noise';
}

export interface ImagesSetOptions extends CommonOptions {
  kind: 'images';
  /** Stored images per class. */
  ipc: number;
}

export interface HabaSetOptions extends CommonOptions, Omit<HallucinatorOptions, 'baseChannels' | 'imageShape'> {
  kind: 'haba';
  basesPerClass: number;
  /** 'colour': channels of the images; 'single': one. Default 'colour'. */
  channels?: 'colour' | 'single';
}

export type DistilledSetOptions = ImagesSetOptions | HabaSetOptions;

/**
 * A distilled set; see {@link DistilledSet} for what it answers.
 * @throws RangeError for hallucinators whose kernels are larger than the images
 */
export function createDistilledSet(options: DistilledSetOptions): DistilledSet {
  const { kind, imageShape, classCount, factor = 1, initialisation = 'real' } = options;
  const perClass = kind === 'images' ? options.ipc : options.basesPerClass;
  const itemCount = classCount * perClass;
  const single = kind === 'haba' && options.channels === 'single';
  const kernelSize = kind === 'haba' ? (options.kernelSize ?? 3) : 1;
  const largest = Math.min(imageShape[0], imageShape[1]);
  if (kernelSize > largest) {
    throw new RangeError(
      `A hallucinator's kernel, 'set.kernelSize', is ${kernelSize}; for images of ${imageShape[0]}x${imageShape[1]} allowed are 1 to ${largest}.`,
    );
  }
  const baseShape = single ? [imageShape[0], imageShape[1], 1] : [...imageShape];
  return {
    kind,
    imageShape,
    classCount,
    itemCount,
    perClass,
    hallucinatorCount: kind === 'haba' ? options.hallucinators : 1,
    formations: factor * factor,
    init(random, source) {
      const bases = initialBases(random, source, { perClass, initialisation, baseShape, factor });
      if (kind === 'images') return { bases };
      const hallucinators = initHallucinators(random.stream('hallucinators'), {
        ...options,
        baseChannels: baseShape[2],
      });
      return { bases, ...addPrefix(hallucinators, 'hallucinators.') };
    },
    images(parameters, { items, hallucinators }) {
      const bases = multiFormation(tf.gather(parameters.bases, items) as tf.Tensor4D, factor);
      if (kind === 'images') return bases;
      const chosen = factor === 1 ? hallucinators : tf.tile(hallucinators, [factor * factor]);
      return hallucinate(withPrefix(parameters, 'hallucinators.'), bases, chosen);
    },
    labels(items) {
      const once = Int32Array.from(items, (item) => Math.floor(item / perClass));
      return Int32Array.from({ length: factor * factor * once.length }, (_, row) => once[row % once.length]);
    },
  };
}

interface BasesOptions {
  perClass: number;
  initialisation: 'real' | 'noise';
  baseShape: number[];
  factor: number;
}

function initialBases(
  random: Random,
  source: ImageSource,
  { perClass, initialisation, baseShape, factor }: BasesOptions,
): tf.Tensor {
  const [height, width, channels] = baseShape;
  const count = perClass * source.classCount;
  if (initialisation === 'noise') return random.stream('noise').normal([count, ...baseShape]);
  // With multi-formation every crop starts from a real image of its own, shrunk.
  const perBasis = factor * factor;
  const chosen = source.indicesOfClass.flatMap((indices, label) => {
    if (perClass > indices.length) {
      throw new RangeError(
        `A set of ${perClass} images per class was asked for; class ${label} has ${indices.length}.`,
      );
    }
    // A small class may not have enough for every crop; then images serve again.
    const needed = perClass * perBasis;
    const draws = random.stream('real images', label);
    return needed <= indices.length
      ? [...draws.choice(indices, needed)]
      : Array.from(draws.integers(needed, indices.length), (place) => indices[place]);
  });
  return tf.tidy(() => {
    const real = source.batch(Int32Array.from(chosen));
    const images = channels === real.shape[3] ? real : real.mean<tf.Tensor4D>(3, true);
    if (factor === 1) return images;
    return mosaic(images, factor, [height, width]);
  });
}

/** Shrinks every factor^2 images and lays them side by side in one, the arrangement that multi-formation cuts. */
function mosaic(images: tf.Tensor4D, factor: number, [height, width]: [number, number]): tf.Tensor {
  const cell = [Math.ceil(height / factor), Math.ceil(width / factor)];
  const shrunk = tf.image.resizeBilinear(images, cell as [number, number], false, true);
  const count = images.shape[0] / (factor * factor);
  const laid = shrunk
    .reshape([count, factor, factor, cell[0], cell[1], images.shape[3]])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([count, factor * cell[0], factor * cell[1], images.shape[3]]);
  return laid.slice([0, 0, 0, 0], [count, height, width, images.shape[3]]);
}
