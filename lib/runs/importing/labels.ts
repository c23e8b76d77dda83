/** Labels made elsewhere: classes, or probabilities of classes; and the order of images that a set here has them in. */
import { max, min } from 'simple-statistics';
import type { StoredTensor } from '../../files/safetensors';

/** What soft labels are: probabilities, logits that a softmax makes probabilities, or nothing but their largest entry. */
export type SoftLabels = 'probabilities' | 'logits' | 'hard';

export interface LabelsOptions {
  /** Of images. */
  count: number;
  classCount: number;
  /** Default: probabilities, where they are such. */
  softLabels?: SoftLabels;
  /** Probabilities beside labels that are classes, [images, classes]. Default: none. */
  beside?: StoredTensor;
}

export interface OrderedLabels {
  /** Which image comes in which place, so that class c holds places c * perClass to (c + 1) * perClass - 1. */
  order: Int32Array;
  perClass: number;
  /** Probabilities, [images, classes], in that order; of hard labels none. */
  soft?: Float32Array;
}

/** Largest departure of a sum of probabilities from 1: half precision, over many classes. */
const roundOff = 0.02;

/**
 * @param labels [images] or [images, classes]; undefined where the images are in order
 * @throws Error saying what is wrong, and what to do
 */
export function orderLabels(labels: StoredTensor | undefined, options: LabelsOptions): OrderedLabels {
  const { count, classCount } = options;
  const perClass = count / classCount;
  if (labels === undefined) {
    requireEqual(Number.isInteger(perClass), `${count} images of ${classCount} classes in order`, options);
    return { order: Int32Array.from({ length: count }, (_, place) => place), perClass };
  }
  const values = Array.from(labels.values as Float32Array, Number);
  const isSoft = labels.shape.length === 2 && labels.shape[1] === classCount && classCount > 1;
  if (!isSoft) {
    const { beside } = options;
    if (beside !== undefined) {
      const order = inOrder(classesOf(values, classCount), options, true)!;
      const rows = rowsOf(beside, options).map((row) => probabilitiesOf(row, options.softLabels));
      return { order, perClass, ...(areHard(rows, options) ? {} : { soft: inPlaces(rows, order) }) };
    }
    if (options.softLabels !== undefined) {
      throw new Error(
        `Import: labels are said to be soft ('--soft-labels ${options.softLabels}'), and are [${labels.shape.join(', ')}]; soft are [images, classes].`,
      );
    }
    return { order: inOrder(classesOf(values, classCount), options, true)!, perClass };
  }
  const rows = rowsOf(labels, options);
  const soft = rows.map((row) => probabilitiesOf(row, options.softLabels));
  const classes = rows.map((row) => row.indexOf(max(row)));
  if (areHard(soft, options)) return { order: inOrder(classes, options, true)!, perClass };
  requireEqual(Number.isInteger(perClass), `${count} images of ${classCount} classes`, options);
  // Soft labels say nothing of the class that an image was made for; in their file they are in order of it.
  const order = inOrder(classes, options, false) ?? Int32Array.from({ length: count }, (_, place) => place);
  return { order, perClass, soft: inPlaces(soft, order) };
}

function rowsOf({ values }: StoredTensor, { count, classCount }: LabelsOptions): number[][] {
  const all = Array.from(values as Float32Array, Number);
  return Array.from({ length: count }, (_, row) => all.slice(row * classCount, (row + 1) * classCount));
}

/** Whether they are classes, or said to be. */
function areHard(soft: readonly number[][], { softLabels }: LabelsOptions): boolean {
  return softLabels === 'hard' || soft.every((row) => row.every((value) => value === 0 || value === 1));
}

function inPlaces(rows: readonly number[][], order: Int32Array): Float32Array {
  return Float32Array.from([...order].flatMap((row) => rows[row]));
}

function classesOf(values: number[], classCount: number): number[] {
  const [least, largest] = [min(values), max(values)];
  if (!values.every(Number.isInteger)) {
    throw new Error(
      `Import: labels are classes, whole numbers, and some are not, e.g. ${values.find((value) => !Number.isInteger(value))}.`,
    );
  }
  if (least === 1 && largest === classCount) {
    throw new Error(
      `Import: labels run from 1 to ${classCount}; here they run from 0 to ${classCount - 1}. Save them less 1.`,
    );
  }
  if (least < 0 || largest >= classCount) {
    throw new Error(
      `Import: labels run from ${least} to ${largest}, and the dataset's from 0 to ${classCount - 1}. Is it another dataset ('--dataset')?`,
    );
  }
  return [...values];
}

/** Rows in order of their classes, those of one class as they come. @returns undefined, or throws, where classes are not as many each */
function inOrder(classes: readonly number[], options: LabelsOptions, needed: boolean): Int32Array | undefined {
  const sizes = new Array<number>(options.classCount).fill(0);
  for (const label of classes) sizes[label] += 1;
  const [fewest, most] = [min(sizes), max(sizes)];
  if (fewest !== most) {
    const least = sizes.indexOf(fewest);
    const largest = sizes.indexOf(most);
    if (needed) requireEqual(false, `class ${least} has ${fewest} images and class ${largest} has ${most}`, options);
    return undefined;
  }
  const order = Int32Array.from(classes.keys());
  return order.sort((first, second) => classes[first] - classes[second] || first - second);
}

function requireEqual(are: boolean, what: string, { count, classCount }: LabelsOptions): void {
  if (are) return;
  const could = Math.floor(count / classCount);
  throw new Error(
    `Import: ${what}; a set has as many images of every class. ${could > 0 ? `Save ${could} of each` : 'Save at least one of each'}, or take the dataset that it was made of ('--dataset').`,
  );
}

function probabilitiesOf(row: number[], softLabels: SoftLabels | undefined): number[] {
  if (!row.every(Number.isFinite)) throw new Error('Import: soft labels hold values that are no numbers.');
  if (softLabels === 'logits') {
    const largest = max(row);
    const powers = row.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((total, value) => total + value, 0);
    return powers.map((value) => value / sum);
  }
  const sum = row.reduce((total, value) => total + value, 0);
  const are = row.every((value) => value >= 0) && Math.abs(sum - 1) <= roundOff;
  if (are || softLabels === 'hard') return [...row];
  throw new Error(
    `Import: soft labels are no probabilities: a row sums to ${sum.toPrecision(3)}, from ${min(row).toPrecision(3)} to ${max(row).toPrecision(3)}. Say what they are: '--soft-labels logits' takes their softmax, '--soft-labels hard' their largest entry (kernel methods centre theirs at 0).`,
  );
}
