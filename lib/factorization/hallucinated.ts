/** Hallucinators on the items of any kind of set: HaBa is this, of stored images. */
import { z } from 'zod';
import { count, nonNegative } from '../settings/numbers';
import { imagesFromPyTorch, imagesToPyTorch } from '../tensor/layout';
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { balancedChoice } from './balanced-choice';
import { hallucinate, hallucinatorShapes, initHallucinators } from './hallucinator';
import { eachOf } from './multi-formation';
import type { DataShape, Parameterisation, TensorSpec } from './parameterisation';
import { addOptions, type WrappedNaming } from './wrapped-kind';

const hallucinatorOptions = {
  hallucinators: count,
  kernelSize: count,
  /** Channels between encoder and decoder. */
  middleChannels: count,
  /** 'pytorch': default initialisation, as the authors; 'identity': passes a basis through, plus identityNoise. */
  hallucinatorInitialisation: z.enum(['pytorch', 'identity']),
  /** Standard deviation of the noise added to identity filters. */
  identityNoise: nonNegative,
};

type HallucinatorsOptions = z.infer<z.ZodObject<typeof hallucinatorOptions>>;

/** Options of a kind on whose items hallucinators work, which are called bases. */
export type Hallucinated<Inner> = Inner & HallucinatorsOptions & { basesPerClass: number };

const prefix = 'hallucinators.';

/** Numbers of hallucinators that a budget is tried with: the authors' five, or fewer. */
const counts = [5, 3, 2, 1];
/** Share of a budget that hallucinators may take at most: fewer than five where five would take more; one, where even that does. */
const largestShare = 1 / 3;

export interface HallucinatedOptions<Inner, Kind extends string> extends WrappedNaming<Kind> {
  /** Channels of the images that the items decode to. Default: those of the images. */
  channels?: (options: Inner, shape: DataShape) => number;
}

/**
 * A kind of set whose items, as `inner` decodes them, are bases that go through hallucinators: the tensors of `inner` and the stacked
 * `hallucinators.*`, [hallucinators, ...] each. Of `inner` in several views each goes through every hallucinator.
 *
 *     const haba = registerParameterisation(multiFormed(hallucinated(lowRankKind)));
 *     await run({ set: haba({ basesPerClass: 20, hallucinators: 3, factor: 2 }) });
 *
 * @param inner any kind without an option of a hallucinator's name; its items per class are then called `basesPerClass`
 * @param naming default: `haba-` and the kind, 'HaBa on ' and its label
 * @see Liu et al., NeurIPS 2022, section 3.1
 */
export function hallucinated<Inner extends object, Of extends string, Kind extends string = `haba-${Of}`>(
  inner: Parameterisation<Inner, Of>,
  {
    kind = `haba-${inner.kind}` as Kind,
    label = `HaBa on ${inner.label}`,
    channels = (_, { imageShape }) => imageShape[2],
  }: HallucinatedOptions<Inner, Kind> = {},
): Parameterisation<Hallucinated<Inner>, Kind> {
  type Options = Hallucinated<Inner>;
  const itemsOf = (given: Options): Inner => ({ ...given, [inner.itemsPerClass]: given.basesPerClass });
  const sizesOf = (given: Options, shape: DataShape) => ({
    ...given,
    imageShape: shape.imageShape,
    baseChannels: channels(itemsOf(given), shape),
  });
  const { [inner.itemsPerClass]: basesPerClass, ...own } = inner.options;
  const added = { basesPerClass, ...hallucinatorOptions };
  return {
    kind,
    label,
    version: inner.version,
    options: { basesPerClass, ...addOptions('hallucinated', { kind: inner.kind, options: own }, added) },
    itemsPerClass: 'basesPerClass',
    defaults(choice) {
      const { [inner.itemsPerClass as keyof Inner]: bases, ...rest } = inner.defaults(choice);
      const paper = choice.profile === 'paper';
      const hallucinators: HallucinatorsOptions = {
        hallucinators: choice.profile === 'smoke' ? 2 : 5,
        kernelSize: 3,
        middleChannels: 3,
        // Short runs cannot afford hallucinators that start by distorting their bases.
        hallucinatorInitialisation: paper ? 'pytorch' : 'identity',
        // Enough for hallucinations that differ from the start: a few hundred iterations do not drive them apart.
        identityNoise: paper ? 0.05 : 0.2,
      };
      return { basesPerClass: bases, ...rest, ...hallucinators } as unknown as Options;
    },
    optimisers: (usual, choice) => ({
      ...(inner.optimisers?.(usual, choice) ?? { bases: usual.bases }),
      hallucinators: usual.hallucinators,
    }),
    tensors(given, shape) {
      const hallucinators = Object.entries(hallucinatorShapes(sizesOf(given, shape))).map(
        ([name, own]): [string, TensorSpec] => [`${prefix}${name}`, { shape: own, part: 'hallucinators' }],
      );
      return { ...inner.tensors(itemsOf(given), shape), ...Object.fromEntries(hallucinators) };
    },
    create(given, shape) {
      requireSmallKernel(given, shape);
      const items = inner.create(itemsOf(given), shape);
      const { views = 1, formations } = items;
      const { hallucinators } = given;
      const decoded = (parameters: Parameters, stored: tf.Tensor4D, chosen: tf.Tensor1D) =>
        hallucinate(withPrefix(parameters, prefix), stored, chosen);
      return {
        views: views * hallucinators,
        formations,
        // Views of items are drawn as these say, hallucinators evenly.
        draw:
          items.draw &&
          ((random, chosen) => {
            const ofItems = items.draw!(random.stream('items'), chosen);
            const ofHallucinators = balancedChoice(random, chosen.length, hallucinators);
            return ofItems.map((view, place) => ofHallucinators[place] * views + view);
          }),
        init: (random, source, start) => ({
          ...items.init(random, source, start),
          ...addPrefix(initHallucinators(random.stream('hallucinators'), sizesOf(given, shape)), prefix),
        }),
        preparation: items.preparation,
        images(parameters, choice) {
          const [ofItem, ofHallucinator] = apart(choice.hallucinators, views);
          const stored = items.images(parameters, { items: choice.items, hallucinators: ofItem });
          return decoded(parameters, stored, eachOf(ofHallucinator, stored));
        },
        // Crops are cut of what is stored, before hallucinators.
        ...(views === 1 && {
          stages: {
            stored: (parameters, chosen) => items.images(parameters, { items: chosen, hallucinators: chosen }),
            decoded,
          },
        }),
      };
    },
    sizesAtBudget(budget, given) {
      const { imageShape, classCount, imagesPerClass } = budget;
      const most = largestShare * imagesPerClass * classCount * tf.util.sizeFromShape([...imageShape]);
      const one = Object.values(hallucinatorShapes(sizesOf({ ...given, hallucinators: 1 }, budget)));
      const floats = one.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0);
      const affordable = counts
        .filter((hallucinators) => hallucinators === 1 || hallucinators * floats <= most)
        .map((hallucinators) => ({ hallucinators }));
      const sizes = inner.sizesAtBudget?.(budget, itemsOf(given)) ?? [{}];
      return affordable.flatMap((some) => sizes.map((size) => ({ ...size, ...some }))) as Partial<Options>[];
    },
    realPerClass: inner.realPerClass && ((given) => inner.realPerClass!(itemsOf(given))),
    itemsInName: (bases) => `${bases}bases`,
    startOptions: [...(inner.startOptions ?? []), 'identityNoise'],
    toPyTorch:
      inner.toPyTorch &&
      ((parameters) => ({
        ...inner.toPyTorch!(parameters),
        ...hallucinatorsToPyTorch(withPrefix(parameters, prefix)),
      })),
    pictures: { ...inner.pictures, item: ['basis', 'bases'], view: 'hallucinator' },
  };
}

