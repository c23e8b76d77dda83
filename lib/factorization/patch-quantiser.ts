/**
 * Images at two bits a value (PTQ-DC): each patch of 5 x 5 pixels of a channel would have four levels of its own; patches of
 * alike levels share them, and the codes go through an entropy coder.
 */
import { kmeans } from 'ml-kmeans';
import { bitModels, rangeDecoder, rangeEncoder, type BitCoder } from './range-coder';
import type { Random } from '../tensor/random';
import { affineOf, levelOf, valueOf, type Affine } from './affine-quantiser';

/** Two bits. */
const levels = 4;

/** Side of a patch, in pixels; those at the right and below are what is left. */
export const patchSide = 5;

/** Images of a stored tensor, [images, height, width, channels]. */
export type ImagesShape = readonly [images: number, height: number, width: number, channels: number];

/** What stands for the images. */
export interface PatchCodes {
  /** Levels of each group of patches. */
  groups: Affine[];
  /** Group of each patch, and level of each value, entropy-coded. */
  bytes: Uint8Array;
}

export interface PatchQuantiserOptions {
  /** Groups at most; fewer where there are fewer patches. */
  groups: number;
  /** Draws where the groups begin. */
  random: Random;
  /** What groups and levels are made of, as many values; those that are coded may have moved since. Default: the values. */
  calibration?: Float32Array;
}

/** Smallest and largest value of some patches. */
interface Range {
  minimum: number;
  maximum: number;
}

/**
 * Quantises images: for each patch a = (max - min) / 3 and z = round(-min / a); k-means on (a, z) makes the groups; each group is
 * calibrated again on all values of its patches; then q = clip(round(x / a + z), 0, 3), decoded as a (q - z).
 * @param values in the order of `shape`
 * @see the post-training quantisation of distilled sets in `PTQ-DC`, AAAI 2026, of which there is no public code
 */
export function encodePatches(
  values: Float32Array,
  shape: ImagesShape,
  { groups: most, random, calibration = values }: PatchQuantiserOptions,
): PatchCodes {
  const { patchOf } = patchesOf(shape);
  const { groups, groupOf } = patchGroups(calibration, shape, most, random);
  const codes = Uint8Array.from(values, (value, place) => levelOf(value, groups[groupOf[patchOf(place)]], levels));
  const { code, finish } = rangeEncoder();
  codePatches(code, shape, groups, { groupOf, codes });
  return { groups, bytes: finish() };
}

/**
 * The images that codes stand for, float32 in the order of `shape`.
 * @throws Error saying what is wrong with the codes, to follow the name of where they are
 */
export function decodePatches({ groups, bytes }: PatchCodes, shape: ImagesShape): Float32Array {
  const { patchCount, patchOf, size } = patchesOf(shape);
  const decoded = { groupOf: new Uint32Array(patchCount), codes: new Uint8Array(size) };
  const { code, finish } = rangeDecoder(bytes);
  codePatches(code, shape, groups, decoded);
  finish();
  return Float32Array.from(decoded.codes, (level, place) => valueOf(level, groups[decoded.groupOf[patchOf(place)]]));
}

/** Levels of each group, and the group of each patch. */
function patchGroups(values: Float32Array, shape: ImagesShape, most: number, random: Random) {
  const { patchCount, patchOf } = patchesOf(shape);
  const calibrated = (count: number, poolOf: (place: number) => number) =>
    pooledRanges(values, count, poolOf).map(({ minimum, maximum }) => affineOf(minimum, maximum, levels));
  const groupOf = groupsOf(calibrated(patchCount, patchOf), most, random);
  // Patches may be many: more than a call takes arguments.
  const count = groupOf.reduce((largest, group) => Math.max(largest, group), 0) + 1;
  return { groups: calibrated(count, (place) => groupOf[patchOf(place)]), groupOf };
}

/** The levels that each value would be stored at. @returns steps and zeros, in the order of `shape` */
export function patchLevels(
  values: Float32Array,
  shape: ImagesShape,
  { groups: most, random }: Pick<PatchQuantiserOptions, 'groups' | 'random'>,
): { steps: Float32Array; zeros: Float32Array } {
  const { patchOf } = patchesOf(shape);
  const { groups, groupOf } = patchGroups(values, shape, most, random);
  const of = (key: keyof Affine) => values.map((_, place) => groups[groupOf[patchOf(place)]][key]);
  return { steps: of('step'), zeros: of('zero') };
}

