/** Records of named tensors: what a network, a distilled set or an optimiser's state consists of. */
import { tf } from './tensorflow';

/** Named tensors, in a fixed order. Functions return new records and never change those they are given. */
export type Parameters = Record<string, tf.Tensor>;

/** Applies a function to every tensor of a record. */
export function mapParameters(
  parameters: Parameters,
  each: (tensor: tf.Tensor, name: string) => tf.Tensor,
): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, each(tensor, name)]));
}

/** @returns number of floats in all tensors */
export function floatCount(parameters: Parameters): number {
  return Object.values(parameters).reduce((sum, tensor) => sum + tensor.size, 0);
}

/** Whether every value of every tensor is a number, and finite; integers always are. */
export function allFinite(parameters: Parameters): boolean {
  return Object.values(parameters).every(
    (tensor) => tensor.dtype !== 'float32' || tf.tidy(() => tensor.isFinite().all().dataSync()[0] === 1),
  );
}

/** The tensors whose names begin with `prefix`, under the rest of their names. */
export function withPrefix(parameters: Parameters, prefix: string): Parameters {
  const found = Object.entries(parameters).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** The same tensors, each name led by `prefix`. */
export function addPrefix(parameters: Parameters, prefix: string): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Frees every tensor of the given records; tensors already freed are left alone. */
export function disposeAll(...records: Parameters[]): void {
  for (const record of records) tf.dispose(Object.values(record).filter((tensor) => !tensor.isDisposed));
}
