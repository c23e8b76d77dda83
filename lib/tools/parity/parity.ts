/** Whether the library computes what the authors' code computes. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { useBackend } from '../../tensor/backend';
import { tf } from '../../tensor/tensorflow';
import { readGoldenCase, type Comparison } from './golden-case';
import { replays } from './replay';

export interface ParityResult {
  /** File name without extension. */
  name: string;
  passed: boolean;
  /** Largest error over the case's tensors, relative unless it says otherwise, and where; absent when nothing was compared. */
  worst?: { tensor: string; error: number };
  /** Why the case could not be replayed, or what disagrees. */
  reason?: string;
}

/** Below it a number is compared absolutely: the authors' own rounding is no smaller. */
const absoluteTolerance = 1e-4;

/**
 * Replays every golden case of a folder, one after the other; a case that fails or cannot be read stops no other.
 * @throws Error when the folder cannot be read or holds no case
 */
export async function* parity(folder: string): AsyncGenerator<ParityResult> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort();
  if (files.length === 0) throw new Error(`${folder} holds no golden case (*.safetensors).`);
  // The mathematics is compared, not how a library of kernels rounds.
  await useBackend({ oneDnn: false });
  for (const file of files) yield replayCase(path.join(folder, file));
}

function replayCase(file: string): ParityResult {
  const name = path.basename(file, '.safetensors');
  try {
    return tf.tidy(() => {
      const golden = readGoldenCase(file);
      if (!Object.hasOwn(replays, golden.op)) {
        throw new Error(`its op '${golden.op}' is unknown; known are ${Object.keys(replays).join(', ')}.`);
      }
      return { name, ...judge(replays[golden.op](golden)) };
    });
  } catch (error) {
    return { name, passed: false, reason: (error as Error).message };
  }
}

function judge(comparisons: Comparison[]): Omit<ParityResult, 'name'> {
  const errors = comparisons.map((comparison) => ({ ...comparison, ...errorOf(comparison) }));
  // The one that comes closest to its tolerance, or exceeds it most.
  const worst = errors.reduce((most, next) => (next.share > most.share || Number.isNaN(next.share) ? next : most));
  const disagreeing = errors.filter(({ share }) => !(share <= 1));
  return {
    passed: disagreeing.length === 0,
    worst: { tensor: worst.name, error: worst.error },
    reason:
      disagreeing.map(({ name, error, limit }) => `${name}: ${error.toExponential(1)} > ${limit}`).join(', ') ||
      undefined,
  };
}

/** Relative L2 error; absolute where both sides are zero but for rounding. @returns also its share of what is allowed */
function errorOf({ name, ours, theirs, tolerance = 1e-4 }: Comparison): {
  error: number;
  limit: number;
  share: number;
} {
  if (ours.size !== theirs.size) {
    throw new Error(`${name}: ours is [${ours.shape}], the case's [${theirs.shape}].`);
  }
  const norm = (tensor: tf.Tensor) => tensor.norm().dataSync()[0];
  const [distance, size] = [norm(ours.flatten().sub(theirs.flatten())), norm(theirs)];
  if (size <= absoluteTolerance && distance <= absoluteTolerance) {
    return { error: distance, limit: absoluteTolerance, share: distance / absoluteTolerance };
  }
  const error = distance / size;
  return { error, limit: tolerance, share: error / tolerance };
}
