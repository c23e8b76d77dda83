/** Datasets of one's own, as values: images in a folder, or arrays. */
import path from 'node:path';
import { tf } from '../tensor/tensorflow';
import { assembleDataset, labelsOf, mostClasses, type Dataset, type ImageSplit } from './dataset';
import { findDataset, type DatasetShape } from './dataset-format';
import { datasetFormats } from './formats';
import { classSizesOf, formatOfFolder, ownSide, requireClassFolders, requireSide } from './image-folder';

/** Told from the library's names by its type; what it is called is known when it runs. */
declare enum OwnName {
  registered = '',
}

/** A dataset of one's own, which {@link imageFolder} and {@link dataset} make: what a configuration, a grid and `dataAtHand` take for a dataset. */
export interface OwnDataset {
  readonly name: OwnName.registered;
  /** Of its images, and how many classes there are; of images in files, their labels are looked at when it is first asked for. */
  readonly shape: DatasetShape;
  /** [height, width, channels], for which nothing is looked at. */
  readonly imageShape: DatasetShape['imageShape'];
  /** Training images of each class; as `shape`, told without reading an image. */
  classSizes(this: void): readonly number[];
  /** For people. */
  readonly about: string;
  /** All its images. */
  read(): Promise<Dataset>;
}

/** One a process: a program that loads this module by `import` and by `require` has it twice. */
const place = Symbol.for("haba: datasets of one's own");
const registered = ((globalThis as { [place]?: Map<string, OwnDataset> })[place] ??= new Map<string, OwnDataset>());

/** What a dataset of one's own may be called: it is part of names of folders and files. */
export const ownDatasetName = /^[a-z0-9]+([-_][a-z0-9]+)*$/i;

/** In the order in which they were made. */
export function ownDatasetNames(): OwnDataset['name'][] {
  return [...registered.values()].map(({ name }) => name);
}

export function ownDatasetOf(name: string): OwnDataset | undefined {
  return registered.get(name);
}

/**
 * Makes a dataset the one of its name, in the place of one that a cell made before.
 * @returns its name
 * @throws RangeError for what is none
 */
export function givenDataset(given: OwnDataset): OwnDataset['name'] {
  if (typeof given.name !== 'string' || typeof given.read !== 'function') {
    throw new RangeError(
      "Configuration: 'dataset' is an object that is no dataset; give a name, or what imageFolder or dataset makes.",
    );
  }
  requireName(given.name, 'dataset');
  registered.set(given.name, given);
  return given.name;
}

function register(name: string, { imageShape, classSizes, ...others }: Omit<OwnDataset, 'name' | 'shape'>): OwnDataset {
  const made: OwnDataset = {
    name: name as unknown as OwnDataset['name'],
    imageShape,
    classSizes,
    get shape() {
      return { imageShape, classCount: classSizes().length };
    },
    ...others,
  };
  givenDataset(made);
  return made;
}

function requireName(name: unknown, maker: string): void {
  const refuse = (reason: string) => new RangeError(`${maker}: the name '${String(name)}' ${reason}.`);
  if (typeof name !== 'string' || !ownDatasetName.test(name)) {
    throw refuse(
      "is no name of a dataset; give one of letters, digits, underscores and hyphens, as { name: 'my-images' }",
    );
  }
  if (Object.hasOwn(datasetFormats, name)) throw refuse("is the library's own; give yours another name");
}

export interface ImageFolderOptions {
  /** As configurations, runs and tables call it. Default: the folder's own name. */
  name?: string;
  /** Of the images, to which they are resized, e.g. 32, 64 or 128. Default 32. */
  side?: number;
}

/**
 * Images of one's own in a folder, as a dataset: FOLDER/{train,test}/<class>/*.png or *.jpg, resized to side x side RGB, or any other form
 * that the dataset `folder` may have. They are read when they are first needed. Made again, as by a notebook's cell that runs again,
 * they are read again, and what has changed is another dataset to runs that are stored.
 *
 *     const myImages = imageFolder('my-images');
 *     await run({ dataset: myImages });
 *
 * Networks follow: the ConvNet's default depth is 4 for images of 64x64 and 5 for 128x128.
 *
 * @throws RangeError for a name that no dataset may have, and for a side that no image has
 * @throws Error naming the folder, and what is missing there
 */
