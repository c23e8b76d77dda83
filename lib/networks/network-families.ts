/** Every family of networks that there is: the library's, and those that were registered. */
import { createRegistry } from '../settings/registry';
import { alexNetFamily } from './alex-net';
import { convNetFamily } from './conv-net';
import { leNetFamily } from './le-net';
import { mlpFamily } from './mlp';
import type { NetworkFamily } from './network-family';
import { averagingResNet18Family, resNet18Family } from './res-net';
import { vgg11Family } from './vgg11';

/** Told from the library's names by its type; what it is called is known when it runs. */
declare enum OwnName {
  registered = '',
}

/** A network of a family that the library does not bring; {@link registerNetwork} returns what makes one. */
export type OwnNetwork = { readonly name: OwnName.registered } & Readonly<Record<string, unknown>>;

/** The library's families, in the order in which they are listed. A place here is all that one takes; its value says the rest. */
const library = [
  convNetFamily,
  alexNetFamily,
  vgg11Family,
  resNet18Family,
  averagingResNet18Family,
  leNetFamily,
  mlpFamily,
] as const;

type LibraryFamily = (typeof library)[number];
type Complete<Value> = Value extends NetworkFamily<infer Options, infer Name> ? { name: Name } & Options : never;
/** Without a name it is a ConvNet. */
type Given<Value> =
  Value extends NetworkFamily<infer Options, infer Name>
    ? (Name extends 'ConvNet' ? { name?: Name } : { name: Name }) & Partial<Options>
    : never;

/** Complete options of a network, as a configuration has them. */
export type NetworkOptions = Complete<LibraryFamily> | OwnNetwork;

/** What a person writes: whatever differs from the defaults. */
export type NetworkInput = Given<LibraryFamily> | OwnNetwork;
const families = createRegistry<NetworkFamily>({
  family: 'families of networks',
  one: 'network',
  key: 'name',
  register: 'registerNetwork',
  nameOf: ({ name }) => name,
  labelOf: ({ name, label = name }) => label,
  reserved: ['version', 'imageShape', 'classCount', 'border'],
  library,
});

/** Names of networks, in the order in which their families were registered. */
export const networkNames = (): string[] => families.names();

/** Whether the library does not bring it. */
export const isOwnNetwork = (name: string): boolean => families.isOwn(name);

/**
 * The family of a name.
 * @throws RangeError that lists the names there are, and the nearest
 */
export const networkFamily = (name: string): NetworkFamily => families.get(name);

/** The schema of a network of any family that is registered by now. */
export const networkSchema = () => families.schema();

/**
 * Adds a family of networks, which from then on distillation matches on and students are of as of any other. Registered again, as
 * by a notebook's cell that runs again, a value takes the place of the one before it.
 *
 *     const myNetwork = registerNetwork({ name: 'tiny', options: { width: z.number() }, defaults: () => ({ width: 8 }), create });
 *     await run({ network: myNetwork({ width: 16 }) });
 *
 * @returns what makes a network of that family for a configuration, of whatever options differ from the defaults
 * @throws RangeError for the name of another in the library, for the label of another, and for a value that contradicts itself
 */
export function registerNetwork<Options extends object>(
  family: NetworkFamily<Options>,
): (options?: Partial<Options>) => OwnNetwork {
  const { name } = family;
  families.add(family as NetworkFamily);
  return (given = {}) => ({ name, ...given }) as unknown as OwnNetwork;
}

/**
 * Whether a network is of a family that was there when each had ConvNet's options, whatever it made of them. What was stored then
 * has them still: under the name of a network in a configuration, and in what students are called by.
 */
export function onceHadConvNetOptions(name: string): boolean {
  return name !== 'ConvNet' && !isOwnNetwork(name);
}

/** A network's options without those of ConvNet that what was stored before has all of. */
export function withoutConvNetOptions(network: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.keys(convNetFamily.options);
  const isStored = onceHadConvNetOptions(String(network.name)) && keys.every((key) => network[key] !== undefined);
  if (!isStored) return network;
  return Object.fromEntries(Object.entries(network).filter(([key]) => !keys.includes(key)));
}
