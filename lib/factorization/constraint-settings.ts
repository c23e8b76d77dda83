/** The constraint game's settings, as a configuration has them: weights of L_cos and of the adversary's objective, and the adversary. */
import { z } from 'zod';
import type { ProfileName } from '../settings/profile-names';
import { count, nonNegative, positive, share } from '../settings/numbers';

export const constraintsSchema = z.strictObject({
  /**
   * lambda, the weight of L_cos in the objective of bases and hallucinators; 0 switches off L_cos and the adversary, which nothing
   * hears. Default 0.1.
   */
  cosine: nonNegative,
  /** Weight of L_con in the adversary's objective. Default 0.1. */
  contrastive: nonNegative,
  /** Weight of mean((1 - cos) / 2) in the adversary's objective. Default 0.1. */
  likelihood: nonNegative,
  /** Weight of cross-entropy in the adversary's objective. Default 1. */
  classification: nonNegative,
  /** Temperature of L_con. Default 0.07. */
  temperature: positive,
  /** Bases that each player sees in one step: at most all, as by default and as the authors. */
  batchSize: count,
  adversary: z.strictObject({
    /** Channels of its blocks. Default 128; 32 in the quick and study profiles, 16 in the smoke profile, as of the networks. */
    width: count,
    /** Its blocks. Default 3. */
    depth: count,
    /** Of its SGD. Default 0.001. */
    learningRate: positive,
    /** Of its SGD. Default 0.9. */
    momentum: share,
  }),
});

export type ConstraintSettings = z.infer<typeof constraintsSchema>;

/**
 * For `batchSize`: more bases than any set has, so that both players of the constraint game see all of them, as in the authors' code.
 * No profile takes fewer. A player holds two images a basis in memory, fewer than distribution or trajectory matching hold beside it;
 * gradient matching, which takes one class at a time, may hold less: there thousands of bases may need a number.
 */
export const allBases = 1_000_000;

/** The authors' values, but for the adversary's width in smaller profiles. */
export function constraintDefaults(profile: ProfileName): ConstraintSettings {
  const width = { smoke: 16, quick: 32, study: 32, paper: 128 }[profile];
  return {
    cosine: 0.1,
    contrastive: 0.1,
    likelihood: 0.1,
    classification: 1,
    temperature: 0.07,
    batchSize: allBases,
    adversary: { width, depth: 3, learningRate: 0.001, momentum: 0.9 },
  };
}
