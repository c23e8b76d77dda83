/** Which of the arrays found are images, labels, a learned step size, hallucinators and what inverts a normalisation. */
import type { FoundArray } from './found-arrays';
import { listArrays } from './found-arrays';

/** Order of an image's dimensions: PyTorch's, or that of here. */
export type Layout = 'NCHW' | 'NHWC';

export interface RolesOptions {
  /** [height, width, channels] of the dataset. */
  imageShape: readonly [number, number, number];
  classCount: number;
  /** What dataset it is, for sentences. */
  dataset: string;
  /** Default: whichever the shape tells. */
  layout?: Layout;
  /** Name of the array of images. Default: the only one that can be it. */
  images?: string;
  /** Name of the array of labels, or 'in-order'. Default: the only one that can be it. */
  labels?: string;
}

/** Images as they are stored, and how. */
export interface FoundImages {
  array: FoundArray;
  layout: Layout;
  count: number;
  /** That of the dataset, or 1 of bases for hallucinators. */
  channels: number;
}

export interface Roles {
  images: FoundImages;
  /** Undefined where they are said to be in order, class by class. */
  labels?: FoundArray;
  /** Of a file that has both, as an export of here: soft labels beside `labels`, which are classes. */
  softLabels?: FoundArray;
  stepSize?: number;
  /** One record a hallucinator, by the names of the authors' module; none for plain images. */
  hallucinators: Record<string, FoundArray>[];
  /** Of the channels: pixels / 255 = images * deviation + mean. */
  statistics?: { mean: number[]; deviation: number[] };
  /** [pixels, pixels] over pixels in PyTorch's order, as the export writes it. */
  zcaInverse?: FoundArray;
}

/** @throws Error listing what was found, and saying what must be said */
export function rolesOf(arrays: readonly FoundArray[], options: RolesOptions): Roles {
  const hallucinators = hallucinatorsOf(arrays);
  const parts = new Set(hallucinators.flatMap((record) => Object.values(record)));
  const others = arrays.filter((array) => !parts.has(array));
  const images = imagesOf(others, options, hallucinators.length > 0);
  const beside = others.filter((array) => array !== images.array);
  const labels = labelsOf(beside, images, options);
  const [mean, deviation] = ['mean', 'deviation'].map((name) => perChannel(beside, name, options.imageShape[2]));
  return {
    images,
    labels,
    softLabels: options.labels === undefined ? softBeside(beside, labels, images, options) : undefined,
    stepSize: stepSizeOf(beside),
    hallucinators,
    ...(mean && deviation ? { statistics: { mean, deviation } } : {}),
    zcaInverse: beside.find(({ name }) => name === 'zca.inverse'),
  };
}

const partNames = ['enc.weight', 'enc.bias', 'scale', 'shift', 'dec.weight', 'dec.bias'];
const partName = /^(?:.*\.)?(\d+)\.(enc\.weight|enc\.bias|scale|shift|dec\.weight|dec\.bias)$/;

/** HaBa's `weights_best.pt` names them '0.enc.weight', the export here 'hallucinators.0.enc.weight'. */
function hallucinatorsOf(arrays: readonly FoundArray[]): Record<string, FoundArray>[] {
  const records: Record<string, FoundArray>[] = [];
  for (const array of arrays) {
    const [, number, part] = partName.exec(array.name) ?? [];
    if (part === undefined || Number(number) > arrays.length) continue;
    (records[Number(number)] ??= {})[part] = array;
  }
  for (let number = 0; number < records.length; number++) {
    const missing = partNames.filter((part) => records[number]?.[part] === undefined);
    if (missing.length > 0)
      throw new Error(
        `Import: hallucinator ${number} lacks ${missing.join(', ')}; all of ${records.length} need every part.`,
      );
  }
  return records;
}

function imagesOf(arrays: readonly FoundArray[], options: RolesOptions, forHallucinators: boolean): FoundImages {
  const { imageShape, dataset, layout, images: name } = options;
  const [height, width, colours] = imageShape;
  const wanted = name === undefined ? arrays : named(arrays, name, '--images');
  const channels = [...new Set(forHallucinators ? [colours, 1] : [colours])];
  const both: Layout[] = ['NCHW', 'NHWC'];
  const readings = wanted.flatMap((array) =>
    both.flatMap((order) => channels.flatMap((count) => imagesAs(array, order, [height, width, count]) ?? [])),
  );
  const asSaid = layout === undefined ? readings : readings.filter((reading) => reading.layout === layout);
  const told = `Images of ${dataset} are [N, ${colours}, ${height}, ${width}] (NCHW, PyTorch's) or [N, ${height}, ${width}, ${colours}] (NHWC)`;
  if (asSaid.length === 0 && readings.length > 0) {
    throw new Error(
      `Import: the layout is said to be ${layout}, and ${listArrays([readings[0].array])} is ${readings[0].layout}. ${told}; leave '--layout' out.`,
    );
  }
  if (asSaid.length === 0) {
    throw new Error(
      `Import: there are no images in it. ${told}; found was ${listArrays(wanted)}. Is it another dataset ('--dataset'), or another size?`,
    );
  }
  const ofEither = new Set(asSaid.map(({ array }) => array));
  if (ofEither.size > 1) {
    const byName = asSaid.filter(({ array }) => /(^|[._-])(images?|image_syn|syn_images|bases|x)$/i.test(array.name));
    if (byName.length === 1) return byName[0];
    throw new Error(
      `Import: several arrays can be the images: ${listArrays([...ofEither])}. Say which: '--images ${asSaid[0].array.name}'.`,
    );
  }
  if (asSaid.length > 1) {
    throw new Error(
      `Import: ${listArrays([asSaid[0].array])} can be read as NCHW and as NHWC; say which with '--layout'.`,
    );
  }
  return asSaid[0];
}

