/** IDC's uniform multi-formation: one stored image holds factor x factor smaller ones. */
import { z } from 'zod';
import { tf } from '../tensor/tensorflow';
import { bilinearMatrix } from './bilinear';
import type { Decoder, DistilledSet } from './distilled-set';
import type { Parameterisation } from './parameterisation';
import { mapRowsAndColumns } from './separable-map';
import { realImages, type StartImages } from './stored-items';
import { addOptions, type WrappedNaming } from './wrapped-kind';

const options = {
  /** Crops per side that one item is cut into and enlarged (IDC's uniform multi-formation); 1 for none. */
  factor: z.number().int().min(1).max(3),
};

/** Options of a kind on multi-formation. */
export type MultiFormed<Inner> = Inner & z.infer<z.ZodObject<typeof options>>;

/** What continues an image whose side the factor does not divide: IDC's, the middle of its pixels, which run from 0 to 1. */
const padding = 0.5;

/**
 * Cuts every image into factor x factor crops and enlarges each to the full size, bilinearly with half-pixel centres. All crops
 * are of one size: where the factor does not divide a side, the image is continued by 0.5 below and on the right.
 * @param images [batch, height, width, channels]
 * @returns [factor * factor * batch, height, width, channels], crop by crop, row by row of crops
 * @see Kim et al., Dataset Condensation via Efficient Synthetic-Data Parameterization, ICML 2022, arXiv 2205.14959;
 * `decode_zoom` in their code
 */
export function multiFormation(images: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (factor === 1) return images;
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [height, width].map((side) => bilinearMatrix(Math.ceil(side / factor), side, factor));
  const continued = tf.pad(
    images,
    [
      [0, 0],
      [0, rows.shape[1] - height],
      [0, columns.shape[1] - width],
      [0, 0],
    ],
    padding,
  );
  return mapRowsAndColumns(continued, rows, columns)
    .reshape([factor, width, factor, height, batch, channels])
    .transpose([2, 0, 4, 3, 1, 5])
    .reshape([factor * factor * batch, height, width, channels]);
}

/**
 * A kind of set on multi-formation, with its option `factor`, by default 1: with 2 every item is cut into four crops, each a training
 * image of the item's class, in the same floats. Of a kind that decodes in two stages, as HaBa, what is stored is cut.
 *
 *     const crops = registerParameterisation(multiFormed(lowRankKind, { kind: 'low-rank-crops', label: 'low rank, crops' }));
 *     await run({ set: crops({ factor: 2 }) });
 *
 * @param inner any kind without an option of that name
 * @param naming default: as the kind, whose place it takes
 */
export function multiFormed<Inner extends object, Of extends string, Kind extends string = Of>(
  inner: Parameterisation<Inner, Of>,
  { kind = inner.kind as string as Kind, label = inner.label }: WrappedNaming<Kind> = {},
): Parameterisation<MultiFormed<Inner>, Kind> {
  return {
    ...inner,
    kind,
    label,
    options: addOptions('multiFormed', inner, options),
    defaults: (choice) => ({ ...inner.defaults(choice), factor: 1 }),
    create: (given, shape) => withMultiFormation(inner.create(given, shape), given.factor),
    sizesAtBudget:
      inner.sizesAtBudget && ((budget, given) => inner.sizesAtBudget!(budget, given) as Partial<MultiFormed<Inner>>[]),
  };
}

/**
 * Any set on multi-formation: an item, or, of a set that decodes in two stages, what is stored of it, is cut into factor x factor
 * crops, each a training image. Items that start from images start from as many real ones each, shrunk and laid side by side.
 */
export function withMultiFormation<Set extends Decoder & Partial<Pick<DistilledSet, 'labels'>>>(
  set: Set,
  factor: number,
): Set {
  if (factor === 1) return set;
  const { stages, preparation } = set;
  const crops = factor * factor;
  const cut: Decoder['stages'] = stages && {
    stored: (parameters, items) => multiFormation(stages.stored(parameters, items), factor),
    decoded: stages.decoded,
  };
  return {
    ...set,
    formations: crops * (set.formations ?? 1),
    init: (random, source, start = realImages) => set.init(random, source, mosaics(start, factor)),
    preparation: preparation && {
      ...preparation,
      begin: (random, source, start = realImages) => preparation.begin(random, source, mosaics(start, factor)),
    },
    images(parameters, choice) {
      if (cut === undefined) return multiFormation(set.images(parameters, choice), factor);
      const stored = cut.stored(parameters, choice.items);
      return cut.decoded(parameters, stored, eachOf(choice.hallucinators, stored));
    },
    stages: cut,
    ...('labels' in set && {
      labels(items: ArrayLike<number>) {
        const once = set.labels!(items);
        return Int32Array.from({ length: crops * once.length }, (_, row) => once[row % once.length]);
      },
    }),
  };
}

/** The view of each image, where several, formation by formation, are of an item in its one view. */
export function eachOf(chosen: tf.Tensor1D, images: tf.Tensor4D): tf.Tensor1D {
  const times = images.shape[0] / chosen.shape[0];
  return times === 1 ? chosen : tf.tile(chosen, [times]);
}

/** What each item starts from, made of factor x factor images: the arrangement that multi-formation cuts. */
function mosaics(start: StartImages, factor: number): StartImages {
  return (random, source, { together = 1, ...options }) =>
    tf.tidy(() => mosaic(start(random, source, { ...options, together: together * factor * factor }), factor));
}

/** Shrinks every factor^2 images and lays them side by side in one. */
function mosaic(images: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [all, height, width, channels] = images.shape;
  const cell = [Math.ceil(height / factor), Math.ceil(width / factor)];
  const shrunk = tf.image.resizeBilinear(images, cell as [number, number], false, true);
  const count = all / (factor * factor);
  const laid = shrunk
    .reshape([count, factor, factor, cell[0], cell[1], channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape<tf.Tensor4D>([count, factor * cell[0], factor * cell[1], channels]);
  return laid.slice([0, 0, 0, 0], [count, height, width, channels]);
}
