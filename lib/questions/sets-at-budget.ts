/** The kinds of set that a question compares, each as large as one budget of floats allows. */
import type { Configuration, ConfigurationInput } from '../distillation/configuration';
import { fitToBudget, type UnsizedSet } from '../factorization/budget';
import type { FloatBudget } from '../factorization/parameterisation';
import { isOwnKind, parameterisationKinds, parameterisationOf } from '../factorization/parameterisations';

/** As tables and figures call them. */
export const setKinds = [
  'images',
  'multi-formation',
  'HaBa',
  'HaBa, single-channel',
  'HaBa + multi-formation',
] as const;

/** Beside those of HaBa's own question, what came after it. */
export const containerKinds = [...setKinds, 'FreD', 'LinBa', 'HaBa on LinBa', 'DDiF'] as const;

type LibrarySetKind = (typeof containerKinds)[number];

/** One of those, or the label of a kind of one's own. */
export type SetKind = LibrarySetKind | (string & {});

/** What each is, apart from its size; of several the first that fits. */
const librarySets: Record<LibrarySetKind, readonly UnsizedSet[]> = {
  images: [{ kind: 'images' }],
  'multi-formation': [{ kind: 'images', factor: 2 }],
  HaBa: [{ kind: 'haba', channels: 'colour' }],
  'HaBa, single-channel': [{ kind: 'haba', channels: 'single' }],
  // In colour where a colour basis fits.
  'HaBa + multi-formation': [
    { kind: 'haba', channels: 'colour', factor: 2 },
    { kind: 'haba', channels: 'single', factor: 2 },
  ],
  FreD: [{ kind: 'fred' }],
  LinBa: [{ kind: 'linba' }],
  'HaBa on LinBa': [{ kind: 'haba-linba' }],
  DDiF: [{ kind: 'ddif' }],
};

/** A kind of set and what it is configured with. */
export interface BudgetedSet {
  kind: SetKind;
  set: NonNullable<ConfigurationInput['set']>;
}

export interface SetsAtBudgetOptions extends FloatBudget {
  /** Default: those of HaBa's own question, {@link setKinds}, and every kind that was registered. */
  kinds?: readonly SetKind[];
  /** Whose default options sets have. Default 'quick'. */
  profile?: Configuration['profile'];
}

/** Sets of each kind, as {@link fitToBudget} sizes them. A kind that does not fit is left out. */
export function setsAtBudget({ kinds, profile = 'quick', ...budget }: SetsAtBudgetOptions): BudgetedSet[] {
  const own = parameterisationKinds()
    .filter(isOwnKind)
    .map((kind): [SetKind, UnsizedSet[]] => [parameterisationOf(kind).label, [{ kind } as UnsizedSet]]);
  const wanted = new Set(kinds ?? [...setKinds, ...own.map(([label]) => label)]);
  return [...Object.entries(librarySets), ...own].flatMap(([kind, unsized]) => {
    if (!wanted.has(kind)) return [];
    const [set] = unsized.flatMap((one) => fitToBudget(one, budget, profile) ?? []);
    return set ? [{ kind, set }] : [];
  });
}

/**
 * The set of one kind.
 * @param question who asks, for the error
 * @throws RangeError where it does not fit the budget
 */
export function setAtBudget(question: string, kind: 'images' | 'HaBa', budget: FloatBudget): BudgetedSet['set'] {
  const [found] = setsAtBudget({ ...budget, kinds: [kind] });
  if (found) return found.set;
  throw new RangeError(
    `${question}: no basis in colour fits ${budget.imagesPerClass} images per class; give at least 2.`,
  );
}
