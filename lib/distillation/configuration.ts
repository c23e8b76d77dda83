/** The configuration of a run: one validated object, complete, that says everything its numbers depend on. */
import { inspect } from 'node:util';
import { z } from 'zod';
import { augmentationSchema } from '../data/augmentation-settings';
import {
  allDatasetNames,
  datasetNameOf,
  knownImageShape,
  type DatasetInput,
  type DatasetName,
} from '../data/dataset-names';
import { whitenings } from '../data/image-source';
import { ownDatasetName } from '../data/own-datasets';
import { profileNames } from '../settings/profile-names';
import { convNetDepth } from '../networks/conv-net';
import { studentsProblem, studentsSchema, testSplits, withoutOtherLength } from '../evaluation/student-settings';
import { constraintsSchema } from '../factorization/constraint-settings';
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
import { wholeNumber } from '../settings/numbers';
import { optimiserSchema, type OptimiserSettings } from '../tensor/optimiser-settings';
import { explainIssue } from './configuration-error';
import { iterationsProblem, iterationsShape } from './iteration-settings';
import { profileDefaults, type ProfileChoice } from './profiles';

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
    whitening: z.enum(whitenings),
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
    /** Of what the matching method and the constraint game look at. */
    augmentation: augmentationSchema,
    constraints: constraintsSchema,
    /** Of each part of the set, and of what is learned beside it. */
    optimisers: z.strictObject(Object.fromEntries(parts.map((part) => [part, optimiserSchema]))),
    ...iterationsShape,
    evaluation: studentsSchema,
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
  optimisers: Record<'bases' | 'hallucinators', OptimiserSettings> & Record<string, OptimiserSettings>;
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
  const usual = anyDataset ? defaults : following(defaults, choice);
  const evaluation = withoutOtherLength(defaults.evaluation, input.evaluation);
  const merged = withoutOtherRates(merge({ ...usual, evaluation }, given), Object.keys(defaults.optimisers));
  const parsed = schema.safeParse(merged);
  if (!parsed.success) throw new RangeError(explainIssue(parsed.error.issues[0], merged, schema));
  const configuration = parsed.data as unknown as Configuration;
  const { matching, labels } = configuration;
  const problem =
    matchingMethodOf(matching.method).problem?.(matching) ??
    labelsProblem(labels, matching) ??
    studentsProblem(configuration.evaluation) ??
    evaluationProblem(configuration) ??
    iterationsProblem(configuration);
  if (problem !== undefined) throw new RangeError(`Configuration: ${problem}.`);
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

/** What students ask of the data that the set was made from, and of the matching method: a sentence without its end. */
function evaluationProblem({ evaluation, holdOut, matching }: Configuration): string | undefined {
  const { learningRate, split } = evaluation;
  if (split === 'validation' && !holdOut) {
    return `'evaluation.split' is 'validation' and 'holdOut' is false; students cannot be tested on images that the set was made from. Leave 'holdOut' out, or set it to true`;
  }
  if (learningRate !== 'learned' || matchingMethodOf(matching.method).studentRate !== undefined) return undefined;
  const learning = matchingNames().filter((name) => matchingMethodOf(name).studentRate !== undefined);
  const told = learning.map((name) => `'${name}'`).join(', ');
  return `'evaluation.learningRate' is 'learned' and 'matching.method' is '${matching.method}'; only ${told} learns a rate that students take. Give a number`;
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
    split: known(input.evaluation?.split, testSplits, 'test'),
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