/** View of an item, and hallucinator: of items in several views, view `hallucinator * views + view`. */
function apart(chosen: tf.Tensor1D, views: number): [ofItem: tf.Tensor1D, ofHallucinator: tf.Tensor1D] {
  // Items of one view do not look at it.
  if (views === 1) return [chosen, chosen];
  const count = tf.scalar(views, 'int32');
  const hallucinator = tf.floorDiv<tf.Tensor1D>(chosen, count);
  return [chosen.sub(hallucinator.mul(count)), hallucinator];
}

function requireSmallKernel({ kernelSize }: HallucinatorsOptions, { imageShape: [height, width] }: DataShape): void {
  const largest = Math.min(height, width);
  if (kernelSize > largest) {
    throw new RangeError(
      `A hallucinator's kernel, 'set.kernelSize', is ${kernelSize}; for images of ${height}x${width} allowed are 1 to ${largest}.`,
    );
  }
}

/**
 * For hallucinator j the parts of the authors' module: `hallucinators.j.enc.weight` (OIHW), `.enc.bias`, `.scale` and `.shift`
 * [1, middle, rows, columns], `.dec.weight` (IOHW, of a transposed convolution), `.dec.bias`.
 */
function hallucinatorsToPyTorch(stacked: Parameters): Parameters {
  const named: Parameters = {};
  for (let hallucinator = 0; hallucinator < stacked['enc.bias'].shape[0]; hallucinator++) {
    for (const [name, parameter] of Object.entries(stacked)) {
      const own = parameter.slice(hallucinator, 1).squeeze([0]);
      named[`${prefix}${hallucinator}.${name}`] = inPyTorchLayout(name, own);
    }
  }
  return named;
}

/**
 * The stacked parameters of hallucinators from the parts of the authors' module, the inverse of the export.
 * @param parts one record a hallucinator: `enc.weight`, `enc.bias`, `scale`, `shift`, `dec.weight`, `dec.bias`
 */
export function hallucinatorsFromPyTorch(parts: readonly Parameters[]): Parameters {
  return Object.fromEntries(
    Object.keys(parts[0]).map((name) => [
      `${prefix}${name}`,
      tf.stack(parts.map((part) => fromPyTorchLayout(name, part[name]))),
    ]),
  );
}

function fromPyTorchLayout(name: string, stored: tf.Tensor): tf.Tensor {
  if (name.endsWith('.weight')) return stored.transpose([2, 3, 1, 0]);
  return stored.rank === 4 ? imagesFromPyTorch(stored).squeeze([0]) : stored;
}

function inPyTorchLayout(name: string, own: tf.Tensor): tf.Tensor {
  // HWIO of the encoder becomes OIHW; HWOI of the decoder IOHW.
  if (name.endsWith('.weight')) return own.transpose([3, 2, 0, 1]);
  return own.rank === 3 ? imagesToPyTorch(own.expandDims(0)) : own;
}