/** Patches are numbered image by image, channel by channel, row by row. */
function patchesOf([images, height, width, channels]: ImagesShape) {
  const [rows, columns] = [height, width].map((side) => Math.ceil(side / patchSide));
  return {
    patchCount: images * channels * rows * columns,
    size: images * height * width * channels,
    patchOf: (place: number): number => {
      const [channel, pixel] = [place % channels, Math.floor(place / channels)];
      const [column, line] = [pixel % width, Math.floor(pixel / width)];
      const [row, image] = [line % height, Math.floor(line / height)];
      const plane = image * channels + channel;
      return (plane * rows + Math.floor(row / patchSide)) * columns + Math.floor(column / patchSide);
    },
  };
}

function pooledRanges(values: Float32Array, count: number, poolOf: (place: number) => number): Range[] {
  const ranges = Array.from({ length: count }, (): Range => ({ minimum: Infinity, maximum: -Infinity }));
  for (const [place, value] of values.entries()) {
    const range = ranges[poolOf(place)];
    if (value < range.minimum) range.minimum = value;
    if (value > range.maximum) range.maximum = value;
  }
  return ranges;
}

/** Group of each patch, 0 to the number of groups - 1, each of which has a patch. */
function groupsOf(patches: readonly Affine[], most: number, random: Random): Uint32Array {
  const points = patches.map(({ step, zero }) => [step, zero]);
  // More groups than there are different patches would be empty.
  const different = new Set(points.map((point) => point.join())).size;
  const count = Math.min(most, different);
  if (count === 1) return new Uint32Array(patches.length);
  const { clusters } = kmeans(points, count, { seed: random.integer(2 ** 31) });
  const names = new Map([...new Set(clusters)].sort((a, b) => a - b).map((cluster, name) => [cluster, name]));
  return Uint32Array.from(clusters, (cluster) => names.get(cluster)!);
}

/**
 * Walks over all groups and codes, to write those given or to fill them in. A code's context are the levels that the pixels to the
 * left and above, and the same pixel of the channel before, would have in its own patch: what they were decoded to is known.
 * @throws Error for a group that there is not
 */
function codePatches(
  code: BitCoder,
  shape: ImagesShape,
  groups: readonly Affine[],
  { groupOf, codes }: { groupOf: Uint32Array; codes: Uint8Array },
): void {
  const [images, height, width, channels] = shape;
  const { patchOf } = patchesOf(shape);
  const groupBits = Math.ceil(Math.log2(groups.length));
  const groupModels = bitModels(2 ** groupBits);
  for (const [patch, group] of groupOf.entries()) {
    let known = 1;
    for (let bit = groupBits - 1; bit >= 0; bit--) known = 2 * known + code(groupModels, known, (group >> bit) & 1);
    groupOf[patch] = known - 2 ** groupBits;
    if (groupOf[patch] >= groups.length) {
      throw new Error(`names group ${groupOf[patch]}, and there are ${groups.length}`);
    }
  }
  const outside = levels;
  const near = levels + 1;
  const models = bitModels(near ** 3 * levels);
  const row = width * channels;
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < height * width; pixel++) {
        const place = (image * height * width + pixel) * channels + channel;
        const own = groups[groupOf[patchOf(place)]];
        const seen = (is: boolean, other: number) =>
          is ? levelOf(valueOf(codes[other], groups[groupOf[patchOf(other)]]), own, levels) : outside;
        const left = seen(pixel % width > 0, place - channels);
        const above = seen(pixel >= width, place - row);
        const before = seen(channel > 0, place - 1);
        const context = ((left * near + above) * near + before) * levels;
        // The higher bit first, then the lower, in a context that knows it.
        const high = code(models, context, codes[place] >> 1);
        codes[place] = 2 * high + code(models, context + 1 + high, codes[place] & 1);
      }
    }
  }
}
