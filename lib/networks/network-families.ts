/** Every family of networks that there is: the library's, and those that were registered. */
import { z } from 'zod';
import { nearestName } from '../files/nearest-name';
import { alexNetFamily } from './alex-net';
import { convNetFamily, type ConvNetChoices } from './conv-net';
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

/** The library's networks that leave no choice. */
interface FixedNetwork {
  name: 'AlexNet' | 'VGG11' | 'ResNet18' | 'ResNet18_AP' | 'LeNet' | 'MLP';
}

/** Complete options of a network, as a configuration has them. */
export type NetworkOptions = ({ name: 'ConvNet' } & ConvNetChoices) | FixedNetwork | OwnNetwork;

/** What a person writes: whatever differs from the defaults. */
export type NetworkInput = ({ name?: 'ConvNet' } & Partial<ConvNetChoices>) | FixedNetwork | OwnNetwork;

const library: readonly NetworkFamily[] = [
  convNetFamily as NetworkFamily,
  alexNetFamily,
  vgg11Family,
  resNet18Family,
  averagingResNet18Family,
  leNetFamily,
  mlpFamily,
];
/** One a process: a program that loads this module by `import` and by `require` has it twice. */
const place = Symbol.for('haba: families of networks');
const registered = ((globalThis as { [place]?: Map<string, NetworkFamily> })[place] ??= new Map<
  string,
  NetworkFamily
>());
// A notebook's kernel runs a module anew that was edited: the library's own families are those of now, and others stay.
for (const one of library) registered.set(one.name, one);

/** Names of networks, in the order in which their families were registered. */
export function networkNames(): string[] {
  return [...registered.keys()];
}

/** Whether the library does not bring it. */
export function isOwnNetwork(name: string): boolean {
  return !library.some((one) => one.name === name);
}

/** What a network is built from beside its options, and what tells it: no option may be called so. */
const reserved = ['name', 'version', 'imageShape', 'classCount', 'border'];

/**
 * Adds a family of networks, which from then on distillation matches on and students are of as of any other. Registered again, as
 * by a notebook's cell that runs again, a value takes the place of the one before it.
 *
 *     const myNetwork = registerNetwork({ name: 'tiny', options: { width: z.number() }, defaults: () => ({ width: 8 }), create });
 *     await run({ network: myNetwork({ width: 16 }) });
 *
 * @returns what makes a network of that family for a configuration, of whatever options differ from the defaults
 * @throws RangeError for the name of another in the library, and for a value that contradicts itself
 */
export function registerNetwork<Options extends object>(
  family: NetworkFamily<Options>,
): (options?: Partial<Options>) => OwnNetwork {
  const { name, options } = family;
  const refuse = (reason: string) => new RangeError(`registerNetwork: the network '${name}' ${reason}.`);
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/i.test(name))
    throw refuse('must be of letters, digits, underscores and hyphens');
  if (!isOwnNetwork(name)) throw refuse("is the library's own; give yours another name");
  const taken = reserved.find((one) => Object.hasOwn(options, one));
  if (taken !== undefined) throw refuse(`has an option '${taken}', which means something else; call it otherwise`);
  registered.set(name, family as NetworkFamily);
  return (given = {}) => ({ name, ...given }) as unknown as OwnNetwork;
}

/**
 * The family of a name.
 * @throws RangeError that lists the names there are, and the nearest
 */
export function networkFamily(name: string): NetworkFamily {
  const found = registered.get(name);
  if (found) return found;
  const nearest = nearestName(name, networkNames());
  throw new RangeError(
    `There is no network '${name}'; allowed are ${networkNames().join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
  );
}

/** The schema of a network of any family that is registered by now. */
export function networkSchema() {
  const [first, second, ...others] = [...registered.values()].map(({ name, options }) =>
    z.strictObject({ name: z.literal(name), ...options }),
  );
  return z.discriminatedUnion('name', [first, second, ...others]);
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