export function imageFolder(
  folder: string,
  { name = path.basename(path.resolve(folder)), side = ownSide }: ImageFolderOptions = {},
): OwnDataset {
  requireName(name, 'imageFolder');
  requireSide(side, "imageFolder: 'side'");
  // As it is here: a notebook may change its working folder.
  const at = path.resolve(folder);
  const format = formatOfFolder(name, [''], side);
  const found = findDataset(at, format);
  if (found.folder === undefined || found.missing.length > 0) {
    throw new Error(`imageFolder: ${at} lacks ${found.missing.join(', ')}. ${format.completion}`);
  }
  requireClassFolders(found);
  let sizes: number[] | undefined;
  return register(name, {
    imageShape: [side, side, 3],
    classSizes: () => (sizes ??= classSizesOf(found)),
    about: `images in ${at}, resized to ${side}x${side} RGB`,
    read: async () => format.read(at),
  });
}

/** Images of one split, and their classes. */
export interface OwnSplit {
  /**
   * Pixels, whole numbers from 0 to 255: a tensor or nested lists, [count, height, width, channels]; or bytes in that order, with
   * `imageShape`.
   */
  images: tf.Tensor4D | readonly number[][][][] | Uint8Array | Uint8ClampedArray;
  /** [count], from 0 on. */
  labels: ArrayLike<number> | tf.Tensor1D;
}

export interface OwnDatasetOptions {
  /** As configurations, runs and tables call it. */
  name: string;
  train: OwnSplit;
  test: OwnSplit;
  /** In the order of the labels. Default: the labels, as '0'. */
  classNames?: readonly string[];
  /** [height, width, channels]; for bytes. 1 or 3 channels. */
  imageShape?: readonly [number, number, number];
}

/**
 * Images of one's own in arrays, as a dataset. What is given is copied.
 *
 *     const mine = dataset({ name: 'mine', train: { images, labels }, test: { images: others, labels: theirs } });
 *     await run({ dataset: mine });
 *
 * @throws RangeError for a name that no dataset may have; for images of another shape than [count, height, width, 1 or 3], or
 *   pixels that are no bytes; for labels of no class; and where a class has no training image
 */
export function dataset({ name, train, test, classNames, imageShape }: OwnDatasetOptions): OwnDataset {
  requireName(name, 'dataset');
  for (const [split, given] of Object.entries({ train, test }) as [string, Partial<OwnSplit> | undefined][]) {
    if (given?.images && given.labels) continue;
    throw new RangeError(`dataset: '${name}' has no ${split}: { images, labels }.`);
  }
  const shape = imageShapeOf(name, train, imageShape);
  const splits = {
    train: splitOf(`${name}, train`, train, shape),
    test: splitOf(`${name}, test`, test, shape),
  };
  const names = classNames ?? Array.from({ length: largest(splits.train.labels) + 1 }, (_, label) => String(label));
  requireClasses(name, splits, names);
  const kept = (split: ImageSplit) => ({ ...split, labels: labelsOf(split.labels, names.length) });
  const made = assembleDataset({
    name,
    imageShape: shape,
    classNames: [...names],
    train: kept(splits.train),
    test: kept(splits.test),
  });
  const sizes = names.map(() => 0);
  for (const label of made.train.labels) sizes[label] += 1;
  return register(name, {
    imageShape: shape,
    classSizes: () => sizes,
    about: `${splits.train.count} + ${splits.test.count} images of ${shape.join('x')}`,
    read: () => Promise.resolve(made),
  });
}

type Shape = readonly [number, number, number];

