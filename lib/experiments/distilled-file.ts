/** A distilled set as one self-describing file: everything that training on it needs. */
import { z } from 'zod';
import type { PreparedDataset } from '../data/image-source';
import { configure, type Configuration } from '../distillation/configuration';
import type { Accuracy } from '../evaluation/evaluation';
import { hallucinatorShapes } from '../factorization/hallucinator';
import { oneLine } from '../files/one-line';
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { readSafetensors } from '../files/safetensors';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';

/** Raised when the meaning of the file changes. */
const format = 'haba distilled set 1';

export interface DistilledFile {
  /** Bases, hallucinators, and a learned step size where there is one. */
  parameters: Parameters;
  configuration: Configuration;
  classNames: string[];
  imageShape: [number, number, number];
  /** Accuracy recorded when the set was made. */
  accuracy: Accuracy;
  /** SHA-256 of the images and labels it was made from. */
  dataChecksum: string;
  /** What inverts the whitening: `mean`, `deviation` [channels], with ZCA its matrices. */
  statistics: Parameters;
}

export interface WriteOptions {
  parameters: Parameters;
  configuration: Configuration;
  data: PreparedDataset;
  accuracy: Accuracy;
}

/** Text that holds JSON of a schema. */
function json<Schema extends z.ZodTypeAny>(schema: Schema) {
  const parsed = z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: z.ZodIssueCode.custom, message: 'not JSON' });
      return z.NEVER;
    }
  });
  return parsed.pipe(schema);
}

const side = z.number().int().positive();

const metadataSchema = z.object({
  format: z.literal(format),
  /** Checked by `configure`. */
  configuration: json(z.record(z.unknown())),
  classNames: json(z.array(z.string()).min(1)),
  imageShape: json(z.tuple([side, side, side])),
  accuracy: json(z.object({ mean: z.number().finite(), std: z.number().finite(), runs: z.array(z.number().finite()) })),
  dataChecksum: z.string(),
});

/** Writes a set with its configuration, whitening, classes, accuracy and the checksum of its data. */
export function writeDistilledSet(file: string, { parameters, configuration, data, accuracy }: WriteOptions): void {
  const statistics = data.statistics();
  const tensors = { ...parameters, ...addPrefix(statistics, 'whitening.') };
  writeTensors(file, tensors, {
    format,
    configuration: JSON.stringify(configuration),
    classNames: JSON.stringify(data.classNames),
    imageShape: JSON.stringify(data.train.imageShape),
    accuracy: JSON.stringify(accuracy),
    dataChecksum: data.checksum,
  });
  tf.dispose(statistics);
}

/**
 * Reads a set; the caller owns its tensors.
 * @throws Error naming the file and what is wrong with it
 */
export function readDistilledSet(file: string): DistilledFile {
  const { tensors, metadata } = readSafetensors(file);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new Error(
      `${file} is not a distilled set of haba: its metadata ${oneLine(`'${path.join('.')}': ${message}`)}.`,
    );
  }
  const { configuration: made, classNames, imageShape, accuracy, dataChecksum } = parsed.data;
  const configuration = configurationOf(file, made);
  checkShapes(file, expectedShapes(configuration, imageShape, classNames.length), tensors);
  const all = Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, toTensor(stored)]));
  return {
    parameters: Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('whitening.'))),
    configuration,
    classNames,
    imageShape,
    accuracy,
    dataChecksum,
    statistics: withPrefix(all, 'whitening.'),
  };
}

function configurationOf(file: string, made: Record<string, unknown>): Configuration {
  try {
    return configure(made);
  } catch (error) {
    throw new Error(`${file} is not a distilled set of this version: ${oneLine((error as Error).message, 600)}`, {
      cause: error,
    });
  }
}

/** Names and shapes of all tensors that a set of a configuration has, what inverts its whitening included. */
function expectedShapes(
  { set, whitening, matching }: Configuration,
  imageShape: [number, number, number],
  classCount: number,
): Record<string, number[]> {
  const [height, width, channels] = imageShape;
  const whitened: Record<string, number[]> = { 'whitening.mean': [channels], 'whitening.deviation': [channels] };
  const pixels = height * width * channels;
  if (whitening === 'zca') {
    Object.assign(whitened, { 'whitening.zca.mean': [pixels], 'whitening.zca.inverse': [pixels, pixels] });
  }
  // Students are trained with what trajectory matching learned; another step size would ruin them.
  const learned: Record<string, number[]> = matching.method === 'mtt' ? { stepSize: [] } : {};
  if (set.kind === 'images') return { bases: [classCount * set.ipc, ...imageShape], ...learned, ...whitened };
  const baseChannels = set.channels === 'single' ? 1 : channels;
  const hallucinators = Object.entries(hallucinatorShapes({ ...set, imageShape, baseChannels })).map(
    ([name, shape]): [string, number[]] => [`hallucinators.${name}`, shape],
  );
  return {
    bases: [classCount * set.basesPerClass, height, width, baseChannels],
    ...Object.fromEntries(hallucinators),
    ...learned,
    ...whitened,
  };
}

function checkShapes(
  file: string,
  expected: Record<string, number[]>,
  tensors: Record<string, { shape: number[] } | undefined>,
): void {
  for (const [name, shape] of Object.entries(expected)) {
    const found = tensors[name];
    if (found === undefined || !tf.util.arraysEqual(found.shape, shape)) {
      const given = found === undefined ? 'is missing' : `has shape [${found.shape.join(', ')}]`;
      throw new Error(
        `${file} is not a whole distilled set: tensor '${name}' ${given}; by its configuration its shape is [${shape.join(', ')}].`,
      );
    }
  }
}
