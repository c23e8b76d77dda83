/** A distilled set as one self-describing file: everything that training on it needs. */
import { z } from 'zod';
import type { ImageSource, PreparedDataset } from '../data/image-source';
import { configure, type Configuration } from '../distillation/configuration';
import { learnedBeside, learnedShapes } from '../matching/methods';
import type { LearnedSet } from '../evaluation/evaluation';
import { createDistilledSet } from '../factorization/create-distilled-set';
import { asProbabilities, asStored, labelTensors } from '../factorization/soft-labels';
import { entriesOf, ledgerOf, type Ledger } from '../factorization/ledger';
import type { DataShape, TensorSpec } from '../factorization/parameterisation';
import { parameterisationOf } from '../factorization/parameterisations';
import {
  decodeTensors,
  defaultGroups,
  encodeTensors,
  requireShape,
  storedEntries,
} from '../factorization/stored-precision';
import { whiteningPrefix } from '../factorization/tensor-names';
import { writing } from '../files/file-error';
import { oneLine } from '../files/one-line';
import { parseOrExplain } from '../files/parse-or-explain';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../files/safetensors';
import { addPrefix, disposeAll, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { toStored, toTensor } from '../tensor/stored-tensors';
import type { tf } from '../tensor/tensorflow';
import { advice, hashInName, setFiles } from './run-files';
import { storedAsSchema, type StoredAs } from './stored-as';

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
  /** What it costs to store: the size of the file without its header and `statistics`. */
  ledger: Ledger;
  /** Of a set that was stored again in another precision: how, and from which run's set. */
  stored?: StoredAs;
  /** Of a set as it was within its distillation: hash of the run, and the iteration. */
  snapshot?: SnapshotOf;
  /** What inverts the whitening: `mean`, `deviation` [channels], with ZCA `zca.mean` [pixels] and `zca.inverse` [pixels, pixels]. */
  statistics: Parameters;
  /** Frees all its tensors. */
  dispose(): void;
}

export type SnapshotOf = z.infer<typeof snapshotSchema>;

export interface WriteOptions {
  /** Of the set, soft labels included: `softLabels` [items, classes], or what a set learned. */
  parameters: Parameters;
  /** What the matching method learned beside it. Default: nothing. */
  method?: Parameters;
  configuration: Configuration;
  data: WrittenData;
  run: string;
  /** Precision, and what it was made from. Default: as distilled. */
  stored?: StoredAs;
  /** Of which run and iteration it is. Default: the last of `run`. */
  snapshot?: SnapshotOf;
  /** With 2 bits after a refinement: the tensors before it, which levels are made of. */
  calibration?: Parameters;
}

/** What is written of a dataset. */
export type WrittenData = Pick<PreparedDataset, 'classNames' | 'checksum' | 'statistics'> & {
  train: Pick<ImageSource, 'imageShape'>;
};

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

const snapshotSchema = z.object({ of: z.string(), iteration: z.number().int().min(0).safe() });

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
  stored: json(storedAsSchema).optional(),
  snapshot: json(snapshotSchema).optional(),
});

/**
 * Writes a set with its configuration, what inverts its whitening, its classes and the checksum of its data.
 * @returns what it costs to store
 * @throws RangeError for numbers that the precision cannot hold
 */
export function writeDistilledSet(file: string, options: WriteOptions): Ledger {
  const { parameters, method, configuration, data, run, stored, snapshot, calibration } = options;
  const { version } = parameterisationOf(configuration.set.kind);
  const shape = { imageShape: data.train.imageShape, classCount: data.classNames.length };
  const declared = declaredTensors(configuration, shape, parameters);
  const tensors = asStored(parameters, (ofSet) =>
    encodeTensors(
      declared,
      { ...ofSet, ...method },
      {
        precision: stored?.precision ?? 'float32',
        groups: stored?.groups ?? defaultGroups,
        random: groupsRandom(configuration),
        calibration,
      },
    ),
  );
  const statistics = data.statistics();
  const whitening = Object.entries(addPrefix(statistics, whiteningPrefix)).map(([name, tensor]) => [
    name,
    toStored(tensor),
  ]);
  const metadata = {
    format,
    configuration: JSON.stringify(configuration),
    classNames: JSON.stringify(data.classNames),
    imageShape: JSON.stringify(data.train.imageShape),
    dataChecksum: data.checksum,
    run,
    ...(version === undefined ? {} : { setVersion: String(version) }),
    ...(stored === undefined ? {} : { stored: JSON.stringify(stored) }),
    ...(snapshot === undefined ? {} : { snapshot: JSON.stringify(snapshot) }),
  };
  try {
    const all = { ...tensors, ...(Object.fromEntries(whitening) as Record<string, StoredTensor>) };
    writing(file, () => writeSafetensors(file, all, metadata));
  } finally {
    disposeAll(statistics);
  }
  return ledgerOf(storedEntries(declared, tensors), shape);
}

