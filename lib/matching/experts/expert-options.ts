/** Options of experts, as a configuration has them. */
import { z } from 'zod';

const count = z.number().int().min(1).safe();

/** The schema of the option `experts`: which experts a method, or labels, learn from, and how they are trained. */
export const expertOptions = z.strictObject({
  /** Of the experts' own draws: distillations of other seeds share them. */
  seed: z.number().int().min(0).safe(),
  count,
  epochs: count,
  learningRate: z.number().positive().finite(),
  momentum: z.number().min(0).lt(1),
  weightDecay: z.number().min(0).finite(),
  batchSize: count,
});

/** Which experts, and how they are trained. */
export type ExpertOptions = z.infer<typeof expertOptions>;
