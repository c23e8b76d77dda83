/** Distilled sets of any kind, from their options. */
import { checked } from './checked-decoder';
import type { DistilledSet } from './distilled-set';
import type { DataShape } from './parameterisation';
import { parameterisationOf, perClassOf, type SetInput } from './parameterisations';

/** Options of a set, and what it is made for. Default options are those of the profile `paper`. */
export type DistilledSetOptions = SetInput & { kind: string } & DataShape;

/**
 * A distilled set; see {@link DistilledSet} for what it answers.
 * @throws RangeError for an unknown kind, for options that do not go with the images, and for a kind that contradicts itself
 */
export function createDistilledSet({ imageShape, classCount, ...given }: DistilledSetOptions): DistilledSet {
  const { options, perClass, parameterisation } = complete(given);
  const shape = { imageShape, classCount };
  const { kind } = parameterisation;
  const created = parameterisation.create(options, shape);
  const tensors = parameterisation.tensors(options, shape);
  const itemCount = classCount * perClass;
  const decoder = checked(created, { kind, tensors, imageShape, itemCount });
  const { formations } = decoder;
  return {
    labels(items) {
      const once = Int32Array.from(items, (item) => Math.floor(item / perClass));
      return Int32Array.from({ length: formations * once.length }, (_, row) => once[row % once.length]);
    },
    ...decoder,
    ...shape,
    kind,
    itemCount,
    perClass,
    tensors,
  };
}

/** A set with every option, and the value of its kind. */
export function complete(given: { readonly kind: string }) {
  const parameterisation = parameterisationOf(given.kind);
  const perClass = perClassOf(given) as number | undefined;
  const options = {
    kind: given.kind,
    ...parameterisation.defaults({ profile: 'paper', perClass }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  return { options, perClass: perClassOf(options), parameterisation };
}
