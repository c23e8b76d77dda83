/** Distilled sets of any kind, from their options. */
import { disposeAll, type Parameters } from '../tensor/parameters';
import type { DistilledSet } from './distilled-set';
import type { DataShape } from './parameterisation';
import { parameterisationOf, perClassOf, type SetInput } from './parameterisations';

/** Options of a set, and what it is made for. Default options are those of the profile `paper`. */
export type DistilledSetOptions = SetInput & { kind: string } & DataShape;

/**
 * A distilled set; see {@link DistilledSet} for what it answers.
 * @throws RangeError for an unknown kind, and for options that do not go with the images
 */
export function createDistilledSet({ imageShape, classCount, ...given }: DistilledSetOptions): DistilledSet {
  const { options, perClass, parameterisation } = complete(given);
  const shape = { imageShape, classCount };
  const decoder = parameterisation.create(options, shape);
  const tensors = parameterisation.tensors(options, shape);
  const { views = 1, formations = 1 } = decoder;
  return {
    labels(items) {
      const once = Int32Array.from(items, (item) => Math.floor(item / perClass));
      return Int32Array.from({ length: formations * once.length }, (_, row) => once[row % once.length]);
    },
    ...decoder,
    init(random, source, start) {
      const parameters = decoder.init(random, source, start);
      requireDeclared(parameters, tensors, parameterisation.kind);
      return parameters;
    },
    ...shape,
    kind: parameterisation.kind,
    itemCount: classCount * perClass,
    perClass,
    views,
    formations,
    tensors,
  };
}

/** What is made must be what is said to be stored: budgets, files and optimisers go by that. */
function requireDeclared(parameters: Parameters, tensors: DistilledSet['tensors'], kind: string): void {
  const told = (shape?: readonly number[]) => (shape ? `is [${shape.join(', ')}]` : 'is missing');
  for (const name of Object.keys({ ...tensors, ...parameters })) {
    const [made, declared] = [parameters, tensors].map((record) => told(record[name]?.shape));
    if (made === declared) continue;
    disposeAll(parameters);
    throw new Error(
      `The kind '${kind}': of its tensor '${name}' what \`init\` makes ${made}, and what \`tensors\` says ${declared}.`,
    );
  }
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
