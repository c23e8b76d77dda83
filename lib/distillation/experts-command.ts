/** The command line that trains the experts of a configuration: what is advised where they are missing. */
import { shellWord } from '../files/shell-word';
import { isOwnNetwork } from '../networks/network-families';
import type { Configuration } from './configuration';

export interface ExpertsCommandOptions {
  /** Folder of experts, where one was named. */
  experts?: string;
}

/** @throws RangeError for a method that learns from no experts */
export function expertsCommand(configuration: Configuration, { experts }: ExpertsCommandOptions = {}): string {
  const { dataset, whitening, holdOut, augmentation, network, matching } = configuration;
  if (matching.method !== 'mtt') throw new RangeError(`${matching.method} learns from no experts.`);
  const { latestStartEpoch, expertEpochs } = matching;
  const keys = Object.entries({
    whitening,
    holdOut,
    augmentation,
    ...under('network', network),
    ...under('matching', { latestStartEpoch, expertEpochs }),
    ...under('matching.experts', matching.experts),
  });
  const set = keys.map(([key, value]) => `--set ${key}=${String(value)}`).join(' ');
  const place = experts === undefined ? '' : ` --experts ${shellWord(experts)}`;
  return `npm run haba -- experts --dataset ${dataset} ${set}${place}`;
}

/**
 * A sentence with {@link expertsCommand}, or for a network of one's own, which the command line does not know; undefined for a
 * method that learns from no experts.
 */
export function expertsAdvice(configuration: Configuration, options: ExpertsCommandOptions = {}): string | undefined {
  if (configuration.matching.method !== 'mtt') return undefined;
  if (isOwnNetwork(configuration.network.name)) return 'They are made by makeExperts, given the same configuration.';
  return `They are made by: ${expertsCommand(configuration, options)}`;
}

function under(prefix: string, record: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]): [string, unknown] => [`${prefix}.${key}`, value]),
  );
}
