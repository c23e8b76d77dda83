/** A dataset and configurations small enough for every method to run in a second. */
import { assembleDataset, type Dataset } from '../../lib/data/dataset';
import { createAugmentation } from '../../lib/data/dsa';
import type { PreparedDataset } from '../../lib/data/image-source';
import { prepareDataset } from '../../lib/data/prepare';
import { configure, type Configuration, type ConfigurationInput } from '../../lib/distillation/configuration';
import type { ExpertSettings } from '../../lib/matching/experts/expert-identity';
import { expertSettings } from '../../lib/matching/experts/expert-settings';
import { trainExperts } from '../../lib/matching/experts/train-experts';
import { createNetwork } from '../../lib/networks/create-network';
import { Random } from '../../lib/tensor/random';

/** Two classes of 12x12 noise, the second brighter on its left. */
export function smallDataset(): Dataset {
  const random = Random.stream(7, 'test');
  const split = (count: number) => ({
    count,
    labels: Uint8Array.from({ length: count }, (_, place) => place % 2),
    images: Uint8Array.from({ length: count * 432 }, (_, place) => {
      const left = Math.floor(place / 3) % 12 < 6;
      return random.integer(128) + (left && Math.floor(place / 432) % 2 === 1 ? 127 : 0);
    }),
  });
  const parts = { name: 'small', classNames: ['even', 'left'], imageShape: [12, 12, 3] as const };
  return assembleDataset({ ...parts, train: split(24), test: split(8) });
}

/** The same, ready for networks. */
export function smallData(): PreparedDataset {
  return prepareDataset(smallDataset(), { whitening: 'normalise' });
}

export function smallConfiguration(input: ConfigurationInput): Configuration {
  return configure({
    profile: 'smoke',
    dataset: 'shapes',
    ...input,
    network: { width: 4, depth: 2, ...input.network },
    constraints: { ...input.constraints, batchSize: 4, adversary: { width: 4, depth: 2 } },
    matching:
      input.matching?.method === 'mtt' ? { ...input.matching, ...smallMatch } : { ...input.matching, realBatch: 5 },
  } as ConfigurationInput);
}

const smallMatch = {
  studentSteps: 3,
  studentBatch: 3,
  expertEpochs: 1,
  latestStartEpoch: 2,
  experts: { count: 2, epochs: 2, batchSize: 8 },
};

/** What a configuration of trajectory matching asks of its experts. */
export function settingsOfExperts(configuration: Configuration, data: PreparedDataset): ExpertSettings {
  const { matching } = configuration;
  if (matching.method !== 'mtt') throw new Error(`${matching.method} has no experts.`);
  return expertSettings(matching.experts, configuration, data);
}

/** Trains the experts that a small configuration of trajectory matching asks for. */
export async function smallExperts(
  configuration: Configuration,
  data: PreparedDataset,
  experts: string,
): Promise<void> {
  const { imageShape, classCount } = data.train;
  await trainExperts({
    settings: settingsOfExperts(configuration, data),
    data,
    network: createNetwork({ ...configuration.network, imageShape, classCount }),
    augmentation: createAugmentation(configuration.augmentation),
    count: 2,
    epochs: 2,
    experts,
  });
}
