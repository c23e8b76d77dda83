/** How many iterations a distillation has, and what it keeps of them, as a configuration says it. */
import { z } from 'zod';
import type { ProfileName } from '../settings/profile-names';
import { count, wholeNumber } from '../settings/numbers';

export const iterationsShape = {
  /** Outer iterations of distillation. Default: the matching method's. */
  iterations: wholeNumber,
  /** Iterations between two checkpoints. Default 100; 50 in the study profile, 20 in quick, 5 in smoke. */
  checkpointEvery: count,
  /**
   * Iterations, 0 for the start, whose sets a run keeps beside its last one: learning curves are of students trained on them. They
   * change no number of the run. By default none.
   */
  snapshots: z.array(wholeNumber).optional(),
};

export type IterationSettings = z.infer<z.ZodObject<typeof iterationsShape>>;

/** @param iterations by profile, of the matching method */
export function iterationDefaults(
  profile: ProfileName,
  iterations: Readonly<Record<ProfileName, number>>,
): IterationSettings {
  return {
    iterations: iterations[profile],
    checkpointEvery: { smoke: 5, quick: 20, study: 50, paper: 100 }[profile],
  };
}

/** What one setting asks of another: a sentence without its end where they contradict each other. */
export function iterationsProblem({ snapshots = [], iterations }: IterationSettings): string | undefined {
  const beyond = snapshots.find((iteration) => iteration > iterations);
  if (beyond === undefined) return undefined;
  return `'snapshots' has iteration ${beyond} and 'iterations' is ${iterations}; a run keeps sets of iterations that it comes to, 0 to ${iterations}`;
}
