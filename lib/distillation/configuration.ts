/** The configuration of a run: one validated object, complete, that says everything its numbers depend on. */
import { inspect } from 'node:util';
import { z } from 'zod';
import {
  allDatasetNames,
  datasetNameOf,
  knownImageShape,
  type DatasetInput,
  type DatasetName,
} from '../data/dataset-names';
import { ownDatasetName } from '../data/own-datasets';
import { profileNames } from '../data/profile-names';
import { convNetDepth } from '../networks/conv-net';
import { strategyNames } from '../data/dsa';
import type { PartRates } from '../factorization/parameterisation';
import {
  parameterisationKinds,
  parameterisationOf,
  perClassOf,
  setSchema,
  type SetInput,
  type SetOptions,
} from '../factorization/parameterisations';
import { labelKinds } from '../factorization/label-kinds';
import { oneLine } from '../files/one-line';
import { labelsProblem, labelsSchema } from '../matching/label-options';
import {
  defaultMethod,
  learnedBeside,
  libraryMethods,
  matchingMethodOf,
  matchingNames,
  matchingSchema,
  type MatchingInput,
  type MatchingOptions,
} from '../matching/methods';
import {
  networkNames,
  networkSchema,
  withoutConvNetOptions,
  type NetworkInput,
  type NetworkOptions,
} from '../networks/network-families';
import { explainIssue } from './configuration-error';
import { profileDefaults, type ProfileChoice } from './profiles';

const count = z.number().int().min(1).safe();
const wholeNumber = z.number().int().min(0).safe();
const positive = z.number().positive().finite();
const nonNegative = z.number().min(0).finite();
const share = z.number().min(0).lt(1);

const strategy = strategyNames.join('|');
/** 'none', or strategies joined by '_'. */
const augmentationSchema = z.string().regex(new RegExp(`^(none|(${strategy})(_(${strategy}))*)$`));

/** How one part of the distilled set moves. */
const partOptimiser = z.strictObject({
  learningRate: nonNegative,
  /** Of Adam its first beta. */
  momentum: share,
  /** By default SGD. */
  rule: z.enum(['sgd', 'adam']).optional(),
  /** L2 penalty, by default none. */
  weightDecay: nonNegative.optional(),
});

const constraintsSchema = z.strictObject({
  /** Weight of L_cos in the objective of bases and hallucinators; 0 switches off L_cos and the adversary, which nothing hears. */
  cosine: nonNegative,
  /** Weight of L_con in the adversary's objective. */
  contrastive: nonNegative,
  /** Weight of mean((1 - cos) / 2) in the adversary's objective. */
  likelihood: nonNegative,
  /** Weight of cross-entropy in the adversary's objective. */
  classification: nonNegative,
  /** Temperature of L_con. */
  temperature: positive,
  /** Bases that the constraints see in one step: at most all, as by default and as the authors. */
  batchSize: count,
  adversary: z.strictObject({ width: count, depth: count, learningRate: positive, momentum: share }),
});

/** Of a file: the value may not be here. */
const storedDataset = z.string().refine((name) => ownDatasetName.test(name), 'it is no name of a dataset');

/**
 * The schema of a configuration, of the kinds of set, the matching methods and the networks that are registered by now.
 * @param parts of the set and what the method learns beside it, each of which has an optimiser
 */
const schemaOf = (parts: readonly string[], anyDataset = false) =>
  z.strictObject({
    profile: z.enum(profileNames),
    /** Every random draw follows from it. */
    seed: wholeNumber,
    dataset: anyDataset ? storedDataset : z.enum(allDatasetNames() as [DatasetName, ...DatasetName[]]),
    whitening: z.enum(['normalise', 'zca']),
    /**
     * Whether distillation, experts and baselines go without the validation images. By default where students are tested on them:
     * what was distilled to choose settings must not have seen them.
     */
    holdOut: z.boolean(),
    /** Network that distillation matches on, and that students use unless evaluation says otherwise. */
    network: networkSchema(),
    set: setSchema(),
    matching: matchingSchema(),
    /**
     * What items are labelled with: 'hard', their classes; 'experts', what experts predict in the mean for the finished items; 'learned', as
     * a part `labels` of the set.
     */
    labels: labelsSchema,
    /** Differentiable augmentations joined by '_', as the authors write them, or 'none'. */
    augmentation: augmentationSchema,
    constraints: constraintsSchema,
    optimisers: z.strictObject(Object.fromEntries(parts.map((part) => [part, partOptimiser]))),
    /** Outer iterations of distillation. */
    iterations: wholeNumber,
    /** Iterations between two checkpoints. */
    checkpointEvery: count,
    /**
     * Iterations, 0 for the start, whose sets a run keeps beside its last one: learning curves are of students trained on them. They
     * change no number of the run. By default none.
     */
    snapshots: z.array(wholeNumber).optional(),
    evaluation: z.strictObject({
      /** Students trained on the finished set, each from its own initialisation. */
      students: count,
      /**
       * Length of a student's training, in one of two ways. In epochs, as in the literature, a set that yields many images gets
       * as many times the updates of one that yields few.
       */
      epochs: count.optional(),
      updates: count.optional(),
      batchSize: count,
      /** A rate, or 'learned': the one that the matching method learned with the set, as trajectory matching its step size. */
      learningRate: z.union([positive, z.literal('learned')], {
        errorMap: () => ({ message: "allowed is a number of more than 0, or 'learned'" }),
      }),
      momentum: share,
      weightDecay: nonNegative,
      /** Differentiable augmentation of the student's training, as `augmentation`. */
      augmentation: augmentationSchema,
      /** Images that students are tested on. */
      split: z.enum(['test', 'validation']),
    }),
    /** Whether steps run as the process does, by default as graphs; false runs them operation by operation (`withExecution`). */
    compile: z.boolean(),
  });