/** Draws where groups of patches begin. */
export function groupsRandom({ seed }: Pick<Configuration, 'seed'>): Random {
  return Random.stream(seed, 'groups of patches');
}

/** What a set of a configuration costs to store as it is distilled. */
export function distilledLedger(configuration: Configuration, shape: DataShape): Ledger {
  return ledgerOf(entriesOf(declaredTensors(configuration, shape)), shape);
}

/** Bytes of the file of a set as it is distilled, its header apart. */
export function distilledBytes(configuration: Configuration, shape: DataShape): number {
  const learned = Object.values(learnedShapes(configuration.matching, shape));
  const others = [...learned, ...Object.values(whiteningShapes(configuration, shape.imageShape))];
  const count = (sides: readonly number[]) => sides.reduce((product, one) => product * one, 1);
  return others.reduce((sum, one) => sum + 4 * count(one), distilledLedger(configuration, shape).bits / 8);
}

/**
 * Everything that a set of a configuration stores: its own tensors, and what was learned beside them.
 * @param present what there is, of which soft labels that came with an imported set count as stored
 */
function declaredTensors(
  { set, matching, labels }: Configuration,
  shape: DataShape,
  present: object = {},
): Record<string, TensorSpec> {
  const { tensors, itemCount } = createDistilledSet({ ...set, ...shape });
  const learned = Object.entries(learnedShapes(matching, shape));
  return {
    ...tensors,
    ...labelTensors('softLabels' in present ? 'learned' : labels.kind, itemCount, shape),
    // Students are trained with the rate that was learned for them; another would ruin them.
    ...Object.fromEntries(learned.map(([name, its]) => [name, { shape: its, floats: 0 }])),
  };
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

/**
 * The set of a finished distillation, in the folder of its run or of its snapshot; the caller disposes of it.
 * @throws Error as {@link readDistilledSet}
 */
export function readRunsSet(folder: string): DistilledFile {
  return readDistilledSet(setFiles(folder).distilled, { run: hashInName(folder), advice: advice(folder) });
}

/** The set that a result's students were trained on: its run's last, or a snapshot. */
export function readResultsSet({ run, snapshot }: { run: string; snapshot?: { folder: string } }): DistilledFile {
  return readRunsSet(snapshot?.folder ?? run);
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
  const shape = { imageShape, classCount: classNames.length };
  const declared = declaredTensors(configuration, shape, tensors);
  const isWhitening = (name: string) => name.startsWith(whiteningPrefix);
  const [ofWhitening, ofSet] = [true, false].map((whitening) =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => isWhitening(name) === whitening)),
  );
  const decoded = whole(file, () => {
    for (const [name, expected] of Object.entries(whiteningShapes(configuration, imageShape))) {
      requireShape(name, tensors[name]?.shape, expected);
    }
    return decodeTensors(declared, ofSet);
  });
  const { softLabels } = decoded as Partial<Parameters>;
  if (softLabels !== undefined && ofSet.softLabels.type !== 'F32') {
    decoded.softLabels = asProbabilities(softLabels as tf.Tensor2D);
    softLabels.dispose();
  }
  const statistics = Object.fromEntries(
    Object.entries(ofWhitening).map(([name, stored]) => [name.slice(whiteningPrefix.length), toTensor(stored)]),
  );
  // What the method learned stands among the set's tensors, which have other names.
  const learned = learnedBeside(configuration.matching.method);
  const [method, parameters] = [true, false].map((beside) =>
    Object.fromEntries(Object.entries(decoded).filter(([name]) => Object.hasOwn(learned, name) === beside)),
  );
  return {
    set,
    parameters,
    method,
    configuration,
    classNames,
    imageShape,
    dataChecksum,
    run,
    ledger: ledgerOf(storedEntries(declared, ofSet), shape),
    ...(made.stored ? { stored: made.stored } : {}),
    ...(made.snapshot ? { snapshot: made.snapshot } : {}),
    statistics,
    dispose: () => disposeAll(decoded, statistics),
  };
}

/** What is made of a file's tensors, or a sentence that names the file. */
function whole<T>(file: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${file} is not a whole distilled set: ${(error as Error).message}.`, { cause: error });
  }
}

function configurationOf(file: string, made: Record<string, unknown>): Configuration {
  try {
    return configure(made, { anyDataset: true });
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

/** Names and shapes of what inverts the whitening. */
function whiteningShapes(
  { whitening }: Configuration,
  imageShape: DataShape['imageShape'],
): Record<string, readonly number[]> {
  const channels = imageShape[2];
  const pixels = imageShape.reduce((product, side) => product * side, 1);
  return {
    'whitening.mean': [channels],
    'whitening.deviation': [channels],
    ...(whitening === 'zca' ? { 'whitening.zca.mean': [pixels], 'whitening.zca.inverse': [pixels, pixels] } : {}),
  };
}
