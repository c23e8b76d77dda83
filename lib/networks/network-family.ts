/** A family of networks as a value: its options and what they come to. Configurations, names of runs, students and tables follow from it. */
import type { z } from 'zod';
import type { ProfileName } from '../settings/profile-names';
import type { Network, NetworkInputs } from './network';

/** What default options depend on. */
export interface NetworkDefaultsChoice {
  profile: ProfileName;
  /** [height, width, channels] of the dataset's images, where they are known before it is loaded. */
  imageShape?: readonly [number, number, number];
}

/** Options of a network that leaves no choice. */
export type NoChoices = Record<never, never>;

/** A network without its name, which is its family's, and without `apply`, which is `classify` of `features`. */
export type NetworkParts = Pick<Network, 'init' | 'features' | 'classify'>;

/**
 * A family of networks. To add one, register it: `registerNetwork` of `network-families.ts`.
 * @typeParam Options complete options, without `name`
 * @typeParam Name the name itself, which the library's own values say in their types, so that configurations are checked by it
 */
export interface NetworkFamily<Options extends object = object, Name extends string = string> {
  /** As configurations and names of runs have it, in letters, digits and hyphens. */
  readonly name: Name;
  /** As tables and charts have it. Default: the name. */
  readonly label?: string;
  /** To be raised where the same options come to mean another network: part of what runs are called by. Default: none. */
  readonly version?: number;
  /** A schema for each option, in the order in which names of runs tell them; what is not listed is refused. */
  readonly options: z.ZodRawShape;
  /** Complete options of a profile. */
  defaults(choice: NetworkDefaultsChoice): Options;
  /**
   * The network for images and classes: `init` draws its parameters, `features` embeds images, `classify` makes logits of the
   * features. All of it is pure, and TensorFlow's operations alone, so that it can be differentiated twice and compiled.
   * @throws RangeError for options that do not go with the images
   */
  create(options: Options, data: NetworkInputs): NetworkParts;
}
