/** How tensors move, as a configuration says it of each part of a set and of whatever else learns with it. */
import { z } from 'zod';
import { nonNegative, positive, share } from '../settings/numbers';

/** What each is by default, by profile, is for the kind of set and the matching method to say, whose tensors move. */
export const optimiserSchema = z.strictObject({
  learningRate: nonNegative,
  /** Of SGD; of Adam the share of the mean gradient that is kept (its first beta). */
  momentum: share,
  /** Default 'sgd'. */
  rule: z.enum(['sgd', 'adam']).optional(),
  /** L2 penalty added to the gradient: weightDecay * parameter. Default 0. */
  weightDecay: nonNegative.optional(),
  /** Euclidean norm that the gradient of all tensors of the part is scaled down to where it is larger. Default: it is not. */
  clipNorm: positive.optional(),
});

export type OptimiserSettings = z.infer<typeof optimiserSchema>;
