/** A distilled set as one self-describing file: everything that training on it needs. */
import { z } from 'zod';
import type { PreparedDataset } from '../data/image-source';
import { configure, type Configuration } from '../distillation/configuration';
import { learnedBeside, learnedShapes } from '../matching/methods';
import type { LearnedSet } from '../evaluation/evaluation';
import { createDistilledSet } from '../factorization/create-distilled-set';
import type { DistilledSet } from '../factorization/distilled-set';
import { parameterisationOf } from '../factorization/parameterisations';
import { writing } from '../files/file-error';
import { oneLine } from '../files/one-line';
import { parseOrExplain } from '../files/parse-or-explain';
import { readSafetensors } from '../files/safetensors';
import { addPrefix, disposeAll, withPrefix, type Parameters } from '../tensor/parameters';
import { advice, hashInName, setFiles } from './run-files';
import { toTensor, writeTensors } from '../tensor/stored-tensors';

/** Raised when the meaning of the file changes. */
const format = 'haba distilled set 2';

export interface DistilledFile extends LearnedSet {
  configuration: Configuration;
  classNames: string[];
  imageShape: [number, number, number];
  /** SHA-256 of the images and labels it was made from. */
  dataChecksum: string;
  /** Hash of the run that made it. */
  run: string;
  /** What inverts the whitening: `mean`, `deviation` [channels], with ZCA `zca.mean` [pixels] and `zca.inverse` [pixels, pixels]. */
  statistics: Parameters;
  /** Frees all its tensors. */
  dispose(): void;
}

export interface WriteOptions {
  /** Of the set. */
  parameters: Parameters;
  /** What the matching method learned beside it. Default: nothing. */
  method?: Parameters;
  configuration: Configuration;
  data: PreparedDataset;
  run: string;
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
  dataChecksum: z.string(),
  run: z.string(),
  /** Of the set's kind, where that has one. */
  setVersion: z.coerce.number().optional(),
});

/** Writes a set with its configuration, what inverts its whitening, its classes and the checksum of its data. */
export function writeDistilledSet(file: string, { parameters, method, configuration, data, run }: WriteOptions): void {
  const { version } = parameterisationOf(configuration.set.kind);
  const statistics = data.statistics();
  const tensors = { ...parameters, ...method, ...addPrefix(statistics, 'whitening.') };
  const metadata = {
    format,
    configuration: JSON.stringify(configuration),
    classNames: JSON.stringify(data.classNames),
    imageShape: JSON.stringify(data.train.imageShape),
    dataChecksum: data.checksum,
    run,
    ...(version === undefined ? {} : { setVersion: String(version) }),
  };
  try {
    writing(file, () => writeTensors(file, tensors, metadata));
  } finally {
    disposeAll(statistics);
  }
}

export interface ReadDistilledOptions {
  /** Hash of the run that must have made it, in which case it must carry a checksum. Default: any, and none is asked for. */
  run?: string;
  /** A sentence added to what is thrown: what to do. */
  advice?: string;
}

/**
 * Reads a set; the caller disposes of it.
 * @throws Error naming the file and what is wrong with it
 */
export function readDistilledSet(file: string, { advice, ...options }: ReadDistilledOptions = {}): DistilledFile {
  try {
    return readSet(file, options);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (advice === undefined) throw error;
    throw new Error(`${missing ? `There is no ${file}.` : (error as Error).message} ${advice}`, { cause: error });
  }
}

/** The set of a finished distillation, in the folder of its run; the caller disposes of it. @throws Error as {@link readDistilledSet} */
export function readRunsSet(folder: string): DistilledFile {
  return readDistilledSet(setFiles(folder).distilled, { run: hashInName(folder), advice: advice(folder) });
}

function readSet(file: string, { run: wanted }: ReadDistilledOptions): DistilledFile {
  const { tensors, metadata } = readSafetensors(file, { requireChecksum: wanted !== undefined });
  const made = parseOrExplain(
    metadataSchema,
    metadata,
    (reason) => new Error(`${file} is not a distilled set of haba: its metadata ${reason}.`),
  );
  const { classNames, imageShape, dataChecksum, run } = made;
  if (wanted !== undefined && run !== wanted) {
    throw new Error(`${file} was made by the run ${run}, not by ${wanted}: a file was put in its place.`);
  }
  const configuration = configurationOf(file, made.configuration);
  requireVersion(file, configuration.set.kind, made.setVersion);
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount: classNames.length });
  checkShapes(file, expectedShapes(set, configuration), tensors);
  const all = Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, toTensor(stored)]));
  const pick = (named: object): Parameters => Object.fromEntries(Object.keys(named).map((name) => [name, all[name]]));
  return {
    set,
    // What the method learned stands among the set's tensors, which have other names.
    parameters: pick(set.tensors),
    method: pick(learnedBeside(configuration.matching.method)),
    configuration,
    classNames,
    imageShape,
    dataChecksum,
    run,
    statistics: withPrefix(all, 'whitening.'),
    dispose: () => disposeAll(all),
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

/** What a kind of another version makes of the same numbers may be other images. */
function requireVersion(file: string, kind: string, made: number | undefined): void {
  const { version } = parameterisationOf(kind);
  if (made === version) return;
  const told = (one: number | undefined) => (one === undefined ? 'no version' : `version ${one}`);
  throw new Error(
    `${file} was made by ${told(made)} of the kind '${kind}', not by ${told(version)}, which is registered.`,
  );
}

/** Names and shapes of all tensors that a set of a configuration has, what inverts its whitening included. */
function expectedShapes(
  { tensors, imageShape, classCount }: DistilledSet,
  { whitening, matching }: Configuration,
): Record<string, readonly number[]> {
  const channels = imageShape[2];
  const pixels = imageShape.reduce((product, side) => product * side, 1);
  return {
    ...Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape])),
    // Students are trained with the rate that was learned for them; another would ruin them.
    ...learnedShapes(matching, { imageShape, classCount }),
    'whitening.mean': [channels],
    'whitening.deviation': [channels],
    ...(whitening === 'zca' ? { 'whitening.zca.mean': [pixels], 'whitening.zca.inverse': [pixels, pixels] } : {}),
  };
}

function checkShapes(
  file: string,
  expected: Record<string, readonly number[]>,
  tensors: Record<string, { shape: number[] } | undefined>,
): void {
  for (const [name, shape] of Object.entries(expected)) {
    const found = tensors[name];
    if (found === undefined || found.shape.join() !== shape.join()) {
      const given = found === undefined ? 'is missing' : `has shape [${found.shape.join(', ')}]`;
      throw new Error(
        `${file} is not a whole distilled set: tensor '${name}' ${given}; by its configuration its shape is [${shape.join(', ')}].`,
      );
    }
  }
}
