/** Every kind of set that there is: the library's, and those that were registered. */
import { createRegistry } from '../settings/registry';
import { ddifSet } from './ddif-set';
import { fredSet } from './fred-set';
import { habaLinbaSet } from './haba-linba-set';
import { habaSet } from './haba-set';
import { imagesSet } from './images-set';
import { linbaSet } from './linba-set';
import type { Parameterisation } from './parameterisation';

/** Told from the library's kinds by its type; what it is called is known when it runs. */
declare enum OwnKind {
  registered = '',
}

/** A set of a kind that the library does not bring; {@link registerParameterisation} returns what makes one. */
export type OwnSet = { readonly kind: OwnKind.registered } & Readonly<Record<string, unknown>>;

/** The library's kinds, in the order in which they are listed. A place here is all that one takes; its value says the rest. */
const library = [imagesSet, habaSet, fredSet, linbaSet, ddifSet, habaLinbaSet] as const;

type LibrarySet = (typeof library)[number];
type Complete<Value> = Value extends Parameterisation<infer Options, infer Kind> ? { kind: Kind } & Options : never;
type Given<Value> =
  Value extends Parameterisation<infer Options, infer Kind> ? { kind?: Kind } & Partial<Options> : never;

/** Complete options of a set, as a configuration has them. */
export type SetOptions = Complete<LibrarySet> | OwnSet;

/** What a person writes: whatever differs from the defaults. */
export type SetInput = Given<LibrarySet> | OwnSet;

const kinds = createRegistry<Parameterisation>({
  family: 'kinds of set',
  one: 'set of the kind',
  key: 'kind',
  register: 'registerParameterisation',
  nameOf: ({ kind }) => kind,
  labelOf: ({ label }) => label,
  reserved: ['imageShape', 'classCount'],
  library,
});

/** Whether the library does not bring it. */
export const isOwnKind = (kind: string): boolean => kinds.isOwn(kind);

/** Keeps labels for sets that questions compare, kinds in some composition and real images: no kind is registered with one. */
export const keepSetLabels = (labels: readonly string[]): void =>
  kinds.keepLabels(labels, 'of a set that questions compare');

/** Kinds of set, in the order in which they were registered. */
export const parameterisationKinds = (): string[] => kinds.names();

/**
 * Adds a kind of set, which from then on is configured, run, stored, tabled and exported as any other. Registered again, as by a
 * notebook's cell that runs again, a value takes the place of the one before it.
 * @returns what makes a set of that kind for a configuration, of whatever options differ from the defaults
 * @throws RangeError for the kind of another in the library, for the label of another, and for a value that contradicts itself
 */
export function registerParameterisation<Options extends object>(
  parameterisation: Parameterisation<Options>,
): (options?: Partial<Options>) => OwnSet {
  const { kind, itemsPerClass, options } = parameterisation;
  if (!Object.hasOwn(options, itemsPerClass)) {
    const listed = Object.keys(options).join(', ') || 'none';
    throw new RangeError(
      `registerParameterisation: the kind '${kind}' counts its items per class by '${itemsPerClass}', which is none of its options: ${listed}.`,
    );
  }
  kinds.add(parameterisation);
  return (given = {}) => ({ kind, ...given }) as unknown as OwnSet;
}

/**
 * The value of a kind.
 * @throws RangeError that lists the kinds there are, and the nearest
 */
export const parameterisationOf = (kind: string): Parameterisation => kinds.get(kind);

/** Items per class of a set. */
export function perClassOf(set: { readonly kind: string }): number {
  return (set as Record<string, unknown>)[parameterisationOf(set.kind).itemsPerClass] as number;
}

/** The schema of a set of any kind that is registered by now. */
export const setSchema = () => kinds.schema();
