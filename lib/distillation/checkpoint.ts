/** A distillation's state as one safetensors file: everything between two iterations; an iteration's random numbers follow from its number. */
import { z } from 'zod';
import { parseOrExplain } from '../files/parse-or-explain';
import { readSafetensors, type StoredTensor } from '../files/safetensors';
import type { OptimiserStep } from '../tensor/optimiser';
import { addPrefix, mapParameters, type Parameters } from '../tensor/parameters';
import { storedType, toTensor, writeTensors } from '../tensor/stored-tensors';
import type { DistillationState } from './distillation';
import type { JointState } from './joint-update';

const metadataSchema = z.object({
  run: z.string(),
  iteration: z.coerce.number().int().min(0).safe(),
  metricsBytes: z.coerce.number().int().min(0).safe(),
});

export interface Checkpoint {
  state: DistillationState;
  /** Length of the metrics file when the checkpoint was taken. */
  metricsBytes: number;
}

/** Writes a checkpoint of the run of that identity; the one before it stays whole until this one is. */
export function writeCheckpoint(file: string, { state, metricsBytes, run }: Checkpoint & { run: string }): void {
  const { iteration } = state;
  writeTensors(file, inFile(state), { run, iteration: String(iteration), metricsBytes: String(metricsBytes) });
}

export interface ReadCheckpointOptions {
  /** Whose it must be. */
  identity: string;
  /** A sentence added to what is thrown: what to do. */
  advice?: string;
}

/**
 * Reads a checkpoint; the caller owns its tensors.
 * @param like a state of the same distillation: its names and shapes are those expected
 * @throws Error naming the file and what is wrong with it
 */
export function readCheckpoint(
  file: string,
  like: DistillationState,
  { identity, advice }: ReadCheckpointOptions,
): Checkpoint {
  const { tensors, metadata, refuse } = readOf(file, { identity, advice });
  const { iteration, metricsBytes } = metadata;
  const all = expectedTensors(tensors, inFile(like), refuse);
  return { state: { iteration, ...outOfFile(all, like) }, metricsBytes };
}

/** What a checkpoint of that run holds, and what refuses it. */
function readOf(file: string, { identity, advice }: ReadCheckpointOptions) {
  const refuse = (reason: string) =>
    new Error([`${file} is not a checkpoint of this run: ${reason}.`, advice].filter(Boolean).join(' '));
  const { tensors, metadata: found } = readWhole(file, advice);
  const metadata = parseOrExplain(metadataSchema, found, (reason) => refuse(`its metadata ${reason}`));
  if (metadata.run !== identity) throw refuse(`it belongs to ${metadata.run}, not to ${identity}`);
  return { tensors, metadata, refuse };
}

/**
 * The adversary of a checkpoint by itself; the caller owns its tensors, which are none where a run has no adversary.
 * @throws Error naming the file and what is wrong with it
 */
export function readAdversary(file: string, options: ReadCheckpointOptions): Parameters {
  const { tensors } = readOf(file, options);
  const prefix = 'adversary.';
  const own = Object.entries(tensors).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, stored]) => [name.slice(prefix.length), toTensor(stored)]));
}

const preparationSchema = z.object({ run: z.string(), done: z.coerce.number().int().min(0).safe() });

/** The state of a set's preparation between two steps. */
export interface PreparationCheckpoint {
  state: Parameters;
  /** Steps done. */
  done: number;
}

/** Writes how far the preparation of the set of a run is; what was written before stays whole until this is. */
export function writePreparation(file: string, { state, done, run }: PreparationCheckpoint & { run: string }): void {
  writeTensors(file, state, { run, done: String(done) });
}

/**
 * Reads it; the caller owns its tensors.
 * @param like the state before the first step: its names and shapes are those expected
 * @throws Error naming the file and what is wrong with it
 */
export function readPreparation(
  file: string,
  like: Parameters,
  { identity, advice }: ReadCheckpointOptions,
): PreparationCheckpoint {
  const refuse = (reason: string) =>
    new Error([`${file} is not a preparation of this run's set: ${reason}.`, advice].filter(Boolean).join(' '));
  const { tensors, metadata } = readWhole(file, advice);
  const { run, done } = parseOrExplain(preparationSchema, metadata, (reason) => refuse(`its metadata ${reason}`));
  if (run !== identity) throw refuse(`it belongs to ${run}, not to ${identity}`);
  return { state: expectedTensors(tensors, like, refuse), done };
}

/** Those tensors of a file that `like` has. */
function expectedTensors(
  tensors: Record<string, StoredTensor>,
  like: Parameters,
  refuse: (reason: string) => Error,
): Parameters {
  for (const [name, tensor] of Object.entries(like)) {
    const { shape } = tensor;
    const type = storedType(tensor);
    const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (found?.type !== type || found.shape.join() !== shape.join()) {
      const given = found === undefined ? 'is missing' : `is ${found.type} [${found.shape.join(', ')}]`;
      throw refuse(`tensor '${name}' ${given}, expected ${type} [${shape.join(', ')}]`);
    }
  }
  return Object.fromEntries(Object.keys(like).map((name) => [name, toTensor(tensors[name])]));
}

/** A state's tensors by their names in the file, where what the method learns stands among the set's, which have other names. */
function inFile({ set, method, adversary }: JointState): Parameters {
  return {
    ...addPrefix({ ...set.parameters, ...method.parameters }, 'parameters.'),
    ...addPrefix({ ...set.velocity, ...method.velocity }, 'velocity.'),
    ...addPrefix(adversary.parameters, 'adversary.'),
    ...addPrefix(adversary.velocity, 'adversaryVelocity.'),
  };
}

/** The way back, with the names of `like`. */
function outOfFile(tensors: Parameters, like: JointState): JointState {
  const pick = (prefix: string, names: Parameters) => mapParameters(names, (_, name) => tensors[prefix + name]);
  const step = ({ parameters, velocity }: OptimiserStep, prefix: string, velocityPrefix: string): OptimiserStep => ({
    parameters: pick(prefix, parameters),
    velocity: pick(velocityPrefix, velocity),
  });
  return {
    set: step(like.set, 'parameters.', 'velocity.'),
    method: step(like.method, 'parameters.', 'velocity.'),
    adversary: step(like.adversary, 'adversary.', 'adversaryVelocity.'),
  };
}

function readWhole(file: string, advice = '') {
  try {
    return readSafetensors(file, { requireChecksum: true });
  } catch (error) {
    throw new Error(`${(error as Error).message} ${advice}`.trim(), { cause: error });
  }
}
