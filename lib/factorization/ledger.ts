/** The ledger: what a training set costs to store, in one record for all kinds of set. */
import { z } from 'zod';
import type { DataShape, ElementType, TensorSpec } from './parameterisation';
import type { LabelKind } from './label-kinds';
import { labelTensors } from './soft-labels';

/** Of a photograph's value. */
const realBits = 8;

const amount = z.number().min(0).finite();
const count = amount.int().safe();

export const ledgerSchema = z.object({
  /**
   * Values and their bits on disk, by part: what a set's tensors are labelled with (`bases`, `hallucinators`, `coefficients`,
   * ...), or, where they are fixed, called; `scales` are the steps and zeros of what is quantised, `stepSize` is trajectory
   * matching's, `softLabels` are probabilities of classes. Hard labels, which follow from the order of items, are no values.
   */
  parts: z.record(z.object({ values: count, bits: count })),
  /**
   * The literature's count of float32 values: integers, such as mask positions, scales and the step size are free, and it is the
   * same at every precision.
   */
  floats: amount,
  /** `floats` in images per class, as many as a class of images of the dataset's shape would take. */
  imagesPerClass: amount,
  /** On disk, of all that decoding and labelling need, at the precision stored: of the file, all but header and whitening. */
  bits: count,
  bitsPerClass: amount,
  /** Real images per class, of 8 bits a value, that have as many bits. */
  realImagesPerClass: amount,
});

/** What a set costs, in floats and in bits on disk, in all and by part. */
export type Ledger = z.infer<typeof ledgerSchema>;

/** What one tensor costs. */
export interface LedgerEntry {
  part: string;
  values: number;
  bits: number;
  /** Floats that it counts as. */
  floats: number;
}

/** Bits of one element on disk. */
export const elementBits: Record<ElementType, number> = { float32: 32, int32: 32, uint16: 16, uint8: 8, bool: 8 };

/** Adds tensors up. */
export function ledgerOf(entries: readonly LedgerEntry[], { imageShape, classCount }: DataShape): Ledger {
  const parts: Ledger['parts'] = {};
  for (const { part, values, bits } of entries) {
    const before = Object.hasOwn(parts, part) ? parts[part] : { values: 0, bits: 0 };
    parts[part] = { values: before.values + values, bits: before.bits + bits };
  }
  const sum = (key: 'bits' | 'floats') => entries.reduce((total, entry) => total + entry[key], 0);
  const [floats, bits] = [sum('floats'), sum('bits')];
  const image = product(imageShape);
  return {
    parts,
    floats,
    imagesPerClass: floats / (classCount * image),
    bits,
    bitsPerClass: bits / classCount,
    realImagesPerClass: bits / (classCount * image * realBits),
  };
}

/** What declared tensors cost as they are distilled, without them. */
export function entriesOf(tensors: Readonly<Record<string, TensorSpec>>): LedgerEntry[] {
  return Object.entries(tensors).map(([name, spec]) => {
    const values = product(spec.shape);
    return {
      part: spec.part ?? name,
      values,
      bits: values * elementBits[spec.type ?? 'float32'],
      floats: floatsOf(spec),
    };
  });
}

/** Floats that a tensor counts as. */
export function floatsOf({ shape, type = 'float32', floats }: TensorSpec): number {
  return floats ?? (type === 'float32' ? product(shape) : 0);
}

/** What real images cost. @param labels of them. Default 'hard'. */
export function realImagesLedger(images: number, shape: DataShape, labels: LabelKind = 'hard'): Ledger {
  const values = images * product(shape.imageShape);
  const ofLabels = entriesOf(labelTensors(labels, images, shape));
  return ledgerOf([{ part: 'images', values, bits: values * realBits, floats: values }, ...ofLabels], shape);
}

/**
 * Real images per class that fit the bits of a set: `runBaseline({ baseline: 'random', ipc: realImagesAtBits(result.ledger) })` is
 * the baseline at equal bits.
 * @throws RangeError where a class does not get one
 */
export function realImagesAtBits({ realImagesPerClass, bitsPerClass }: Ledger): number {
  const images = Math.floor(realImagesPerClass);
  if (images >= 1) return images;
  throw new RangeError(
    `${Math.round(bitsPerClass)} bits a class hold no real image of 8 bits a value (${realImagesPerClass.toFixed(2)} of one): there is no baseline of so few bits.`,
  );
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
