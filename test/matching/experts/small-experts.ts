/** Experts small enough to be trained in a second, and what opens them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createAugmentation } from '../../../lib/data/dsa';
import { openExperts } from '../../../lib/matching/experts/open-experts';
import { trainExperts } from '../../../lib/matching/experts/train-experts';
import { createNetwork } from '../../../lib/networks/create-network';
import { parameterShapes } from '../../../lib/networks/parameter-shapes';
import { settingsOfExperts, smallConfiguration, smallData } from '../../distillation/small-world';

const data = smallData();
const configuration = smallConfiguration({ matching: { method: 'mtt' } });
export const settings = settingsOfExperts(configuration, data);
const { imageShape, classCount } = data.train;
export const network = createNetwork({ ...configuration.network, imageShape, classCount });
const augmentation = createAugmentation(configuration.augmentation);

/** Two experts of three epochs, unless said otherwise. */
export function train(experts: string, options: Partial<Parameters<typeof trainExperts>[0]> = {}) {
  return trainExperts({ settings, data, network, augmentation, count: 2, epochs: 3, experts, ...options });
}

/** Two experts, matches of one epoch that start at the first or the second. */
export function open(experts: string, options: Partial<Parameters<typeof openExperts>[0]> = {}) {
  const shapes = parameterShapes(network);
  return openExperts({ settings, shapes, count: 2, latestStartEpoch: 2, expertEpochs: 1, experts, ...options });
}

/** Bytes of every epoch of every expert. */
export function epochs(trained: string): Record<string, Buffer> {
  const files = readdirSync(trained, { recursive: true }) as string[];
  const wanted = files.filter((file) => path.basename(file).startsWith('epoch-')).sort();
  return Object.fromEntries(wanted.map((file) => [file, readFileSync(path.join(trained, file))]));
}
