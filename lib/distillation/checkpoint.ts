/** A distillation's state as one safetensors file: everything between two iterations, the random generator included. */
import { addPrefix, withPrefix } from '../tensor/parameters';
import { readSafetensors, toTensor, writeSafetensors } from '../tensor/safetensors';
import type { DistillationState } from './distillation';
import { z } from 'zod';

const parts = ['parameters', 'velocity', 'adversary', 'adversaryVelocity'] as const;

const metadataSchema = z.object({
  iteration: z.coerce.number().int().min(0),
  random: z.string().transform((text) => z.array(z.number().int()).parse(JSON.parse(text))),
  metricsBytes: z.coerce.number().int().min(0),
});

export interface Checkpoint {
  state: DistillationState;
  /** Length of the metrics file when the checkpoint was taken. */
  metricsBytes: number;
}

/** Writes a checkpoint; the one before it stays whole until this one is. */
export function writeCheckpoint(file: string, { state, metricsBytes }: Checkpoint): void {
  const tensors = Object.fromEntries(parts.flatMap((part) => Object.entries(addPrefix(state[part], `${part}.`))));
  const { iteration, random } = state;
  writeSafetensors(file, tensors, {
    iteration: String(iteration),
    random: JSON.stringify(random),
    metricsBytes: String(metricsBytes),
  });
}

/**
 * Reads a checkpoint; the caller owns its tensors.
 * @throws Error naming the file and what is wrong with it
 */
export function readCheckpoint(file: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(file);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) {
    throw new Error(`${file} is not a checkpoint: its metadata lacks '${parsed.error.issues[0].path.join('.')}'.`);
  }
  const all = Object.fromEntries(Object.entries(tensors).map(([name, stored]) => [name, toTensor(stored)]));
  const [parameters, velocity, adversary, adversaryVelocity] = parts.map((part) => withPrefix(all, `${part}.`));
  const { iteration, random, metricsBytes } = parsed.data;
  return { state: { iteration, parameters, velocity, adversary, adversaryVelocity, random }, metricsBytes };
}
