/** What a distilled set stores, counted in both ways of the literature. */
import { complete, createDistilledSet, type DistilledSetOptions } from './create-distilled-set';
import type { TensorSpec } from './parameterisation';

export interface Storage {
  /** Floats of all bases or images; of other kinds of everything. */
  bases: number;
  /** Floats of all hallucinators. */
  hallucinators: number;
  /** Both. */
  floats: number;
  /** `floats` in images per class: what an equal comparison counts. */
  imagesPerClass: number;
  /** Bases alone in images per class: how the paper names its settings (IPC), which leaves hallucinators out. */
  nominalImagesPerClass: number;
  /** What students train on. */
  trainingImagesPerClass: number;
}

/** Floats that tensors count as. @param part those of one part alone */
export function floatsOf(tensors: Readonly<Record<string, TensorSpec>>, part?: string): number {
  return Object.values(tensors)
    .filter((tensor) => part === undefined || tensor.part === part)
    .reduce((sum, { shape, floats = shape.reduce((product, side) => product * side, 1) }) => sum + floats, 0);
}

/** Floats that a set of these options stores, without creating it. */
export function storedFloats({ imageShape, classCount, ...set }: DistilledSetOptions): number {
  const { parameterisation, options } = complete(set);
  return floatsOf(parameterisation.tensors(options, { imageShape, classCount }));
}

/** Counts what a set of these options stores. */
export function storage(options: DistilledSetOptions): Storage {
  const { tensors, perClass, views, formations, imageShape, classCount } = createDistilledSet(options);
  const floats = floatsOf(tensors);
  const hallucinators = floatsOf(tensors, 'hallucinators');
  const image = imageShape.reduce((product, side) => product * side, classCount);
  return {
    bases: floats - hallucinators,
    hallucinators,
    floats,
    imagesPerClass: floats / image,
    nominalImagesPerClass: (floats - hallucinators) / image,
    trainingImagesPerClass: perClass * views * formations,
  };
}
