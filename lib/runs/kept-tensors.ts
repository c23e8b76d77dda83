/** Tensors that a run keeps beside its results. */
import { writing } from '../files/file-error';
import { readSafetensors } from '../files/safetensors';
import type { Parameters } from '../tensor/parameters';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import { advice, type RunPlace } from './run-files';

/** Writes tensors as those of the run of a hash; they stay the caller's. */
export function keepTensors(file: string, hash: string, tensors: Parameters): void {
  writing(file, () => writeTensors(file, tensors, { run: hash }));
}

/** @returns the tensors, which the caller disposes of @throws Error where they are damaged, or another run's */
export function readKeptTensors(file: string, hash: string): Parameters {
  const { tensors, metadata } = readSafetensors(file, { requireChecksum: true });
  if (metadata.run !== hash) throw new Error(`${file} belongs to ${metadata.run}, not to ${hash}`);
  return Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, toTensor(stored)]));
}

/** The same of a training set's own file; what is wrong with it is told with what to do. */
export function keptTensors(file: string, { folder, hash }: RunPlace): Parameters {
  try {
    return readKeptTensors(file, hash);
  } catch (error) {
    throw new Error(`${(error as Error).message.replace(/\.$/, '')}. ${advice(folder)}`, { cause: error });
  }
}
