/** The kinds of set that a question compares, each as large as one budget of floats allows. */
import { shapeOf, smallestClassOf, type DatasetInput } from '../data/dataset-names';
import type { Configuration, ConfigurationInput } from '../distillation/configuration';
import { budget, largestThatFits } from '../factorization/budget';
import { isOwnKind, parameterisationKinds, parameterisationOf } from '../factorization/parameterisations';

/** As tables and figures call them. */
export const setKinds = [
  'images',
  'multi-formation',
  'HaBa',
  'HaBa, single-channel',
  'HaBa + multi-formation',
] as const;

/** One of those, or the label of a kind of one's own. */
export type SetKind = (typeof setKinds)[number] | (string & {});

/** A kind of set and what it is configured with. */
export interface BudgetedSet {
  kind: SetKind;
  set: NonNullable<ConfigurationInput['set']>;
}

export interface SetsAtBudgetOptions {
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classCount: number;
  /** Floats there are, in images per class. */
  imagesPerClass: number;
  /** Training images of the smallest class: bases begin as real images, so a class has no more of them. Default: enough. */
  smallestClass?: number;
  /** Share of the budget that hallucinators may take at most. Default a third: fewer than the authors' five where five would take more; one, where even that does. */
  hallucinatorShare?: number;
  /** Whose default options kinds of one's own have. Default 'quick'. */
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

/**
 * Stored images; the same cut into 2 x 2 (IDC's multi-formation); HaBa on colour bases and on single-channel ones; and HaBa on
 * multi-formation bases, in colour where a colour basis fits; and every kind that was registered. A kind that does not fit is left out.
 */
export function setsAtBudget(options: SetsAtBudgetOptions): BudgetedSet[] {
  const { imageShape, classCount, imagesPerClass, smallestClass = Infinity, hallucinatorShare = 1 / 3 } = options;
  const ipc = Math.floor(imagesPerClass);
  const images: BudgetedSet[] = [
    { kind: 'images', set: { kind: 'images', ipc } },
    { kind: 'multi-formation', set: { kind: 'images', ipc, factor: 2 } },
  ];
  const total = imageShape.reduce((product, side) => product * side, imagesPerClass * classCount);
  const fitting = budget({ imageShape, classCount, imagesPerClass, hallucinators: [5, 3, 2, 1] });
  const largest = (channels: 'colour' | 'single') => {
    const sets = fitting.filter((set) => set.channels === channels);
    return sets.find((set) => set.hallucinators <= hallucinatorShare * total) ?? sets.at(-1);
  };
  const [colour, single] = [largest('colour'), largest('single')].map(
    (fit) =>
      fit && {
        kind: 'haba' as const,
        basesPerClass: Math.min(fit.perClass, smallestClass),
        hallucinators: fit.hallucinatorCount,
        channels: fit.channels,
      },
  );
  const formed = colour ?? single;
  return [
    ...images,
    ...(colour ? [{ kind: 'HaBa' as const, set: colour }] : []),
    ...(single ? [{ kind: 'HaBa, single-channel' as const, set: single }] : []),
    ...(formed ? [{ kind: 'HaBa + multi-formation' as const, set: { ...formed, factor: 2 } }] : []),
    ...parameterisationKinds()
      .filter(isOwnKind)
      .flatMap((kind) => ownSetAtBudget(kind, total, options)),
  ];
}

/** A set of one's own, as its kind says, or with as many items as fit beside the profile's options. */
function ownSetAtBudget(
  kind: string,
  floats: number,
  { imageShape, classCount, profile = 'quick' }: SetsAtBudgetOptions,
): BudgetedSet[] {
  const value = parameterisationOf(kind);
  const { label, itemsPerClass } = value;
  const told = (options: object | undefined): BudgetedSet[] =>
    options === undefined ? [] : [{ kind: label, set: { kind, ...options } as unknown as BudgetedSet['set'] }];
  if (value.atBudget) return told(value.atBudget({ imageShape, classCount }, floats));
  const options = value.defaults({ profile });
  const perClass = largestThatFits({ kind, ...options, imageShape, classCount } as never, floats);
  return perClass < 1 ? [] : told({ ...options, [itemsPerClass]: perClass });
}

/**
 * The set of one kind.
 * @param question who asks, for the error
 * @throws RangeError where it does not fit the budget
 */
export function setAtBudget(
  question: string,
  kind: 'images' | 'HaBa',
  options: SetsAtBudgetOptions,
): BudgetedSet['set'] {
  const found = setsAtBudget(options).find((fitting) => fitting.kind === kind);
  if (found) return found.set;
  const { imagesPerClass } = options;
  const enough = [2, 3, 4, 5, 6, 8, 10, 20, 50].find(
    (more) =>
      more > imagesPerClass && setsAtBudget({ ...options, imagesPerClass: more }).some((set) => set.kind === kind),
  );
  throw new RangeError(
    `${question}: no basis in colour fits ${imagesPerClass} images per class; give at least ${enough ?? 'more of them'}.`,
  );
}