/** A complete, valid configuration. */
export type Configuration = Omit<
  z.infer<ReturnType<typeof schemaOf>>,
  'dataset' | 'network' | 'set' | 'matching' | 'optimisers'
> & {
  dataset: DatasetName;
  network: NetworkOptions;
  set: SetOptions;
  matching: MatchingOptions;
  /**
   * Of images or bases, and of hallucinators, and of what the method learns, as `stepSize`; kinds that are registered may have
   * other parts.
   */
  optimisers: Record<'bases' | 'hallucinators', PartRates> & Record<string, PartRates>;
};

/** Object with any part left out, at any depth. */
type DeepPartial<T> = T extends object ? { [Key in keyof T]?: DeepPartial<T[Key]> } : T;

/** What a person writes: whatever differs from the profile. */
export type ConfigurationInput = DeepPartial<Omit<Configuration, 'dataset' | 'network' | 'set' | 'matching'>> & {
  /** A name, or a dataset of one's own: what `imageFolder` or `dataset` makes. */
  dataset?: DatasetInput;
  network?: NetworkInput;
  set?: SetInput;
  matching?: MatchingInput;
};

export interface ConfigureOptions {
  /** Whether the dataset may be one's own that is not here, as in a file that was made elsewhere. Default false. */
  anyDataset?: boolean;
}

/**
 * Completes and checks a configuration: the profile's defaults for the chosen dataset, method and set, under what is given.
 * @throws RangeError naming the key, what was given and what is allowed
 */
export function configure(
  written: ConfigurationInput = {},
  { anyDataset = false }: ConfigureOptions = {},
): Configuration {
  if (!isPlain(written))
    throw new RangeError(`Configuration: expected an object of settings, got ${oneLine(inspect(written))}.`);
  const input = written.dataset === undefined ? written : { ...written, dataset: datasetNameOf(written.dataset) };
  const choice = chosen(input);
  const defaults = profileDefaults(choice);
  const schema = schemaOf(Object.keys(defaults.optimisers), anyDataset);
  // What was stored before networks had options of their own is read as it was meant.
  const given = isPlain(input.network) ? { ...input, network: withoutConvNetOptions(input.network) } : input;
  const merged = withoutOtherRates(
    merge(withoutOtherLength(anyDataset ? defaults : following(defaults, choice), input), given),
    Object.keys(defaults.optimisers),
  );
  const parsed = schema.safeParse(merged);
  if (!parsed.success) throw new RangeError(explainIssue(parsed.error.issues[0], merged, schema));
  const configuration = parsed.data as unknown as Configuration;
  const { matching, labels } = configuration;
  const problem = matchingMethodOf(matching.method).problem?.(matching) ?? labelsProblem(labels, matching);
  if (problem !== undefined) throw new RangeError(`Configuration: ${problem}.`);
  requireEvaluation(configuration);
  requireReached(configuration);
  return configuration;
}

/**
 * The ConvNet's depth follows the size of the images, so that as little is left of larger ones after its poolings: 3 blocks for 32x32
 * and less, 4 for 64x64, as MTT has it for Tiny-ImageNet, and 5 for 128x128. Identities count it as a difference from the profile:
 * they must not depend on which datasets a process has made.
 */
function following(defaults: Readonly<Plain>, { dataset, network }: ProfileChoice): Plain {
  const imageShape = knownImageShape(dataset);
  if (imageShape === undefined || network !== 'ConvNet') return defaults;
  const depth = convNetDepth(imageShape);
  return { ...defaults, network: { ...(defaults.network as Plain), depth } };
}

/** The profile's length of students gives way to one that is given in the other unit. */
function withoutOtherLength(defaults: Readonly<Plain>, { evaluation }: ConfigurationInput): Plain {
  const rest = { ...(defaults.evaluation as Plain) };
  if (evaluation?.updates !== undefined) delete rest.epochs;
  if (evaluation?.epochs !== undefined) delete rest.updates;
  return { ...defaults, evaluation: rest };
}

