/** Every kind of set that there is: the library's, and those that were registered. */
import { z } from 'zod';
import { nearestName } from '../files/nearest-name';
import { habaSet, type HabaOptions } from './haba-set';
import { imagesSet, type ImagesOptions } from './images-set';
import type { Parameterisation } from './parameterisation';

/** Told from the library's kinds by its type; what it is called is known when it runs. */
declare enum OwnKind {
  registered = '',
}

/** A set of a kind that the library does not bring; {@link registerParameterisation} returns what makes one. */
export type OwnSet = { readonly kind: OwnKind.registered } & Readonly<Record<string, unknown>>;

/** Complete options of a set, as a configuration has them. */
export type SetOptions = ({ kind: 'images' } & ImagesOptions) | ({ kind: 'haba' } & HabaOptions) | OwnSet;

/** What a person writes: whatever differs from the defaults. */
export type SetInput =
  | ({ kind?: 'images' } & Partial<ImagesOptions>)
  | ({ kind?: 'haba' } & Partial<HabaOptions>)
  | OwnSet;

const library: readonly Parameterisation[] = [imagesSet, habaSet];
/** One a process: a program that loads this module by `import` and by `require` has it twice. */
const place = Symbol.for('haba: kinds of set');
const registered = ((globalThis as { [place]?: Map<string, Parameterisation> })[place] ??= new Map(
  library.map((one) => [one.kind, one]),
));

/** Whether the library does not bring it. */
export function isOwnKind(kind: string): boolean {
  return !library.some((one) => one.kind === kind);
}

/** Kinds of set, in the order in which they were registered. */
export function parameterisationKinds(): string[] {
  return [...registered.keys()];
}

/**
 * Adds a kind of set, which from then on is configured, run, stored, tabled and exported as any other. Registered again, as by a
 * notebook's cell that runs again, a value takes the place of the one before it.
 * @returns what makes a set of that kind for a configuration, of whatever options differ from the defaults
 * @throws RangeError for the kind of another in the library, and for a value that contradicts itself
 */
export function registerParameterisation<Options extends object>(
  parameterisation: Parameterisation<Options>,
): (options?: Partial<Options>) => OwnSet {
  const { kind, itemsPerClass, options } = parameterisation;
  const refuse = (reason: string) => new RangeError(`registerParameterisation: the kind '${kind}' ${reason}.`);
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i.test(kind)) throw refuse('must be of letters, digits and hyphens');
  if (!isOwnKind(kind)) throw refuse("is the library's own; give yours another name");
  if (Object.hasOwn(options, 'kind')) throw refuse("has an option 'kind', which is what tells kinds apart");
  if (!Object.hasOwn(options, itemsPerClass)) {
    const listed = Object.keys(options).join(', ') || 'none';
    throw refuse(`counts its items per class by '${itemsPerClass}', which is none of its options: ${listed}`);
  }
  registered.set(kind, parameterisation);
  return (given = {}) => ({ kind, ...given }) as unknown as OwnSet;
}

/**
 * The value of a kind.
 * @throws RangeError that lists the kinds there are, and the nearest
 */
export function parameterisationOf(kind: string): Parameterisation {
  const found = registered.get(kind);
  if (found) return found;
  const nearest = nearestName(kind, parameterisationKinds());
  throw new RangeError(
    `There is no set of the kind '${kind}'; registered are ${parameterisationKinds().join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
  );
}

/** Items per class of a set. */
export function perClassOf(set: { readonly kind: string }): number {
  return (set as Record<string, unknown>)[parameterisationOf(set.kind).itemsPerClass] as number;
}

/** The schema of a set of any kind that is registered by now. */
export function setSchema() {
  const [first, second, ...others] = [...registered.values()].map(({ kind, options }) =>
    z.strictObject({ kind: z.literal(kind), ...options }),
  );
  return z.discriminatedUnion('kind', [first, second, ...others]);
}
