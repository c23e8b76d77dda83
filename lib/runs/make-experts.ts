/** What a run needs before its first iteration: experts of trajectory matching, and those that label. */
import { createAugmentation } from '../data/dsa';
import { describeHolder } from '../files/lock';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { preparationOf } from '../matching/label-options';
import { matchingMethodOf, matchingNames } from '../matching/methods';
import { createNetwork } from '../networks/create-network';
import { inContext, RunStopped, type RunContext, type RunOptions } from './context';
import { dataAtHand } from './data-at-hand';

export interface MakeExpertsOptions extends RunOptions {
  /** Numbers of the experts to train now, or of other parts to prepare, from 0 on. Default: all that the configuration asks for. */
  only?: readonly number[];
}

/** What expert training came to. */
export interface MadeExperts {
  /** Folder of the experts. */
  experts: string;
  /** Of the experts that were asked for. */
  count: number;
  epochs: number;
  /** Of training, earlier sessions included. */
  seconds: number;
}

/**
 * Makes what a configuration needs prepared; what is already there is kept.
 * @returns what came of it; undefined for one that needs nothing prepared
 * @throws RunStopped after an interrupt; the same again goes on
 */
export async function prepareMatching(
  input: ConfigurationInput,
  options: MakeExpertsOptions = {},
): Promise<object | undefined> {
  const configuration = configure(input);
  if (preparationOf(configuration) === undefined) return undefined;
  return inContext(configuration, options, (context) => prepareInContext(configuration, context, options.only));
}

/**
 * The same for a run that is under way.
 * @param only numbers of the parts to make now. Default: all
 */
export async function prepareInContext(
  configuration: Configuration,
  { options, data, progress, signal }: RunContext,
  only?: readonly number[],
): Promise<object | undefined> {
  const preparation = preparationOf(configuration);
  if (preparation === undefined) return undefined;
  const { prepare, options: given } = preparation;
  const { imageShape, classCount } = data.train;
  const parts = only?.length ?? prepare.parts(given);
  progress.stage({ name: prepare.stage, total: parts * prepare.steps(given) });
  try {
    return await prepare.make(given, {
      surroundings: configuration,
      data,
      dataFolder: options.data,
      network: createNetwork({ ...configuration.network, imageShape, classCount }),
      augmentation: createAugmentation(configuration.augmentation),
      only,
      experts: options.experts,
      signal,
      onWait: (at, holder) => progress.note(`${describeHolder(at, holder)} Waiting for it.`, 'news'),
      onStep: (done, loss) => progress.update(done, { loss }),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RunStopped('Stopped; whole epochs are kept. The same again goes on from there.', { cause: error });
  }
}

/** What must still be prepared. */
export interface LeftToPrepare {
  /** What it belongs to: configurations that say the same share it. */
  of: string;
  /** Numbers of the parts that are not there. */
  parts: number[];
}

/**
 * What a configuration needs prepared and does not find; nothing is made.
 * @returns undefined where nothing is left to prepare
 * @throws Error where what is there cannot be used
 */
export async function leftToPrepare(
  configuration: Configuration,
  { data: folder, experts }: Pick<RunOptions, 'data' | 'experts'> = {},
): Promise<LeftToPrepare | undefined> {
  const { matching, dataset, whitening, holdOut } = configuration;
  const preparation = preparationOf(configuration);
  if (preparation === undefined) return undefined;
  const { prepare, options: given } = preparation;
  if (prepare.left === undefined) {
    const parts = Array.from({ length: prepare.parts(given) }, (_, part) => part);
    return { of: matching.method, parts };
  }
  const data = await dataAtHand(dataset, { data: folder, whitening, holdOut });
  const left = prepare.left(given, { surroundings: configuration, data, experts });
  return left.parts.length > 0 ? left : undefined;
}

/**
 * Trains the experts that a configuration of trajectory matching needs; those already there are kept.
 * @throws RangeError for a method that needs none
 * @throws RunStopped after an interrupt; the same again goes on
 */
export async function makeExperts(input: ConfigurationInput, options: MakeExpertsOptions = {}): Promise<MadeExperts> {
  const made = await prepareMatching(input, options);
  if (made !== undefined) return made as MadeExperts;
  const needing = matchingNames().filter((name) => matchingMethodOf(name).prepare !== undefined);
  throw new RangeError(
    `Configuration: 'matching.method' is '${configure(input).matching.method}'; only ${needing.map((name) => `'${name}'`).join(', ')} learns from experts.`,
  );
}