/** [N, ...] or, as HaBa's code has it in memory, [classes, N, ...]. */
function imagesAs(
  array: FoundArray,
  layout: Layout,
  shape: readonly [number, number, number],
): FoundImages | undefined {
  const [height, width, channels] = shape;
  const own = layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  const { shape: stored } = array.tensor;
  if (stored.length < 4 || stored.length > 5 || stored.slice(-3).join() !== own.join()) return undefined;
  const count = stored.slice(0, -3).reduce((product, side) => product * side, 1);
  return count === 0 ? undefined : { array, layout, count, channels };
}

function labelsOf(
  arrays: readonly FoundArray[],
  { array, count }: FoundImages,
  { classCount, labels: name }: RolesOptions,
): FoundArray | undefined {
  if (name === 'in-order') return undefined;
  const fits = ({ tensor: { shape } }: FoundArray) =>
    shape.join() === `${count}` || shape.join() === `${count},1` || shape.join() === `${count},${classCount}`;
  const told = `labels of ${count} images are [${count}] or, soft ones, [${count}, ${classCount}]`;
  if (name !== undefined) {
    const [found] = named(arrays, name, '--labels');
    if (!fits(found)) throw new Error(`Import: ${listArrays([found])} are no labels: ${told}.`);
    return found;
  }
  const parent = (each: FoundArray) => `${each.file} ${each.name.replace(/\.?[^.]*$/, '')}`;
  const fitting = arrays.filter(fits);
  const choices = [
    fitting,
    fitting.filter((each) => parent(each) === parent(array)),
    fitting.filter((each) => /(^|[._-])(labels?|label_syn|targets?|y)$/i.test(each.name)),
    // Classes, with soft labels beside them.
    fitting.length === 2 && fitting.some(({ name: other }) => other === softName)
      ? fitting.filter(({ name: other, tensor }) => other !== softName && tensor.shape.length === 1)
      : [],
  ];
  const only = choices.find((some) => some.length === 1);
  if (only) return only[0];
  if (fitting.length > 1) {
    throw new Error(
      `Import: several arrays can be the labels: ${listArrays(fitting)}. Say which: '--labels ${fitting[0].name}'.`,
    );
  }
  throw new Error(
    `Import: there are no labels: ${told}; found was ${listArrays(arrays)}. Add their file; or, where the images are in order of their classes, as many of each, say so: '--labels in-order'.`,
  );
}

/** What the export here writes beside classes. */
const softName = 'soft_labels';

function softBeside(
  arrays: readonly FoundArray[],
  labels: FoundArray | undefined,
  { count }: FoundImages,
  { classCount }: RolesOptions,
): FoundArray | undefined {
  if (labels?.tensor.shape.join() !== `${count}`) return undefined;
  return arrays.find(
    ({ file, name, tensor }) =>
      file === labels.file && name === softName && tensor.shape.join() === `${count},${classCount}`,
  );
}

/** What trajectory matching learned with the images: `lr_best.pt`, `syn_lr`, or `step_size` of the export here. */
function stepSizeOf(arrays: readonly FoundArray[]): number | undefined {
  const found = arrays.filter(
    ({ name, tensor }) => tensor.values.length === 1 && /(^|\.)(syn_?)?(lr|learning_?rate|step_?size)$/i.test(name),
  );
  if (found.length > 1)
    throw new Error(`Import: several step sizes: ${listArrays(found)}. Say which, as a number: '--step-size'.`);
  return found.length === 0 ? undefined : Number(found[0].tensor.values[0]);
}

function perChannel(arrays: readonly FoundArray[], name: string, channels: number): number[] | undefined {
  const found = arrays.find((array) => array.name === name && array.tensor.shape.join() === `${channels}`);
  return found && Array.from(found.tensor.values as Float32Array, Number);
}

function named(arrays: readonly FoundArray[], name: string, option: string): FoundArray[] {
  const found = arrays.filter((array) => array.name === name);
  if (found.length === 1) return found;
  const what = found.length === 0 ? 'there is no' : 'there are several';
  throw new Error(`Import: ${what} '${name}' ('${option}'); found was ${listArrays(arrays)}.`);
}
