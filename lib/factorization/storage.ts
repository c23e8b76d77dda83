/** What a distilled set stores, counted in both ways of the literature, and in bits. */
import { complete, createDistilledSet, type DistilledSetOptions } from './create-distilled-set';
import { entriesOf, floatsOf, ledgerOf, type Ledger } from './ledger';
import type { LabelKind } from './label-kinds';
import { labelTensors } from './soft-labels';

export interface Storage extends Ledger {
  /** Floats of all bases or images; of other kinds of everything; soft labels apart. */
  bases: number;
  /** Floats of all hallucinators. */
  hallucinators: number;
  /** Bases alone in images per class: how the paper names its settings (IPC), which leaves hallucinators out. */
  nominalImagesPerClass: number;
  /** What students train on. */
  trainingImagesPerClass: number;
}

/** Floats that a set of these options stores, without creating it. @param labels of its items. Default 'hard'. */
export function storedFloats(
  { imageShape, classCount, ...set }: DistilledSetOptions,
  labels: LabelKind = 'hard',
): number {
  const { parameterisation, options, perClass } = complete(set);
  const shape = { imageShape, classCount };
  const tensors = {
    ...parameterisation.tensors(options, shape),
    ...labelTensors(labels, classCount * perClass, shape),
  };
  return Object.values(tensors).reduce((sum, tensor) => sum + floatsOf(tensor), 0);
}

/** Counts what a set of these options stores, as it is distilled. @param labels of its items. Default 'hard'. */
export function storage(options: DistilledSetOptions, labels: LabelKind = 'hard'): Storage {
  const set = createDistilledSet(options);
  const { tensors, itemCount, perClass, views, formations, imageShape, classCount } = set;
  const ofLabels = entriesOf(labelTensors(labels, itemCount, set));
  const entries = entriesOf(tensors);
  const ledger = ledgerOf([...entries, ...ofLabels], { imageShape, classCount });
  const hallucinators = entries
    .filter(({ part }) => part === 'hallucinators')
    .reduce((sum, { floats }) => sum + floats, 0);
  const bases = ofLabels.reduce((sum, { floats }) => sum - floats, ledger.floats - hallucinators);
  return {
    ...ledger,
    bases,
    hallucinators,
    nominalImagesPerClass: bases / imageShape.reduce((product, side) => product * side, classCount),
    trainingImagesPerClass: perClass * views * formations,
  };
}
