/** What a run is called, and what makes it the same run as another. */
import { createHash } from 'node:crypto';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';

/** What a run does: distils a set; trains students on real images to compare with; or trains other students on a run's set. */
export type RunKind = 'distillation' | 'random' | 'herding' | 'full' | 'evaluation';

/** Everything a run's numbers depend on. */
export interface RunIdentity {
  kind: RunKind;
  configuration: Configuration;
  /** SHA-256 of the dataset's images and labels. */
  dataChecksum: string;
  /** Folder name of the run whose set an evaluation trains students on. */
  of?: string;
}

/** Raised when the meaning of a stored run changes, so that older runs are not taken for new ones. */
export const runFormat = 1;

/**
 * Folder name of a run, e.g. `haba-dm-cifar10-9bases-quick-iterations-50-3f2a9c81d0`: kind of set, method, dataset,
 * stored items per class, profile, what differs from the profile, and a hash of everything.
 */
export function runFolderName(identity: RunIdentity): string {
  return `${runName(identity)}-${runHash(identity)}`;
}

/** The readable part of {@link runFolderName}; the seed is not in it. */
export function runName({ kind, configuration }: Pick<RunIdentity, 'kind' | 'configuration'>): string {
  const { set, matching, dataset, profile } = configuration;
  const distilled = [set.kind, matching.method];
  const what = kind === 'distillation' ? distilled : kind === 'evaluation' ? [kind, ...distilled] : [kind];
  const items = kind === 'full' ? [] : [set.kind === 'images' ? `ipc${set.ipc}` : `${set.basesPerClass}bases`];
  return [...what, dataset, ...items, profile, ...differencePhrases(configuration)].join('-');
}

/** First ten hexadecimal digits of the SHA-256 of the identity in canonical form. */
export function runHash(identity: RunIdentity): string {
  return createHash('sha256')
    .update(canonicalJson({ format: runFormat, ...identity }))
    .digest('hex')
    .slice(0, 10);
}

/** JSON with keys in alphabetical order at every depth: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([first], [second]) => (first < second ? -1 : 1)))
      : inner,
  );
}

/** Longest name that differences are appended to; what does not fit is told apart by the hash alone. */
const longestPhrases = 80;

/** Keys that a reader does not look for in a name: the seed is a column of tables, the others change no result. */
const unnamed = new Set(['seed', 'checkpointEvery', 'compile']);

function differencePhrases(configuration: Configuration): string[] {
  const phrases: string[] = [];
  for (const [path, value] of differences(configuration)) {
    const key = path.split('.').slice(-2).join('-');
    const phrase =
      path.startsWith('constraints.') && value === 0 ? `without-${path.split('.').pop()}` : `${key}-${String(value)}`;
    if ([...phrases, phrase].join('-').length > longestPhrases) break;
    phrases.push(phrase.replace(/[^A-Za-z0-9.]+/g, '-'));
  }
  return phrases;
}

/** What a configuration has different from its profile: paths such as 'matching.realBatch', and values. */
export function differences(configuration: Configuration): [path: string, value: unknown][] {
  const { profile, dataset, matching, set } = configuration;
  const perClass = set.kind === 'images' ? { ipc: set.ipc } : { basesPerClass: set.basesPerClass };
  const input = { profile, dataset, matching: { method: matching.method }, set: { kind: set.kind, ...perClass } };
  const defaults = new Map(leaves(configure(input as ConfigurationInput)));
  return leaves(configuration).filter(([path, value]) => !unnamed.has(path) && defaults.get(path) !== value);
}

function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}
