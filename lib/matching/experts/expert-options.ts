/** Options of experts, as a configuration has them. */
import { z } from 'zod';
import { count, nonNegative, positive, share, wholeNumber } from '../../settings/numbers';

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

export type ExpertOptions = z.infer<typeof expertOptions>;
