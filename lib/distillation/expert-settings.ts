/** What a configuration asks of experts. */
import type { PreparedDataset } from '../data/image-source';
import { canonicalJson } from '../files/canonical-json';
import type { ExpertSettings, Setting } from '../matching/experts/expert-identity';
import { networkFamily, type NetworkOptions } from '../networks/network-families';
import type { Configuration } from './configuration';

/** What other methods, which ask for no experts, pass over. */
const others = { seed: 0, learningRate: 0.01, momentum: 0, weightDecay: 0, batchSize: 256 };

/** Training settings of the experts that a configuration's trajectory matching needs; its number and epochs stand apart. */
export function expertSettings(configuration: Configuration, data: PreparedDataset): ExpertSettings {
  const { matching, network, augmentation } = configuration;
  const { seed, learningRate, momentum, weightDecay, batchSize } =
    matching.method === 'mtt' ? matching.experts : others;
  const { name: dataset, checksum, whitening, holdOut } = data;
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
