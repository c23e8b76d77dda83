/** A set from the arrays of files: found, ordered, checked against the data, and as tensors of here. */
import { createHash } from 'node:crypto';
import type { PreparedDataset } from '../../data/image-source';
import type { SetInput } from '../../factorization/parameterisations';
import { createDistilledSet } from '../../factorization/create-distilled-set';
import { hallucinatorsFromPyTorch } from '../../factorization/hallucinated';
import { canonicalJson } from '../../files/canonical-json';
import { imagesFromPyTorch } from '../../tensor/layout';
import { allFinite, type Parameters } from '../../tensor/parameters';
import { toTensor } from '../../tensor/stored-tensors';
import { tf } from '../../tensor/tensorflow';
import { listArrays, type FoundArray } from './found-arrays';
import { orderLabels, type SoftLabels } from './labels';
import { complaints, guessValues, looksOf, realLooks, valueKinds, type Values } from './looks';
import { rolesOf, type FoundImages, type Roles } from './roles';

/** What must be said about the files. */
export interface Said {
  /**
   * What the numbers are: 'normalised' by the dataset's mean and deviation, or those given; 'zca', whitened as the authors do (students
   * are tested on images whitened alike); 'unit', pixels from 0 to 1; 'pixels', from 0 to 255. Must be said, unless the file is an
   * export of here, which says it. Of pixels the configuration's `whitening` decides what students see.
   */
  values?: Values;
  /** What they were normalised with, one number or one a channel, in units of 0 to 1. Default: the dataset's. */
  mean?: readonly number[];
  deviation?: readonly number[];
  /** Default: whichever the shape tells. */
  layout?: 'NCHW' | 'NHWC';
  /** Name of the array of images, e.g. 'data.0.0'. Default: the only one that can be it. */
  images?: string;
  /** Name of the array of labels; or 'in-order', where there are none and images come class by class. Default: as `images`. */
  labels?: string;
  /** Of labels [images, classes]. Default: probabilities, where they are such; classes, where each row is one 1 and zeros. */
  softLabels?: SoftLabels;
  /** Learning rate that was learned with the images. Default: that in the files (`lr_best.pt`, `syn_lr`), if there is one. */
  stepSize?: number;
  /** Images per class, to be checked. Default: as there are. */
  ipc?: number;
  /** Crops per side that each image is cut into, as IDC's sets want it. Default 1. */
  factor?: number;
  /** Take what is said for true where images look otherwise. Default false. */
  trust?: boolean;
}

export interface TakenSet {
  /** Tensors of the set, soft labels and a step size where there are; the caller owns them. */
  parameters: Parameters;
  /** Kind and options. */
  set: SetInput & { kind: string };
  stepSize?: number;
  /** SHA-256 of the arrays that were taken. */
  checksum: string;
  /** What its identity depends on beside them. */
  heard: Record<string, unknown>;
}

/**
 * @param tell what is told of what was not said
 * @throws Error saying what is missing, or does not fit the data, and what to do
 */
export function takeSet(
  arrays: readonly FoundArray[],
  said: Said,
  data: PreparedDataset,
  tell: (text: string) => void,
): TakenSet {
  const { imageShape, classCount } = data.train;
  const { softLabels, factor = 1, mean, deviation } = said;
  const roles = rolesOf(arrays, { ...said, imageShape, classCount, dataset: data.name });
  const { count, layout } = roles.images;
  const { order, perClass, soft } = orderLabels(roles.labels?.tensor, {
    ...{ count, classCount, softLabels },
    beside: roles.softLabels?.tensor,
  });
  if (said.ipc !== undefined && said.ipc !== perClass) {
    throw new Error(
      `Import: ${said.ipc} images per class were said, and there are ${perClass}: ${count} images of ${classCount} classes.`,
    );
  }
  const stepSize = stepSizeOf(said, roles);
  const set = setOf(roles, { perClass, factor, imageShape });
  const statistics = statisticsOf(said, roles, imageShape[2]);
  const { parameters, values } = tf.tidy(() => {
    const { images, otherwise } = imageTensors(roles.images, order, imageShape);
    const hallucinators = hallucinatorTensors(roles);
    requireFinite({ images, ...hallucinators });
    requireShapes({ bases: images, ...hallucinators }, set, data);
    const values = checkLooks({ images, otherwise, statistics }, said, data, tell);
    checkWhitening(roles, said, data, tell);
    const bases = networkInputs(images, values, statistics, data);
    if (roles.hallucinators.length > 0 && bases !== images) {
      throw new Error(
        "Import: hallucinators take bases in the numbers that they were made with, so that these cannot be converted; '--values' must be normalised, with the dataset's mean and deviation, or zca.",
      );
    }
    const parameters: Parameters = {
      bases,
      ...hallucinators,
      ...(soft && { softLabels: tf.tensor2d(soft, [count, classCount]) }),
      ...(stepSize === undefined ? {} : { stepSize: tf.scalar(stepSize) }),
    };
    return { parameters, values };
  });
  if (stepSize === undefined) {
    tell(
      "No step size came with the set: students learn with 'evaluation.learningRate'. One that trajectory matching made learned its own (lr_best.pt, or syn_lr in its log), without which it scores less: '--step-size'.",
    );
  }
  const labels = roles.labels === undefined ? 'in-order' : 'given';
  return {
    parameters,
    set,
    stepSize,
    checksum: checksumOf(roles),
    heard: { values, layout, labels, factor, ...defined({ softLabels, mean, deviation, stepSize }) },
  };
}

