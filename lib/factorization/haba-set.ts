/** HaBa: bases, and hallucinators that make several training images of each. */
import { z } from 'zod';
import { imagesFromPyTorch, imagesToPyTorch } from '../tensor/layout';
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import type { Decoder } from './distilled-set';
import { hallucinate, hallucinatorShapes, initHallucinators } from './hallucinator';
import { withMultiFormation } from './multi-formation';
import type { DataShape, Parameterisation, TensorSpec } from './parameterisation';
import { initialItems, storedItemDefaults, storedItemOptions } from './stored-items';

const count = z.number().int().min(1).safe();

const options = {
  basesPerClass: count,
  /** Channels of a basis: 'colour' as the images, or 'single' at a third of the cost. */
  channels: z.enum(['colour', 'single']),
  hallucinators: count,
  kernelSize: count,
  /** Channels between encoder and decoder. */
  middleChannels: count,
  /** 'pytorch': default initialisation, as the authors; 'identity': passes a basis through, plus identityNoise. */
  hallucinatorInitialisation: z.enum(['pytorch', 'identity']),
  /** Standard deviation of the noise added to identity filters. */
  identityNoise: z.number().min(0).finite(),
  ...storedItemOptions,
};

export type HabaOptions = z.infer<z.ZodObject<typeof options>>;

const prefix = 'hallucinators.';

/**
 * `bases` [bases, height, width, 1 or channels] and the stacked `hallucinators.*`, [hallucinators, ...] each.
 * @see Liu et al., NeurIPS 2022, section 3.1
 */
export const habaSet: Parameterisation<HabaOptions> = {
  kind: 'haba',
  label: 'HaBa',
  options,
  itemsPerClass: 'basesPerClass',
  defaults: ({ profile, perClass = { smoke: 2, quick: 9, paper: 10 }[profile] }) => ({
    basesPerClass: perClass,
    channels: 'colour',
    hallucinators: profile === 'smoke' ? 2 : 5,
    kernelSize: 3,
    middleChannels: 3,
    // Short runs cannot afford hallucinators that start by distorting their bases.
    hallucinatorInitialisation: profile === 'paper' ? 'pytorch' : 'identity',
    // Enough for hallucinations that differ from the start: a few hundred iterations do not drive them apart.
    identityNoise: profile === 'paper' ? 0.05 : 0.2,
    ...storedItemDefaults,
  }),
  tensors(given, { imageShape, classCount }) {
    const [height, width] = imageShape;
    const sizes = { ...given, imageShape, baseChannels: baseChannels(given, imageShape) };
    const hallucinators = Object.entries(hallucinatorShapes(sizes)).map(([name, shape]): [string, TensorSpec] => [
      `${prefix}${name}`,
      { shape, part: 'hallucinators' },
    ]);
    return {
      bases: {
        shape: [classCount * given.basesPerClass, height, width, sizes.baseChannels],
        part: 'bases',
        images: true,
      },
      ...Object.fromEntries(hallucinators),
    };
  },
  create(given, shape) {
    requireSmallKernel(given, shape);
    const { imageShape } = shape;
    const { bases } = habaSet.tensors(given, shape);
    const stages: Decoder['stages'] = {
      stored: (parameters, items) => tf.gather(parameters.bases, items) as tf.Tensor4D,
      decoded: (parameters, stored, chosen) => hallucinate(withPrefix(parameters, prefix), stored, chosen),
    };
    const haba: Decoder = {
      views: given.hallucinators,
      init(random, source, start) {
        const { basesPerClass: perClass, initialisation } = given;
        const items = initialItems(random, source, { perClass, initialisation, shape: bases.shape, start });
        const hallucinators = initHallucinators(random.stream('hallucinators'), {
          ...given,
          imageShape,
          baseChannels: baseChannels(given, imageShape),
        });
        return { bases: items, ...addPrefix(hallucinators, prefix) };
      },
      images: (parameters, { items, hallucinators }) =>
        stages.decoded(parameters, stages.stored(parameters, items), hallucinators),
      stages,
    };
    return withMultiFormation(haba, given.factor);
  },
  realPerClass: ({ basesPerClass, initialisation }) => (initialisation === 'real' ? basesPerClass : 0),
  itemsInName: (perClass) => `${perClass}bases`,
  startOptions: ['identityNoise'],
  toPyTorch: (parameters) => ({
    bases: imagesToPyTorch(parameters.bases),
    ...hallucinatorsToPyTorch(withPrefix(parameters, prefix)),
  }),
  pictures: {
    item: ['basis', 'bases'],
    view: 'hallucinator',
    stored: (parameters, items) => tf.gather(parameters.bases, items) as tf.Tensor4D,
  },
};

function baseChannels({ channels }: Pick<HabaOptions, 'channels'>, imageShape: DataShape['imageShape']): number {
  return channels === 'single' ? 1 : imageShape[2];
}

function requireSmallKernel({ kernelSize }: HabaOptions, { imageShape: [height, width] }: DataShape): void {
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
