/** Golden cases: numbers of the authors' PyTorch code, one case a safetensors file. */
import { z } from 'zod';
import { imagesFromPyTorch } from '../../tensor/layout';
import { oneLine } from '../../files/one-line';
import { readSafetensors } from '../../files/safetensors';
import { toTensor } from '../../tensor/stored-tensors';
import { tf } from '../../tensor/tensorflow';
import { parseOrExplain } from '../../files/parse-or-explain';

/** The fields a case's `config` may have; which of them it needs depends on its op. */
const configSchema = z
  .object({
    augmentation: z.string(),
    augmentations: z.record(z.string()),
    classes: z.number().int().positive(),
    depth: z.number().int().positive(),
    eps: z.number().positive(),
    factor: z.number().int().positive(),
    kept: z.number().int().positive(),
    lambda_classification: z.number(),
    lambda_contrastive: z.number(),
    lambda_cosine: z.number(),
    lambda_likelihood: z.number(),
    lr: z.number(),
    metric: z.string(),
    momentum: z.number(),
    network: z.string(),
    optimisers: z.record(z.tuple([z.number(), z.number()])),
    params: z.array(z.tuple([z.string(), z.array(z.number().int().nonnegative())])),
    smallest_lr: z.number().positive(),
    temperature: z.number().positive(),
    w0: z.number().positive(),
    w0_initial: z.number().positive(),
    weight_decay: z.number(),
    width: z.number().int().positive(),
  })
  .partial()
  .passthrough();

export type GoldenConfig = z.infer<typeof configSchema>;

export interface GoldenCase {
  op: string;
  config: GoldenConfig;
  /** Names of all tensors, in stored order. */
  names: string[];
  /** A tensor as stored. @throws Error when the case has none of that name */
  tensor<T extends tf.Tensor = tf.Tensor>(name: string): T;
  /** Images [..., channels, height, width] as [batch, height, width, channels]. */
  images(name: string): tf.Tensor4D;
}

/** One number or tensor of a case: what lib computes, and what the case says. */
export interface Comparison {
  name: string;
  ours: tf.Tensor;
  theirs: tf.Tensor;
  /** Largest relative L2 error. Default 1e-4. */
  tolerance?: number;
}

/** Gradients through deep networks and unrolled steps agree less closely in float32. */
export const looseTolerance = 2e-3;

/** Reads a case; its tensors belong to the tidy scope it is read in. @throws Error naming what is malformed */
export function readGoldenCase(file: string): GoldenCase {
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.op === undefined) throw new Error(`${file} is no golden case: its metadata has no 'op'.`);
  const config = parseConfig(file, metadata.config ?? '{}');
  const tensor = <T extends tf.Tensor>(name: string): T => {
    if (!Object.hasOwn(tensors, name)) {
      throw new Error(
        `${file} has no tensor '${name}', which '${metadata.op}' needs; it has ${Object.keys(tensors).join(', ')}.`,
      );
    }
    return toTensor(tensors[name]) as T;
  };
  return {
    op: metadata.op,
    config,
    names: Object.keys(tensors),
    tensor,
    images(name) {
      const images = imagesFromPyTorch(tensor(name));
      return images.reshape([-1, ...images.shape.slice(-3)] as [number, number, number, number]);
    },
  };
}

function parseConfig(file: string, text: string): GoldenConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: its 'config' is not JSON: ${oneLine((error as Error).message)}`, { cause: error });
  }
  const within = z.object({ config: configSchema });
  return parseOrExplain(within, { config: value }, (reason) => new Error(`${file}: ${reason}`)).config;
}

/** A field of the configuration. @throws Error when the case lacks it */
export function required<K extends keyof GoldenConfig & string>(
  { op, config }: GoldenCase,
  key: K,
): NonNullable<GoldenConfig[K]> {
  const value = config[key];
  if (value === undefined || value === null) throw new Error(`its 'config' has no '${key}', which '${op}' needs.`);
  return value;
}
