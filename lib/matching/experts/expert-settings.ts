/** What a configuration asks of experts. */
import type { PreparedDataset } from '../../data/image-source';
import { canonicalJson } from '../../files/canonical-json';
import { networkFamily, type NetworkOptions } from '../../networks/network-families';
import type { Surroundings } from '../method';
import type { ExpertOptions } from './expert-options';
import type { ExpertSettings, Setting } from './expert-identity';

/**
 * Training settings of the experts that trajectory matching needs; their number and epochs stand apart.
 * @param trained the method's `experts`
 */
export function expertSettings(
  { seed, learningRate, momentum, weightDecay, batchSize }: ExpertOptions,
  { network, augmentation }: Surroundings,
  { name: dataset, checksum, whitening, holdOut }: PreparedDataset,
): ExpertSettings {
  const trained = { augmentation, learningRate, momentum, weightDecay, batchSize, seed };
  return { dataset, checksum, whitening, network: settingsOf(network), ...trained, holdOut };
}

/** With the version that the family's author gives; lists and records of a network of one's own as text. */
function settingsOf(network: NetworkOptions): ExpertSettings['network'] {
  const { version } = networkFamily(network.name);
  const settings = Object.entries(network).map(([key, value]): [string, Setting] => [
    key,
    typeof value === 'object' ? canonicalJson(value) : (value as Setting),
  ]);
  return Object.fromEntries(version === undefined ? settings : [...settings, ['version', version]]);
}
