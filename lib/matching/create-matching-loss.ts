/** Matching losses from a configuration's part. */
import type { Augmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import type { DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { distributionMatching } from './distribution';
import type { MatchingLoss } from './matching-loss';

/** A method and its settings. */
export type MatchingOptions = { method: 'dm'; realBatch: number };

/** What a matching loss is built for. */
export interface MatchingContext {
  set: DistilledSet;
  data: PreparedDataset;
  network: Network;
  augmentation: Augmentation;
  compile?: boolean;
}

/** The matching loss of a method, for any distilled set. */
export function createMatchingLoss(options: MatchingOptions, { data, ...context }: MatchingContext): MatchingLoss {
  return distributionMatching({ ...context, source: data.train, realBatch: options.realBatch });
}
