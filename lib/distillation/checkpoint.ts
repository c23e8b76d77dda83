/** A distillation's state as one safetensors file: everything between two iterations; an iteration's random numbers follow from its number. */
import { addPrefix, withPrefix, type Parameters } from '../tensor/parameters';
import { oneLine } from '../files/one-line';
import { readSafetensors } from '../files/safetensors';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import type { DistillationState } from './distillation';
import { z } from 'zod';

const parts = ['parameters', 'velocity', 'adversary', 'adversaryVelocity'] as const;

const metadataSchema = z.object({
  iteration: z.coerce.number().int().min(0).safe(),
  metricsBytes: z.coerce.number().int().min(0).safe(),
});

export interface Checkpoint {
  state: DistillationState;
  /** Length of the metrics file when the checkpoint was taken. */
  metricsBytes: number;
}

/** Writes a checkpoint; the one before it stays whole until this one is. */
export function writeCheckpoint(file: string, { state, metricsBytes }: Checkpoint): void {
  const tensors = Object.fromEntries(parts.flatMap((part) => Object.entries(addPrefix(state[part], `${part}.`))));
  const { iteration } = state;
  writeTensors(file, tensors, {
    iteration: String(iteration),
    metricsBytes: String(metricsBytes),
  });
}

/**
 * Reads a checkpoint; the caller owns its tensors.
 * @param like a state of the same distillation: its names and shapes are those expected
 * @throws Error naming the file and what is wrong with it
 */
export function readCheckpoint(file: string, like: DistillationState): Checkpoint {
  const { tensors, metadata } = readSafetensors(file);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new Error(`${file} is not a checkpoint: its metadata '${path.join('.')}': ${oneLine(message)}.`);
  }
  const expected = Object.assign({}, ...parts.map((part) => addPrefix(like[part], `${part}.`))) as Parameters;
  for (const [name, { shape }] of Object.entries(expected)) {
    const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (found?.type !== 'F32' || found.shape.join() !== shape.join()) {
      const given = found === undefined ? 'is missing' : `is ${found.type} [${found.shape.join(', ')}]`;
      throw new Error(
        `${file} is not a checkpoint of this run: tensor '${name}' ${given}, expected F32 [${shape.join(', ')}].`,
      );
    }
  }
  const all = Object.fromEntries(Object.keys(expected).map((name) => [name, toTensor(tensors[name])]));
  const [parameters, velocity, adversary, adversaryVelocity] = parts.map((part) => withPrefix(all, `${part}.`));
  const { iteration, metricsBytes } = parsed.data;
  return { state: { iteration, parameters, velocity, adversary, adversaryVelocity }, metricsBytes };
}
