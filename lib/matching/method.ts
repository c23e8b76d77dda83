/**
 * A matching method: one way for real images to pull on a distilled set, as a value. What is asked of it elsewhere follows from this
 * value alone: options and their defaults, rates, lengths, estimates, checkpoints, names of runs, what students may use, tables.
 */
import type { z } from 'zod';
import type { Augmentation } from '../data/dsa';
import type { ImageSource, PreparedDataset, Whitening } from '../data/image-source';
import type { ProfileName } from '../settings/profile-names';
import type { DistilledSet } from '../factorization/distilled-set';
import type { DataShape, DefaultsChoice, Matches } from '../factorization/parameterisation';
import type { Holder } from '../files/lock';
import type { Network } from '../networks/network';
import type { NetworkOptions } from '../networks/network-families';
import type { OptimiserSettings } from '../tensor/optimiser-settings';
import type { MatchingLoss } from './matching-loss';

/** What default options and rates depend on. */
export interface MethodChoice extends DefaultsChoice {
  /** What is written of the method's options: not yet checked. */
  given: Readonly<Record<string, unknown>>;
}

/** A scalar, or a vector, that a method learns beside the set. */
export interface LearnedTensor<Options extends object = object> {
  /** Its value at the start: a number of a scalar, numbers of a vector. */
  start(options: Options, shape: DataShape): number | readonly number[];
  /** Default SGD. */
  optimiser(choice: MethodChoice): OptimiserSettings;
  /** What it is cut off at from below, after each update. Default: nothing. */
  smallest?(options: Options): number;
}

/** Images that go through the network: forward alone, with a gradient, or with a gradient of gradients. */
export interface Passes {
  forward?: number;
  gradient?: number;
  secondGradient?: number;
}

/** What one iteration takes. */
export interface Work {
  passes: Passes;
  /** Of those, images whose activations are in memory at once. */
  alive: Passes;
  /** Of the set. */
  updates: number;
}

/** Settings of a run that stand beside the method's own. */
export interface Surroundings {
  dataset: string;
  whitening: string;
  holdOut: boolean;
  augmentation: string;
  network: NetworkOptions;
}

/** What a method is prepared with. */
export interface PreparationContext {
  data: PreparedDataset;
  network: Network;
  augmentation: Augmentation;
  surroundings: Surroundings;
  /** Folder that experts, or what else is prepared, lie in, where one was named. */
  experts?: string;
  /** Folder of datasets, where one was named: what is advised names it, too. */
  dataFolder?: string;
}

/** What a matching loss is built for. */
export interface MatchingContext extends PreparationContext {
  set: DistilledSet;
  /** Real training images: those of `data`. */
  source: ImageSource;
}

/** What of it is prepared, and how that is watched and stopped. */
export interface PreparationHooks {
  /** Numbers of the parts to make now, from 0 on. Default: all. */
  only?: readonly number[];
  signal?: AbortSignal;
  /** Called after each of its steps. */
  onStep?: (done: number, loss: number) => void;
  /** Called once where another process prepares the same, which is waited for. */
  onWait?: (folder: string, holder: Holder) => void;
}

/** What must lie ready before a method's first iteration, e.g. experts. */
export interface Preparation<Options extends object = object> {
  /** What progress calls it, e.g. 'training experts'. */
  readonly stage: string;
  /**
   * Whether it makes the experts of the option `experts`, as `expertPreparation` does: where labels are by experts, they are by these,
   * and are made with them. Default: labels by experts have experts of their own.
   */
  readonly ofExperts?: true;
  /** How many parts it has, which processes share, e.g. experts. */
  parts(options: Options): number;
  /** How many steps each has, which progress counts. */
  steps(options: Options): number;
  /** What one part takes, for estimates. Default: none is told. @param images of the training split */
  work?(options: Options, shape: { images: number }): Pick<Work, 'passes' | 'alive'>;
  /**
   * Numbers of the parts that are not there, found without making any; `of` is equal for all that share them. Default: all.
   * @throws Error where what is there cannot be used
   */
  left?(
    options: Options,
    context: Pick<PreparationContext, 'data' | 'surroundings' | 'experts'>,
  ): { of: string; parts: number[] };
  /** Makes it; what is there is kept, and an interrupted one goes on. @returns what came of it */
  make(options: Options, context: PreparationContext & PreparationHooks): Promise<object>;
}

/**
 * A matching method. To add one, register it: `registerMatching` of `methods.ts`.
 * @typeParam Options complete options, without `method`
 * @typeParam Name the name itself, which the library's own values say in their types, so that configurations are checked by it
 */
export interface MatchingMethod<Options extends object = object, Name extends string = string> {
  /** As configurations and names of runs have it, in letters, digits and hyphens. */
  readonly name: Name;
  /** As tables and charts have it. */
  readonly label: string;
  /** To be raised where the same options come to mean other numbers: part of a run's identity. Default: none. */
  readonly version?: number;
  /** A schema for each option, in the order in which names of runs tell them; what is not listed is refused. */
  readonly options: z.ZodRawShape;
  /** Complete options of a profile. */
  defaults(choice: MethodChoice): Options;
  /** What one option asks of another: a sentence without its end where they contradict each other. */
  problem?(options: Options): string | undefined;
  /** Options, by path, that change no number of a set, e.g. 'experts.epochs', and are not in a run's identity. Default: none. */
  readonly withoutEffect?: readonly string[];
  /** Default iterations by profile. Default: as distribution matching. */
  readonly iterations?: Readonly<Record<ProfileName, number>>;
  /** Default `augmentation` of real and distilled images. Default: all six. */
  readonly augmentation?: string;
  /** What real images and the set are compared by: how large gradients are, and so default rates of sets, follow from it. Default 'features'. */
  readonly matches?: Matches;
  /** Default `whitening`. Default: 'normalise'. */
  whitening?(profile: ProfileName): Whitening;
  /** Default SGD of images or bases, and of hallucinators. Default: as distribution matching. */
  optimisers?(choice: MethodChoice): { bases: OptimiserSettings; hallucinators: OptimiserSettings };
  /** What it learns beside the set, by name: none that a set's tensor has. Default: nothing. */
  readonly learns?: Readonly<Record<string, LearnedTensor<Options>>>;
  /** Scalar of `learns` that students take as their rate where 'evaluation.learningRate' is 'learned', as by default then. */
  readonly studentRate?: string;
  /**
   * Default rates of labels that are learned with the set, where the loss depends on its labels (`DistilledSet.targets`). Default: it
   * does not, and learned labels are refused.
   */
  learnedLabels?(choice: MethodChoice): OptimiserSettings;
  /** What an iteration takes, for the estimate before a run. Default: none is told. @param items training images of the set */
  work?(options: Options, shape: { classCount: number; items: number }): Work;
  /** What must lie ready before the first iteration. Default: nothing. */
  readonly prepare?: Preparation<Options>;
  /**
   * The loss.
   * @throws Error where what it needs prepared is missing, saying how it is made
   */
  create(options: Options, context: MatchingContext): MatchingLoss;
}
