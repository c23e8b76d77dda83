/**
 * What images made elsewhere look like, beside what was said of them: the most frequent reason for a released set that scores as
 * chance is that its whitening or its order of dimensions was not heeded.
 */
import type { PreparedDataset } from '../../data/image-source';
import { tf } from '../../tensor/tensorflow';

/** What the numbers of an image are: inputs of networks, normalised or whitened; or pixels, from 0 to 1 or from 0 to 255. */
export type Values = 'normalised' | 'zca' | 'unit' | 'pixels';

export const valueKinds = ['normalised', 'zca', 'unit', 'pixels'] as const;

/** What is measured of images. */
export interface Looks {
  least: number;
  largest: number;
  /** Standard deviation of all values. */
  deviation: number;
  isWhole: boolean;
  brightness: Brightness;
  /** Correlation of neighbouring pixels, each image's brightness apart. */
  neighbours: number;
  /** The same, were the numbers in the other order of dimensions all the while. */
  neighboursOtherwise: number;
}

/** How images differ in brightness, their mean values in each channel: that is what whitening leaves least of. */
export interface Brightness {
  /** Variance, about the mean image, averaged over channels. */
  variance: number;
  /** As a share of the variance of all values. */
  share: number;
}

/** Images that are looked at, at most: the statistics of more are the same. */
const looked = 500;

/**
 * @param images [images, height, width, channels]
 * @param otherwise the same numbers, read in the other order of dimensions
 */
export function looksOf(images: tf.Tensor4D, otherwise: tf.Tensor4D): Looks {
  const some = images.slice(0, Math.min(looked, images.shape[0]));
  const others = otherwise.slice(0, some.shape[0]);
  const number = (tensor: tf.Tensor) => tensor.dataSync()[0];
  const range = tf.tidy(() => ({
    least: number(images.min()),
    largest: number(images.max()),
    deviation: Math.sqrt(number(tf.moments(some).variance)),
    isWhole: number(some.equal(some.round()).all()) === 1,
  }));
  const looks = {
    ...range,
    brightness: brightnessOf(some),
    neighbours: neighboursOf(some),
    neighboursOtherwise: neighboursOf(others),
  };
  tf.dispose([some, others]);
  return looks;
}

function brightnessOf(images: tf.Tensor4D): Brightness {
  return tf.tidy(() => {
    const centred = images.sub(images.mean(0, true));
    const whole = centred.square().mean().dataSync()[0];
    const variance = centred.mean([1, 2]).square().mean().dataSync()[0];
    return { variance, share: whole === 0 ? 0 : variance / whole };
  });
}

/** Of pixels beside and below one another. */
function neighboursOf(images: tf.Tensor4D): number {
  return tf.tidy(() => {
    const centred = images.sub<tf.Tensor4D>(images.mean([1, 2], true));
    const [count, height, width, channels] = images.shape;
    const variance = centred.square().mean().dataSync()[0];
    if (variance === 0) return 0;
    const pairs = [
      [centred.slice([0, 0, 0, 0], [count, height, width - 1, channels]), centred.slice([0, 0, 1, 0])],
      [centred.slice([0, 0, 0, 0], [count, height - 1, width, channels]), centred.slice([0, 1, 0, 0])],
    ];
    const covariances = pairs.map(([first, second]) => first.mul(second).mean().dataSync()[0]);
    return (covariances[0] + covariances[1]) / 2 / variance;
  });
}

/** Brightness of real images, normalised; and, where the data is whitened, whitened. */
export interface RealLooks {
  plain: Brightness;
  whitened?: Brightness;
}

/** @param deviation of the channels, where images were not normalised with the dataset's */
export function realLooks(data: PreparedDataset, deviation?: readonly number[]): RealLooks {
  const indices = Int32Array.from({ length: Math.min(looked, data.train.count) }, (_, index) => index);
  const images = data.train.batch(indices);
  const normalised = tf.tidy(() => {
    const pixels = tf.tensor4d(Float32Array.from(data.toPixels(images)), images.shape).div<tf.Tensor4D>(255);
    const measured = () => tf.sqrt(tf.moments(pixels, [0, 1, 2]).variance).maximum(1 / 255);
    return pixels.div<tf.Tensor4D>(deviation ? tf.tensor1d([...deviation]) : measured());
  });
  try {
    return {
      plain: brightnessOf(normalised),
      ...(data.whitening === 'zca' ? { whitened: brightnessOf(images) } : {}),
    };
  } finally {
    tf.dispose([images, normalised]);
  }
}

