/** What a distilled set stores, counted in both ways of the literature, and in bits. */
import { complete, createDistilledSet, type DistilledSetOptions } from './create-distilled-set';
import { entriesOf, floatsOf, ledgerOf, type Ledger } from './ledger';

export interface Storage extends Ledger {
  /** Floats of all bases or images; of other kinds of everything. */
  bases: number;
  /** Floats of all hallucinators. */
  hallucinators: number;
  /** Bases alone in images per class: how the paper names its settings (IPC), which leaves hallucinators out. */
  nominalImagesPerClass: number;
  /** What students train on. */
  trainingImagesPerClass: number;
}

/** Floats that a set of these options stores, without creating it. */
export function storedFloats({ imageShape, classCount, ...set }: DistilledSetOptions): number {
  const { parameterisation, options } = complete(set);
  const tensors = parameterisation.tensors(options, { imageShape, classCount });
  return Object.values(tensors).reduce((sum, tensor) => sum + floatsOf(tensor), 0);
}

/** Counts what a set of these options stores, as it is distilled. */
export function storage(options: DistilledSetOptions): Storage {
  const { tensors, perClass, views, formations, imageShape, classCount } = createDistilledSet(options);
  const entries = entriesOf(tensors);
  const ledger = ledgerOf(entries, { imageShape, classCount });
  const hallucinators = entries
    .filter(({ part }) => part === 'hallucinators')
    .reduce((sum, { floats }) => sum + floats, 0);
  const bases = ledger.floats - hallucinators;
  return {
    ...ledger,
    bases,
    hallucinators,
    nominalImagesPerClass: bases / imageShape.reduce((product, side) => product * side, classCount),
    trainingImagesPerClass: perClass * views * formations,
  };
}
