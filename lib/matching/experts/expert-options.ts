/** Options of experts, as a configuration has them. */
import { z } from 'zod';
import { count, nonNegative, positive, share, wholeNumber } from '../../settings/numbers';

/** The schema of the option `experts`: which experts a method, or labels, learn from, and how they are trained. */
export const expertOptions = z.strictObject({
  /** Of the experts' own draws: distillations of other seeds share them. */
  seed: wholeNumber,
  count,
  epochs: count,
  learningRate: positive,
  momentum: share,
  weightDecay: nonNegative,
  batchSize: count,
});

/** Which experts, and how they are trained. */
export type ExpertOptions = z.infer<typeof expertOptions>;
