/** The kinds of set that a question compares, each as large as one budget of floats allows. */
import { shapeOf, smallestClassOf, type DatasetInput } from '../data/dataset-names';
import type { Configuration, ConfigurationInput } from '../distillation/configuration';
import { fitToBudget, type UnsizedSet } from '../factorization/budget';
import type { FloatBudget } from '../factorization/parameterisation';
import {
  isOwnKind,
  parameterisationKinds,
  parameterisationOf,
  keepSetLabels,
} from '../factorization/parameterisations';

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

// Beside sets that were made, tables have real images.
keepSetLabels([...containerKinds, 'random real images', 'herding', 'full training set']);

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
  /** Training images of the smallest class: sets that begin as real images have no more of them. Default: enough. */
  smallestClass?: number;
  /** Default: those of HaBa's own question, {@link setKinds}, and every kind that was registered. */
  kinds?: readonly SetKind[];
  /** Whose default options sets have. Default 'quick'. */
  profile?: Configuration['profile'];
}

/** What a question's sets follow from: shape and classes of a dataset, and how many images its classes have. */
export function dataOf(dataset: DatasetInput): Omit<SetsAtBudgetOptions, 'imagesPerClass'> {
  return { ...shapeOf(dataset), smallestClass: smallestClassOf(dataset) };
}

/** A question's usual budget, in images per class; of one's own images no more than the smallest class has. */
export function usualBudget(imagesPerClass: number, { smallestClass = Infinity }: { smallestClass?: number }): number {
  return Math.min(imagesPerClass, smallestClass);
}

/** Of several usual budgets, each once. */
export function usualBudgets(budgets: readonly number[], data: { smallestClass?: number }): number[] {
  return [...new Set(budgets.map((budget) => usualBudget(budget, data)))];
}

/**
 * Sets of each kind, as {@link fitToBudget} sizes them, of images as many as are asked for, of bases no more than there are images to
 * begin from. A kind that does not fit is left out.
 */
export function setsAtBudget(options: SetsAtBudgetOptions): BudgetedSet[] {
  const { kinds, profile = 'quick', smallestClass = Infinity, ...budget } = options;
  const own = parameterisationKinds()
    .filter(isOwnKind)
    .map((kind): [SetKind, UnsizedSet[]] => [parameterisationOf(kind).label, [{ kind } as UnsizedSet]]);
  const wanted = new Set(kinds ?? [...setKinds, ...own.map(([label]) => label)]);
  return [...Object.entries(librarySets), ...own].flatMap(([kind, unsized]) => {
    if (!wanted.has(kind)) return [];
    const [set] = unsized.flatMap((one) => fitToBudget(one, budget, profile) ?? []);
    return set ? [{ kind, set: withinClasses(set, smallestClass) }] : [];
  });
}

/** HaBa in the authors' form, in colour, or where that does not fit, with a single channel: the first that is there. */
export function plainHaba<Kinded extends { kind: SetKind }>(sets: readonly Kinded[]): Kinded | undefined {
  return sets.find(({ kind }) => kind === 'HaBa') ?? sets.find(({ kind }) => kind === 'HaBa, single-channel');
}

/** Of the kinds that are asked for; where none are, images and {@link plainHaba}. */
export function comparedSets(options: SetsAtBudgetOptions): BudgetedSet[] {
  const sets = setsAtBudget(options);
  if (options.kinds) return sets;
  const haba = plainHaba(sets);
  return [...sets.filter(({ kind }) => kind === 'images'), ...(haba ? [haba] : [])];
}

/** Without the items that no real image is there for. */
function withinClasses<Set extends UnsizedSet>(set: Set, smallestClass: number): Set {
  const kind = parameterisationOf(set.kind);
  const items = (set as Record<string, unknown>)[kind.itemsPerClass] as number;
  if (set.kind === 'images' || !kind.realPerClass || items <= smallestClass) return set;
  return { ...set, [kind.itemsPerClass]: smallestClass };
}

/**
 * The set of one kind.
 * @param question who asks, for the error
 * @throws RangeError where it does not fit the budget
 */
export function setAtBudget(
  question: string,
  kind: 'images' | 'HaBa',
  options: Omit<SetsAtBudgetOptions, 'kinds'>,
): BudgetedSet['set'] {
  const at = (imagesPerClass: number) => setsAtBudget({ ...options, imagesPerClass, kinds: [kind] });
  const { imagesPerClass } = options;
  const [found] = at(imagesPerClass);
  if (found) return found.set;
  const enough = [2, 3, 4, 5, 6, 8, 10, 20, 50].find((more) => more > imagesPerClass && at(more).length > 0);
  throw new RangeError(
    `${question}: no basis in colour fits ${imagesPerClass} images per class; give at least ${enough ?? 'more of them'}.`,
  );
}