function stepSizeOf(said: Said, roles: Roles): number | undefined {
  const stepSize = said.stepSize ?? roles.stepSize;
  if (stepSize !== undefined && !(stepSize > 0 && Number.isFinite(stepSize))) {
    throw new Error(`Import: the step size in the files is ${stepSize}, no learning rate; give one: '--step-size'.`);
  }
  return stepSize;
}

interface Statistics {
  mean: number[];
  deviation: number[];
}

/** One number counts for every channel. */
function statisticsOf({ mean, deviation }: Said, roles: Roles, channels: number): Statistics | undefined {
  if (mean === undefined && deviation === undefined) return roles.statistics;
  const each = (given: readonly number[] | undefined, name: string) => {
    if (given?.length === 1) return new Array<number>(channels).fill(given[0]);
    if (given?.length === channels) return [...given];
    throw new RangeError(
      `Import: '--${name}' has ${given?.length ?? 'no'} numbers; give one, or ${channels}, one a channel, with both of '--mean' and '--deviation'.`,
    );
  };
  return { mean: each(mean, 'mean'), deviation: each(deviation, 'deviation') };
}

function setOf(
  { images, hallucinators }: Roles,
  { perClass, factor, imageShape }: { perClass: number; factor: number; imageShape: readonly number[] },
): TakenSet['set'] {
  if (hallucinators.length === 0) return { kind: 'images', ipc: perClass, factor };
  const [middleChannels, baseChannels, kernelSize] = hallucinators[0]['enc.weight'].tensor.shape;
  if (baseChannels !== images.channels) {
    throw new Error(`Import: the hallucinators take ${baseChannels} channels, and the bases have ${images.channels}.`);
  }
  return {
    kind: 'haba',
    basesPerClass: perClass,
    channels: baseChannels === imageShape[2] ? 'colour' : 'single',
    hallucinators: hallucinators.length,
    kernelSize,
    middleChannels,
    factor,
  };
}

/** [images, height, width, channels] in order of their classes; and the same numbers, read in the other order of dimensions. */
function imageTensors(
  { array, layout, count, channels }: FoundImages,
  order: Int32Array,
  [height, width]: readonly number[],
): { images: tf.Tensor4D; otherwise: tf.Tensor4D } {
  const stored = toTensor(array.tensor).toFloat();
  const asPyTorch = () => imagesFromPyTorch(stored.reshape([count, channels, height, width])) as tf.Tensor4D;
  const asHere = () => stored.reshape<tf.Tensor4D>([count, height, width, channels]);
  const [images, otherwise] = layout === 'NCHW' ? [asPyTorch(), asHere()] : [asHere(), asPyTorch()];
  return { images: tf.gather(images, tf.tensor1d(order, 'int32')), otherwise };
}

function hallucinatorTensors({ hallucinators }: Roles): Parameters {
  if (hallucinators.length === 0) return {};
  const first = Object.entries(hallucinators[0]);
  const parts = hallucinators.map((record, number) =>
    Object.fromEntries(
      first.map(([name, { tensor }]) => {
        if (record[name].tensor.shape.join() !== tensor.shape.join()) {
          throw new Error(
            `Import: the hallucinators differ in size: ${listArrays([hallucinators[0][name], record[name]])} of number ${number}.`,
          );
        }
        return [name, toTensor(record[name].tensor).toFloat()];
      }),
    ),
  );
  return hallucinatorsFromPyTorch(parts);
}

/** @throws Error where bases and hallucinators do not go together */
function requireShapes(parameters: Parameters, set: TakenSet['set'], { train }: PreparedDataset): void {
  const { imageShape, classCount } = train;
  for (const [name, { shape }] of Object.entries(createDistilledSet({ ...set, imageShape, classCount }).tensors)) {
    if (parameters[name].shape.join() !== shape.join()) {
      throw new Error(
        `Import: '${name}' has shape [${parameters[name].shape.join(', ')}] in the order of here, expected [${shape.join(', ')}].`,
      );
    }
  }
}