/**
 * The variance of brightness of normalised images of CIFAR-10 is 0.45, that of whitened ones 0.001, and 0.005 with noise of twice
 * the normalised images' deviation; sets distilled from normalised ones here, by distribution and trajectory matching at any rate, have
 * 0.2 and more, of those looked at. A whitened set that was moved far may have grown bright, but then everything else more.
 */
function areWhitened({ brightness }: Looks, { plain, whitened }: RealLooks, values: Values = 'normalised'): boolean {
  const between = (key: keyof Brightness) => Math.sqrt(plain[key] * whitened![key]);
  // Pixels have another unit, in which only shares compare.
  if (values === 'unit' || values === 'pixels') {
    return brightness.share < (whitened === undefined ? plain.share / 4 : between('share'));
  }
  if (whitened === undefined) return brightness.variance < plain.variance / 8;
  return brightness.variance < between('variance') || brightness.share < between('share');
}

/** What the numbers most likely are. */
export function guessValues(looks: Looks, real: RealLooks): Values {
  const { least, largest, isWhole } = looks;
  if (least >= 0 && largest <= 255 && (largest > 20 || (isWhole && largest > 1))) return 'pixels';
  if (least >= -0.01 && largest <= 1.01) return 'unit';
  return areWhitened(looks, real) ? 'zca' : 'normalised';
}

/**
 * What does not go with what was said, as sentences that say what to do.
 * @param values as said
 * @param otherStatistics whether they are normalised with a mean and deviation of their own
 */
export function complaints(
  looks: Looks,
  real: RealLooks,
  { values, otherStatistics = false }: { values: Values; otherStatistics?: boolean },
): string[] {
  const { least, largest, deviation, neighbours, neighboursOtherwise } = looks;
  const range = `they run from ${rounded(least)} to ${rounded(largest)}`;
  const found: string[] = [];
  if (deviation < 1e-6)
    found.push('All images are one grey: their values do not differ. Is it the right array (--images)?');
  const likely = guessValues(looks, real);
  const arePixels = likely === 'pixels' || likely === 'unit';
  if (values === 'normalised' || values === 'zca') {
    const said = values === 'zca' ? 'whitened' : 'normalised';
    if (arePixels) {
      const reach = likely === 'unit' ? '0 to 1' : '0 to 255';
      found.push(
        `These look like pixels from ${reach}, not ${said}: ${range}, and ${said} images have negative values. Say '--values ${likely}'.`,
      );
    } else if (
      values === 'normalised' &&
      !otherStatistics &&
      Math.max(-least, largest) <= 1.0001 &&
      Math.max(-least, largest) > 0.9
    ) {
      found.push(
        `These look normalised with a mean and a deviation of 0.5: ${range}. Say so: '--mean 0.5 --deviation 0.5'; otherwise students would see another contrast than their test images have.`,
      );
    }
  } else if (values === 'unit' && (largest > 3 || least < -1)) {
    found.push(`These are not pixels from 0 to 1: ${range}. Say '--values ${likely}'.`);
  } else if (values === 'pixels' && (largest <= 1.5 || least < -100)) {
    found.push(`These are not pixels from 0 to 255: ${range}. Say '--values ${likely}'.`);
  }
  if (deviation >= 1e-6 && !arePixels) {
    const told = `images differ in brightness by ${spread(looks.brightness)} (standard deviation), the dataset's own, not whitened, by ${spread(real.plain)}`;
    const whitened = areWhitened(looks, real, values);
    if (whitened && values !== 'zca') {
      found.push(
        `These look whitened and no ZCA was given: ${told}. Say '--values zca': students are then tested on whitened images; on others such sets score little above chance.`,
      );
    }
    if (!whitened && values === 'zca') {
      const beside = real.whitened === undefined ? '' : `, whitened by ${spread(real.whitened)}`;
      found.push(
        `These do not look whitened: ${told}${beside}. Say '--values normalised'; or, of images that were made visible again (images_zca_*.pt of trajectory matching), '--values unit --set whitening=zca'.`,
      );
    }
  }
  if (neighboursOtherwise > neighbours + 0.25) {
    found.push(
      `These look like numbers of the other order of dimensions under this one's shape: neighbouring pixels correlate by ${rounded(neighbours)}, read the other way by ${rounded(neighboursOtherwise)}. They were reshaped where they should have been permuted: in PyTorch images.permute(0, 3, 1, 2), not reshape or view.`,
    );
  }
  return found;
}

const rounded = (value: number) => Number(value.toPrecision(3)).toString();
const spread = ({ variance }: Brightness) => rounded(Math.sqrt(variance));
