/** A distilled set as one self-describing file: everything that training on it needs. */
import { z } from 'zod';
import type { PreparedDataset } from '../data/image-source';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import type { Accuracy } from '../evaluation/evaluation';
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { readSafetensors, toTensor, writeSafetensors } from '../tensor/safetensors';
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
  accuracy: json(z.object({ mean: z.number(), std: z.number(), runs: z.array(z.number()) })),
  dataChecksum: z.string(),
});

/** Writes a set with its configuration, whitening, classes, accuracy and the checksum of its data. */
export function writeDistilledSet(file: string, { parameters, configuration, data, accuracy }: WriteOptions): void {
  const statistics = data.statistics();
  const tensors = { ...parameters, ...addPrefix(statistics, 'whitening.') };
  writeSafetensors(file, tensors, {
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
    throw new Error(`${file} is not a distilled set of haba: its metadata '${path.join('.')}': ${message}.`);
  }
  const { format: _, configuration: made, ...described } = parsed.data;
  const configuration = configure(made as ConfigurationInput);
  const set = createDistilledSet({ ...configuration.set, ...SHAPE });
  const { configuration, classNames, imageShape, accuracy, dataChecksum } = parsed.data;
  const all = Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, toTensor(stored)]));
  return {
    parameters: Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('whitening.'))),
    configuration: configure(JSON.parse(configuration) as ConfigurationInput),
    classNames: JSON.parse(classNames) as string[],
    imageShape: JSON.parse(imageShape) as [number, number, number],
    accuracy: JSON.parse(accuracy) as Accuracy,
    dataChecksum,
    statistics: withPrefix(all, 'whitening.'),
  };
}
