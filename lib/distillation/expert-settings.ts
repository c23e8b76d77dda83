/** What a configuration asks of experts. */
import type { PreparedDataset } from '../data/image-source';
import type { ExpertSettings } from '../matching/experts';
import type { Configuration } from './configuration';

/** Training settings of the experts that a configuration's trajectory matching needs; its number and epochs stand apart. */
export function expertSettings(configuration: Configuration, data: PreparedDataset): ExpertSettings {
  const { matching, network, augmentation, seed } = configuration;
  const { learningRate, momentum, weightDecay, batchSize } =
    matching.method === 'mtt' ? matching.experts : { learningRate: 0.01, momentum: 0, weightDecay: 0, batchSize: 256 };
  const { name: dataset, checksum, whitening } = data;
  return { dataset, checksum, whitening, network, augmentation, learningRate, momentum, weightDecay, batchSize, seed };
}
