/** Every kind of set that there is: the library's, and those that were registered. */
import { createRegistry } from '../settings/registry';
import { ddifSet, type DdifOptions } from './ddif-set';
import { fredSet, type FredOptions } from './fred-set';
import { habaSet, type HabaOptions } from './haba-set';
import { hallucinated, type Hallucinated } from './hallucinated';
import { imagesSet, type ImagesOptions } from './images-set';
import { linbaSet, type LinbaOptions } from './linba-set';
import type { Parameterisation } from './parameterisation';

/** Told from the library's kinds by its type; what it is called is known when it runs. */
declare enum OwnKind {
  registered = '',
}

/** A set of a kind that the library does not bring; {@link registerParameterisation} returns what makes one. */
export type OwnSet = { readonly kind: OwnKind.registered } & Readonly<Record<string, unknown>>;

/** Options of the library's kinds. */
interface LibraryOptions {
  images: ImagesOptions;
  haba: HabaOptions;
  fred: FredOptions;
  linba: LinbaOptions;
  ddif: DdifOptions;
  'haba-linba': Hallucinated<LinbaOptions>;
}

type Kind = keyof LibraryOptions;

/** Complete options of a set, as a configuration has them. */
export type SetOptions = { [K in Kind]: { kind: K } & LibraryOptions[K] }[Kind] | OwnSet;

/** What a person writes: whatever differs from the defaults. */
export type SetInput = { [K in Kind]: { kind?: K } & Partial<LibraryOptions[K]> }[Kind] | OwnSet;

const kinds = createRegistry<Parameterisation>({
  family: 'kinds of set',
  one: 'set of the kind',
  key: 'kind',
  register: 'registerParameterisation',
  nameOf: ({ kind }) => kind,
  reserved: ['imageShape', 'classCount'],
  library: [
    imagesSet,
    habaSet,
    fredSet,
    linbaSet,
    ddifSet,
    hallucinated(linbaSet, { kind: 'haba-linba', label: 'HaBa on LinBa' }),
  ],
});

/** Whether the library does not bring it. */
export const isOwnKind = (kind: string): boolean => kinds.isOwn(kind);

/** Kinds of set, in the order in which they were registered. */
export const parameterisationKinds = (): string[] => kinds.names();

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
