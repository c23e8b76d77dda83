/** The command line that trains the experts of trajectory matching: what is advised where they are missing. */
import { ownDatasetOf } from '../../data/own-datasets';
import { shellWord } from '../../files/shell-word';
import { isOwnNetwork } from '../../networks/network-families';
import type { Surroundings } from '../method';
import type { ExpertsAsked } from './expert-preparation';

export interface ExpertsCommandOptions {
  /** Folder of experts, where one was named. */
  experts?: string;
  /** Folder of datasets, where one was named. */
  dataFolder?: string;
}

/** @param options of the method */
export function expertsCommand(
  { experts: trained, latestStartEpoch = 1, expertEpochs = 1 }: ExpertsAsked,
  { dataset, whitening, holdOut, augmentation, network }: Surroundings,
  { experts, dataFolder }: ExpertsCommandOptions = {},
): string {
  const keys = Object.entries({
    whitening,
    holdOut,
    augmentation,
    ...under('network', network),
    ...under('matching', { latestStartEpoch, expertEpochs }),
    ...under('matching.experts', trained),
  });
  const set = keys.map(([key, value]) => `--set ${shellWord(`${key}=${String(value)}`)}`).join(' ');
  const places = Object.entries({ data: dataFolder, experts })
    .map(([name, folder]) => (folder === undefined ? '' : ` --${name} ${shellWord(folder)}`))
    .join('');
  return `npm run haba -- experts --dataset ${shellWord(dataset)} ${set}${places}`;
}

/** A sentence with {@link expertsCommand}, or for a network or a dataset of one's own, which the command line does not know. */
export function expertsAdvice(...given: Parameters<typeof expertsCommand>): string {
  const [, { network, dataset }] = given;
  if (isOwnNetwork(network.name) || ownDatasetOf(dataset))
    return 'They are made by makeExperts, given the same configuration.';
  return `They are made by: ${expertsCommand(...given)}`;
}

function under(prefix: string, record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]): [string, unknown] => [`${prefix}.${key}`, value]),
  );
}