function requireFinite(parameters: Parameters): void {
  if (allFinite(parameters)) return;
  throw new Error(
    'Import: the images, or hallucinators, hold values that are no numbers (NaN or infinite); such a set diverged as it was made. Take an earlier one.',
  );
}

interface Looked {
  /** With hallucinators their bases, which begin as images do. */
  images: tf.Tensor4D;
  otherwise: tf.Tensor4D;
  statistics?: Statistics;
}

/** @returns what the numbers are @throws Error where it was not said, or they look otherwise and are not to be trusted */
function checkLooks(
  { images, otherwise, statistics }: Looked,
  { values, trust = false }: Said,
  data: PreparedDataset,
  tell: (text: string) => void,
): Values {
  const looks = looksOf(images, otherwise);
  const real = realLooks(data, statistics?.deviation);
  if (values === undefined) {
    throw new Error(
      `Import: what the numbers are must be said: '--values' ${valueKinds.join(', ')}. By their look they are '${guessValues(looks, real)}'; ask whoever made them, whether they were whitened (ZCA) above all.`,
    );
  }
  const found = complaints(looks, real, { values, otherStatistics: statistics !== undefined });
  refuseUnless(trust, found, tell);
  return values;
}

function refuseUnless(trust: boolean, found: readonly string[], tell: (text: string) => void): void {
  if (found.length > 0 && !trust) {
    throw new Error(`Import: ${found.join(' ')} If what was said is true all the same: '--trust'.`);
  }
  for (const text of found) tell(text);
}

/** Whether a whitening that came with the images is that of the data here. */
function checkWhitening(
  { zcaInverse }: Roles,
  { trust = false }: Said,
  data: PreparedDataset,
  tell: (text: string) => void,
): void {
  const own: Parameters = data.statistics();
  const inverse = own['zca.inverse'];
  if (zcaInverse === undefined || inverse === undefined) return;
  const [height, width, channels] = data.train.imageShape;
  const pixels = height * width * channels;
  if (zcaInverse.tensor.shape.join() !== `${pixels},${pixels}`) {
    throw new Error(
      `Import: ${listArrays([zcaInverse])} inverts no whitening of images of ${height}x${width}x${channels}; expected [${pixels}, ${pixels}].`,
    );
  }
  const stored = toTensor(zcaInverse.tensor).reshape([channels, height, width, channels, height, width]);
  const theirs = stored.transpose([1, 2, 0, 4, 5, 3]).reshape([pixels, pixels]);
  const away = theirs.sub(inverse).norm().div(inverse.norm()).dataSync()[0];
  if (away <= 0.02) return;
  refuseUnless(
    trust,
    [
      `The whitening that came with the images is not that of the data here: they differ by ${(100 * away).toPrecision(2)} %. It was fitted to other images, or with another epsilon than 0.1.`,
    ],
    tell,
  );
}

/** Images as they are, where they are network inputs of this dataset; else by way of pixels. */
function networkInputs(
  images: tf.Tensor4D,
  values: Values,
  statistics: Statistics | undefined,
  data: PreparedDataset,
): tf.Tensor4D {
  if (values === 'zca') return images;
  if (values === 'unit') return data.fromPixels(images);
  if (values === 'pixels') return data.fromPixels(images.div(255));
  const { mean, deviation }: Parameters = data.statistics();
  const isOwn = (given: number[], own: tf.Tensor) =>
    given.every((value, channel) => Math.abs(value - own.dataSync()[channel]) < 1e-6);
  if (statistics === undefined || (isOwn(statistics.mean, mean) && isOwn(statistics.deviation, deviation)))
    return images;
  return data.fromPixels(images.mul<tf.Tensor4D>(tf.tensor1d(statistics.deviation)).add(tf.tensor1d(statistics.mean)));
}

/** Of all that was taken: types, shapes and numbers, under what each is. */
function checksumOf({ images, labels, softLabels, hallucinators }: Roles): string {
  const taken: [string, FoundArray | undefined][] = [
    ['images', images.array],
    ['labels', labels],
    ['soft labels', softLabels],
    ...hallucinators.flatMap((record, number) =>
      Object.entries(record)
        .sort(([first], [second]) => (first < second ? -1 : 1))
        .map(([part, array]): [string, FoundArray] => [`${number}.${part}`, array]),
    ),
  ];
  const hash = createHash('sha256');
  for (const [role, array] of taken) {
    if (array === undefined) continue;
    const { type, shape, values } = array.tensor;
    hash.update(canonicalJson({ role, type, shape })).update(values);
  }
  return hash.digest('hex');
}

function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
