/** The configuration of a run, as flags spell it. */
import { Option, type Command } from 'commander';
import type { ConfigurationInput } from '../distillation/configuration';
import { plainValue, setAtPath } from '../distillation/setting-text';
import { threadsOption, wholeNumber } from './flags';

type Setting = [path: string[], value: unknown];

const kindAlone = ['set', 'kind'];

/** `key=value` for any configuration key; a kind of set alone, as `images`, chooses it. */
function setting(text: string, before: Setting[] = []): Setting[] {
  const equals = text.indexOf('=');
  // Which kinds there are is known when the verb's modules are loaded.
  if (equals < 1) return [...before, [kindAlone, text]];
  return [...before, [text.slice(0, equals).split('.'), plainValue(text.slice(equals + 1))]];
}

export interface ConfigurationFlags {
  profile?: string;
  dataset?: string;
  imageSize?: number;
  method?: string;
  ipc?: number;
  bases?: number;
  labels?: string;
  seed?: number;
  iterations?: number;
  snapshots?: number[];
  set?: Setting[];
}

/** A name, or one's own images. */
async function datasetOf({ dataset, imageSize }: ConfigurationFlags) {
  if (dataset === undefined && imageSize === undefined) return undefined;
  const { datasetFrom } = await import('../data/dataset-names');
  return datasetFrom(dataset ?? 'cifar10', imageSize);
}

/** The configuration that the options of a command line spell. */
export async function configurationOf(flags: ConfigurationFlags): Promise<ConfigurationInput> {
  const { parameterisationKinds } = await import('../factorization/parameterisations');
  const kinds = parameterisationKinds();
  for (const [path, word] of flags.set ?? []) {
    if (path !== kindAlone || kinds.includes(word as string)) continue;
    throw new RangeError(`'${String(word)}' is neither ${kinds.join(', ')}, nor key=value, as in iterations=50.`);
  }
  const settings: Setting[] = [
    [['profile'], flags.profile],
    [['dataset'], await datasetOf(flags)],
    [['matching', 'method'], flags.method],
    [['set', 'kind'], flags.ipc === undefined ? undefined : 'images'],
    [['set', 'ipc'], flags.ipc],
    [['set', 'basesPerClass'], flags.bases],
    [['labels', 'kind'], flags.labels],
    [['seed'], flags.seed],
    [['iterations'], flags.iterations],
    [['snapshots'], flags.snapshots],
    ...(flags.set ?? []),
  ];
  const input: Record<string, unknown> = {};
  for (const [path, value] of settings) if (value !== undefined) setAtPath(input, path, value);
  return input as ConfigurationInput;
}

export function withConfiguration(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--profile <name>',
        'defaults: smoke (seconds), quick (minutes, CPU), study (up to an hour, CPU), paper (authors, GPU)',
      ).default('quick'),
    )
    .option('--dataset <name>', 'dataset, or a folder of your own images, as ./my-images; by default cifar10')
    .option('--image-size <pixels>', 'side that your own images are resized to, by default 32', wholeNumber)
    .option('--seed <number>', 'every random draw follows from it', wholeNumber)
    .option(
      '--set <choice>',
      'kind of set: images, haba, fred, linba, ddif or haba-linba; or key=value for any configuration key (repeatable)',
      setting,
    )
    .addOption(threadsOption());
}