/** What one value of the evaluation asks of another. */
function requireEvaluation({ evaluation, holdOut, matching }: Configuration): void {
  const { epochs, updates, learningRate, split } = evaluation;
  if ((epochs === undefined) === (updates === undefined)) {
    throw new RangeError(
      `Configuration: 'evaluation.epochs' is ${epochs ?? 'nothing'} and 'evaluation.updates' is ${updates ?? 'nothing'}; give one of the two, the length of a student's training.`,
    );
  }
  if (split === 'validation' && !holdOut) {
    throw new RangeError(
      `Configuration: 'evaluation.split' is 'validation' and 'holdOut' is false; students cannot be tested on images that the set was made from. Leave 'holdOut' out, or set it to true.`,
    );
  }
  if (learningRate === 'learned' && matchingMethodOf(matching.method).studentRate === undefined) {
    const learning = matchingNames().filter((name) => matchingMethodOf(name).studentRate !== undefined);
    const told = learning.map((name) => `'${name}'`).join(', ');
    throw new RangeError(
      `Configuration: 'evaluation.learningRate' is 'learned' and 'matching.method' is '${matching.method}'; only ${told} learns a rate that students take. Give a number.`,
    );
  }
}

function requireReached({ snapshots = [], iterations }: Configuration): void {
  const beyond = snapshots.find((iteration) => iteration > iterations);
  if (beyond === undefined) return;
  throw new RangeError(
    `Configuration: 'snapshots' has iteration ${beyond} and 'iterations' is ${iterations}; a run keeps sets of iterations that it comes to, 0 to ${iterations}.`,
  );
}

/**
 * Without rates of what the library's other methods learn: configurations that were stored before methods had optimisers of their own
 * have them whatever the method.
 */
function withoutOtherRates(merged: Plain, parts: readonly string[]): Plain {
  if (!isPlain(merged.optimisers)) return merged;
  const others = libraryMethods.flatMap((method) => Object.keys(learnedBeside(method)));
  const known = Object.entries(merged.optimisers).filter(([part]) => parts.includes(part) || !others.includes(part));
  return { ...merged, optimisers: Object.fromEntries(known) };
}

/**
 * Checks what only the data can tell: that no class is asked for more images than it has.
 * @param classSizes training images of each class
 * @throws RangeError naming the key, what was given and what is allowed
 */
export function requireEnoughImages({ set, dataset }: Configuration, classSizes: readonly number[]): void {
  const { itemsPerClass, ...kind } = parameterisationOf(set.kind);
  const needed = kind.realPerClass?.(set) ?? 0;
  const fewest = Math.min(...classSizes);
  if (needed > fewest) {
    const noise = 'initialisation' in set ? " (or any number from noise: 'set.initialisation' = 'noise')" : '';
    throw new RangeError(
      `Configuration: 'set.${itemsPerClass}' is ${perClassOf(set)}; the smallest class of ${dataset} has ${fewest} images, so allowed are 1 to ${fewest}${noise}.`,
    );
  }
}

/** The choices that defaults depend on; what is not valid here falls back, and is refused by the schema afterwards. */
function chosen(input: ConfigurationInput): ProfileChoice {
  const set = input.set as Record<string, unknown> | undefined;
  const given: Plain = isPlain(input.matching) ? input.matching : {};
  const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
  const known = <T extends string>(value: unknown, values: readonly T[], otherwise: T): T =>
    values.includes(value as T) ? (value as T) : otherwise;
  const kind = known(set?.kind, parameterisationKinds(), 'haba');
  const profile = known(input.profile, profileNames, 'quick');
  return {
    profile,
    dataset: known(input.dataset as DatasetName, allDatasetNames(), 'cifar10'),
    method: known(given.method, matchingNames(), defaultMethod(profile)),
    given,
    labels: known(input.labels?.kind, labelKinds, 'hard'),
    network: known(input.network?.name, networkNames(), 'ConvNet'),
    kind,
    perClass: numberOf(set?.[parameterisationOf(kind).itemsPerClass]),
    split: known(input.evaluation?.split, ['test', 'validation'] as const, 'test'),
  };
}

type Plain = Record<string, unknown>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(defaults: Plain, input: Plain): Plain {
  const result: Plain = { ...defaults };
  for (const [key, value] of Object.entries(input)) {
    if (value === undefined) continue;
    const under = Object.hasOwn(result, key) ? result[key] : undefined;
    const inner = isPlain(under) && isPlain(value) ? merge(under, value) : value;
    // A plain assignment to '__proto__' would set no key, and so pass the check of unknown keys.
    Object.defineProperty(result, key, { value: inner, enumerable: true, configurable: true, writable: true });
  }
  return result;
}
