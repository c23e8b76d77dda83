/** What a configuration asks of experts. */
import type { PreparedDataset } from '../../data/image-source';
import type { Surroundings } from '../method';
import type { TrajectoryOptions } from '../mtt';
import type { ExpertSettings } from './expert-identity';

/**
 * Training settings of the experts that trajectory matching needs; their number and epochs stand apart.
 * @param trained the method's `experts`
 */
export function expertSettings(
  { seed, learningRate, momentum, weightDecay, batchSize }: TrajectoryOptions['experts'],
  { network, augmentation }: Surroundings,
  { name: dataset, checksum, whitening, holdOut }: PreparedDataset,
): ExpertSettings {
  const trained = { augmentation, learningRate, momentum, weightDecay, batchSize, seed };
  return { dataset, checksum, whitening, network, ...trained, holdOut };
}
