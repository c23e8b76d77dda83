/**
 * A parameterisation: one way to store training images in few floats, as a value. What is asked of it elsewhere follows from this
 * value alone: options and their defaults, floats, budgets, optimisers, the check of files, names of runs, export and pictures.
 */
import type { z } from 'zod';
import type { ProfileName } from '../settings/profile-names';
import type { OptimiserSettings } from '../tensor/optimiser-settings';
import type { Parameters } from '../tensor/parameters';
import type { tf } from '../tensor/tensorflow';
import type { Decoder } from './distilled-set';
import type { LabelKind } from './label-kinds';

/** What a set is made for. */
export interface DataShape {
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classCount: number;
}

/** How elements lie on disk; integers are int32 in memory. */
export type ElementType = 'float32' | 'int32' | 'uint16' | 'uint8' | 'bool';

/** A tensor that a set stores. */
export interface TensorSpec {
  shape: readonly number[];
  /** Label of the optimiser that moves it, a key of `optimisers`. Left out, the tensor is fixed: it stays as `init` made it. */
  part?: string;
  /** How a set as it was distilled stores it: integers in the fewest bits that hold them, e.g. uint16. Default 'float32'. */
  type?: ElementType;
  /** Floats that it counts as in comparisons of storage. Default: its elements where they are floats, otherwise none. */
  floats?: number;
  /** Whether it holds images, [images, height, width, channels], which 2 bits a value can store patch by patch. Default false. */
  images?: boolean;
  /** Whether another precision than float32 rounds it. Default: where it learns. */
  rounded?: boolean;
}

/** What default options depend on. */
export interface DefaultsChoice {
  profile: ProfileName;
  /** Items per class, where given. */
  perClass?: number;
}

/**
 * What a matching method compares real images and a set by: features, as distribution matching, gradients or trajectories of networks.
 * It is all that a set's default rates know of the method, so that they are there for any, and those of a method that says nothing of
 * it are those of 'features'.
 */
export type Matches = 'features' | 'gradients' | 'trajectories';

/** What default rates depend on. */
export interface RatesChoice extends DefaultsChoice {
  matches: Matches;
}

/** Floats that a set may take, in images per class. */
export interface FloatBudget extends DataShape {
  imagesPerClass: number;
  /** What items are labelled with: soft labels take floats of the budget, too. Default 'hard'. */
  labels?: LabelKind;
}

/** What grids and pictures call what they show. */
export interface PictureLabels {
  /** An item, and several. Default 'item' and 'items'. */
  item: readonly [one: string, several: string];
  /** What decodes an item, where several do, e.g. 'hallucinator'; without it a set has one picture. */
  view?: string;
  /** Items as they are stored, where they can be looked at, [items, height, width, 1 or channels]; shown beside what they decode to. */
  stored?(parameters: Parameters, items: tf.Tensor1D): tf.Tensor4D;
}

/**
 * A kind of set. To add one, register it: `registerParameterisation` of `parameterisations.ts`.
 * @typeParam Options complete options, without `kind`
 * @typeParam Kind the kind itself, which the library's own values say in their types, so that configurations are checked by it
 */
export interface Parameterisation<Options extends object = object, Kind extends string = string> {
  /** As configurations and names of runs have it, in letters, digits and hyphens. */
  readonly kind: Kind;
  /** As tables and charts have it. */
  readonly label: string;
  /** To be raised where the same options come to mean other numbers: part of the names of runs. Default: none. */
  readonly version?: number;
  /** A schema for each option, in the order in which names of runs tell them; what is not listed is refused. */
  readonly options: z.ZodRawShape;
  /** The option that says how many items a class has, e.g. 'ipc'. Class c holds items c * perClass to (c + 1) * perClass - 1. */
  readonly itemsPerClass: string;
  /** Complete options of a profile. */
  defaults(choice: DefaultsChoice): Options;
  /**
   * Rates of each part of `tensors`. Default: those given.
   * @param usual of `bases` (images or bases) and `hallucinators`, by profile and method
   */
  optimisers?(
    usual: { bases: OptimiserSettings; hallucinators: OptimiserSettings },
    choice: RatesChoice,
  ): Record<string, OptimiserSettings>;
  /** Everything that is stored, by name (`tensor-names.ts` says which are taken); something of it learns. */
  tensors(options: Options, shape: DataShape): Record<string, TensorSpec>;
  /**
   * How it starts, and how it decodes.
   * @throws RangeError for options that do not go with the images
   */
  create(options: Options, shape: DataShape): Decoder;
  /**
   * Options that suit a budget, whatever decides how many items it holds left out; best first, and the first that leaves room for
   * an item of each class is taken. Default: those of the profile.
   * @param options complete, with what was given
   */
  sizesAtBudget?(budget: FloatBudget, options: Options): Partial<Options>[];
  /** Real images of each class that the start takes, none of them twice. Default: none are asked for. */
  realPerClass?(options: Options): number;
  /** How names of runs tell items per class. Default e.g. 'ipc10'. */
  itemsInName?(perClass: number): string;
  /** Options, by name, that a start which diverges at once may come from. Default: none. */
  readonly startOptions?: readonly string[];
  /**
   * Tensors for PyTorch in its layout, beside `labels` of items. Default: the images that the set decodes to, `images`
   * [images, channels, height, width], and `labels` of images.
   */
  toPyTorch?(parameters: Parameters): Parameters;
  readonly pictures?: PictureLabels;
}