function imageShapeOf(name: string, { images }: OwnSplit, given: Shape | undefined): Shape {
  const found = isBytes(images) ? given : (shapeOfImages(images).slice(1) as unknown as Shape);
  const told = found === undefined ? 'none' : `[${found.join(', ')}]`;
  const whole = found?.length === 3 && found.every((side) => Number.isInteger(side) && side > 0);
  if (found === undefined || !whole || (found[2] !== 1 && found[2] !== 3)) {
    throw new RangeError(
      `dataset: the images of '${name}' have the shape ${told}; expected [height, width, 1 or 3]${isBytes(images) ? " in 'imageShape'" : ''}.`,
    );
  }
  if (given !== undefined && given.join() !== found.join()) {
    throw new RangeError(`dataset: 'imageShape' of '${name}' is [${given.join(', ')}], and its images have ${told}.`);
  }
  return [found[0], found[1], found[2]];
}

const isBytes = (images: OwnSplit['images']): images is Uint8Array | Uint8ClampedArray =>
  images instanceof Uint8Array || images instanceof Uint8ClampedArray;

/** Of a tensor, or of nested lists by their first elements. */
function shapeOfImages(images: tf.Tensor4D | readonly number[][][][]): number[] {
  if (images instanceof tf.Tensor) return images.shape;
  const shape: number[] = [];
  for (let inner: unknown = images; Array.isArray(inner); inner = inner[0] as unknown) shape.push(inner.length);
  return shape;
}

function splitOf(what: string, { images, labels }: OwnSplit, shape: Shape): ImageSplit {
  const size = shape[0] * shape[1] * shape[2];
  const refuse = (reason: string) => new RangeError(`dataset: ${what}: ${reason}.`);
  const classes = labels instanceof tf.Tensor ? labels.dataSync() : labels;
  const count = classes.length;
  const given = isBytes(images) ? undefined : shapeOfImages(images);
  if (given && given.join() !== [count, ...shape].join()) throw refuse(mismatch(count, shape, `[${given.join(', ')}]`));
  const values = images instanceof tf.Tensor ? images.dataSync() : isBytes(images) ? images : images.flat(3);
  if (values.length !== count * size) throw refuse(mismatch(count, shape, `${values.length} values`));
  const pixel = isBytes(images) ? -1 : firstBeyond(values, 255);
  if (pixel >= 0) {
    throw refuse(
      `a pixel is ${String(values[pixel])}; expected whole numbers from 0 to 255: scale and round what is none`,
    );
  }
  const label = firstBeyond(classes, mostClasses - 1);
  if (label >= 0) {
    throw refuse(`label ${label} is ${String(classes[label])}; expected whole numbers from 0 to ${mostClasses - 1}`);
  }
  if (count === 0) throw refuse('there is no image');
  return { images: Uint8Array.from(values), labels: labelsOf(classes, largest(classes) + 1), count };
}

function mismatch(count: number, shape: Shape, found: string): string {
  return `${count} labels ask for images of [${[count, ...shape].join(', ')}], and there are ${found}`;
}

/** Place of the first that is no whole number from 0 to the largest; -1 where there is none. */
function firstBeyond(values: ArrayLike<number>, most: number): number {
  return Array.prototype.findIndex.call(values, (value) => !(Number.isInteger(value) && value >= 0 && value <= most));
}

const largest = (labels: ArrayLike<number>) =>
  Array.prototype.reduce.call(labels, (most, label) => Math.max(most as number, label as number), 0) as number;

function requireClasses(name: string, splits: Record<'train' | 'test', ImageSplit>, names: readonly string[]): void {
  const refuse = (reason: string) => new RangeError(`dataset: '${name}' ${reason}.`);
  if (names.length < 2) throw refuse(`has ${names.length} class; expected 2 to ${mostClasses}`);
  for (const [split, { labels }] of Object.entries(splits)) {
    if (largest(labels) < names.length) continue;
    throw refuse(
      `has ${names.length} classes, and in ${split} there is the label ${largest(labels)}; labels are 0 to ${names.length - 1}`,
    );
  }
  const present = new Set(splits.train.labels);
  const missing = names.findIndex((_, label) => !present.has(label));
  if (missing >= 0) throw refuse(`has no training image of the class ${missing}, '${names[missing]}'`);
}
