/** Matching losses from a configuration's part. */
import type { Augmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import type { DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { parameterShapes } from '../networks/parameter-shapes';
import { distributionMatching } from './distribution';
import type { ExpertSettings } from './experts/expert-identity';
import { openExperts } from './experts/open-experts';
import { gradientMatching, type GradientMatchingOptions } from './gradient';
import type { MatchingLoss } from './matching-loss';
import { trajectoryMatching, type TrajectoryMatchingOptions } from './trajectory';

type GradientSettings = Required<
  Pick<GradientMatchingOptions, 'realBatch' | 'outerLoops' | 'innerLoops' | 'networkBatch' | 'networkLearningRate'>
>;
type TrajectorySettings = Pick<TrajectoryMatchingOptions, 'studentSteps' | 'studentBatch' | 'stepSize' | 'unroll'>;

/** A method and its settings. */
export type MatchingOptions =
  | { method: 'dm'; realBatch: number }
  | ({ method: 'dc' | 'dsa' } & GradientSettings)
  | ({
      method: 'mtt';
      expertEpochs: number;
      latestStartEpoch: number;
      experts: { count: number };
    } & TrajectorySettings);

/** What a matching loss is built for. */
export interface MatchingContext {
  set: DistilledSet;
  data: PreparedDataset;
  network: Network;
  augmentation: Augmentation;
  /** What experts must have been trained with; needed by trajectory matching. */
  expertSettings: ExpertSettings;
  /** Folder of experts. Default: results/experts. */
  experts?: string;
  /** A sentence for where experts are missing or cannot be used: how they are made. */
  expertsAdvice?: string;
  compile?: boolean;
}

/**
 * The matching loss of a method, for any distilled set.
 * @throws Error for trajectory matching without fitting experts, with the advice given
 */
export function createMatchingLoss(options: MatchingOptions, context: MatchingContext): MatchingLoss {
  const { set, data, network, augmentation, compile } = context;
  const common = { set, source: data.train, network, augmentation, compile };
  switch (options.method) {
    case 'dm':
      return distributionMatching({ ...options, ...common });
    case 'dc':
    case 'dsa':
      return gradientMatching({ ...options, ...common, name: options.method });
    case 'mtt': {
      const { expertEpochs, latestStartEpoch } = options;
      const segment = openExperts({
        settings: context.expertSettings,
        shapes: parameterShapes(network),
        count: options.experts.count,
        latestStartEpoch,
        expertEpochs,
        experts: context.experts,
        advice: context.expertsAdvice,
      });
      return trajectoryMatching({ ...options, ...common, segment });
    }
  }
}
