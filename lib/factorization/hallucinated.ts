/** Hallucinators on the items of any kind of set: HaBa is this, of stored images. */
import { z } from 'zod';
import { count, nonNegative } from '../settings/numbers';
import { imagesFromPyTorch, imagesToPyTorch } from '../tensor/layout';
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { Decoder } from './distilled-set';
import { hallucinate, hallucinatorShapes, initHallucinators } from './hallucinator';
import { withMultiFormation } from './multi-formation';
import type { DataShape, Parameterisation, TensorSpec } from './parameterisation';
import type { storedItemOptions } from './stored-items';

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
type ItemOptions = z.infer<z.ZodObject<typeof storedItemOptions>>;

/** Options of a kind on whose items hallucinators work, which are called bases. */
export type Hallucinated<Inner> = Inner & HallucinatorsOptions & { basesPerClass: number };

const prefix = 'hallucinators.';

/** Numbers of hallucinators that a budget is tried with: the authors' five, or fewer. */
const counts = [5, 3, 2, 1];
/** Share of a budget that hallucinators may take at most: fewer than five where five would take more; one, where even that does. */
const largestShare = 1 / 3;

export interface HallucinatedOptions<Inner> {
  kind: string;
  label: string;
  /** Channels of the images that the items decode to. Default: those of the images. */
  channels?: (options: Inner, shape: DataShape) => number;
}

/**
 * What `inner` decodes, cut into crops with multi-formation, goes through hallucinators: the tensors of `inner` and the stacked
 * `hallucinators.*`, [hallucinators, ...] each.
 * @param inner a kind with the options of stored items; its items per class are then called `basesPerClass`
 * @see Liu et al., NeurIPS 2022, section 3.1
 */
export function hallucinated<Inner extends ItemOptions>(
  inner: Parameterisation<Inner>,
  { kind, label, channels = (_, { imageShape }) => imageShape[2] }: HallucinatedOptions<Inner>,
): Parameterisation<Hallucinated<Inner>> {
  type Options = Hallucinated<Inner>;
  const itemsOf = (given: Options): Inner => ({ ...given, [inner.itemsPerClass]: given.basesPerClass });
  const sizesOf = (given: Options, shape: DataShape) => ({
    ...given,
    imageShape: shape.imageShape,
    baseChannels: channels(itemsOf(given), shape),
  });
  const { [inner.itemsPerClass]: perClass, factor, initialisation, ...own } = inner.options;
  return {
    kind,
    label,
    version: inner.version,
    options: { basesPerClass: perClass, ...own, ...hallucinatorOptions, factor, initialisation },
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
      // Crops are cut of what is stored, before hallucinators.
      const items = inner.create({ ...itemsOf(given), factor: 1 }, shape);
      const stages: Decoder['stages'] = {
        stored: (parameters, chosen) => items.images(parameters, { items: chosen, hallucinators: chosen }),
        decoded: (parameters, stored, chosen) => hallucinate(withPrefix(parameters, prefix), stored, chosen),
      };
      const whole: Decoder = {
        views: given.hallucinators,
        init: (random, source, start) => ({
          ...items.init(random, source, start),
          ...addPrefix(initHallucinators(random.stream('hallucinators'), sizesOf(given, shape)), prefix),
        }),
        preparation: items.preparation,
        images: (parameters, choice) =>
          stages.decoded(parameters, stages.stored(parameters, choice.items), choice.hallucinators),
        stages,
      };
      return withMultiFormation(whole, given.factor);
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
