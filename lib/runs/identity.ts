/**
 * What makes a run the same run as another: what its numbers depend on, as differences from a version of its profile. A set and
 * the students that are trained on it have identities of their own, so that other students never distil again; and a new option,
 * with a default that means what was done before, re-names nothing.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { profileVersions } from '../distillation/profiles';
import { parameterisationOf, perClassOf } from '../factorization/parameterisations';
import { canonicalJson } from '../files/canonical-json';
import { setFiles, type RunPlace } from './run-files';

/** What a run makes a training set of: it distils one; takes real images at random, by herding, or all; or takes one made elsewhere. */
export type RunKind = 'distillation' | 'random' | 'herding' | 'full' | 'imported';

/** Whatever was taken from elsewhere: its content, and what was said about it. */
export interface ImportedSource {
  /** SHA-256 of the numbers that were taken. */
  checksum: string;
  /** In the name of its folder. */
  name?: string;
  said: Record<string, unknown>;
  /** Names of the files, which its identity does not depend on. */
  files: string[];
}

/** What a training set follows from. */
export interface SetSource {
  kind: RunKind;
  configuration: Configuration;
  /** SHA-256 of the dataset's images and labels. */
  dataChecksum: string;
  /** With the kind 'imported'. */
  imported?: ImportedSource;
}

/** First ten hexadecimal digits of the SHA-256 of a training set's identity. */
export function setHash({ kind, configuration, dataChecksum, imported }: SetSource): string {
  const { profile, dataset, seed, set, matching, holdOut, whitening } = configuration;
  const common = { kind, profile: `${profile}@${profileVersions.distillation}`, dataset, dataChecksum, seed };
  const perClass = perClassOf(set);
  switch (kind) {
    case 'distillation': {
      const { version } = parameterisationOf(set.kind);
      const chosen = {
        method: matching.method,
        set: set.kind,
        perClass,
        ...(version === undefined ? {} : { version }),
      };
      return hashOf({ ...common, ...chosen, differences: differencesOfSet(configuration) });
    }
    case 'imported':
      return hashOf({ ...common, set: set.kind, holdOut, whitening, perClass, ...imported, files: undefined });
    case 'full':
      return hashOf({ ...common, holdOut, whitening });
    case 'random':
      return hashOf({ ...common, holdOut, whitening, perClass });
    // Herding chooses by the features of a network trained as students are, but for so many epochs on all images.
    case 'herding':
      return hashOf({ ...common, holdOut, whitening, perClass, differences: differencesOfHerding(configuration) });
  }
}

/**
 * The same for students on a set. Their number is not in it: more students are trained beside those that are there.
 * @param of hash of the set
 */
export function studentsHash(of: string, configuration: Configuration): string {
  const profile = `${configuration.profile}@${profileVersions.students}`;
  return hashOf({ of, profile, differences: differencesOfStudents(configuration) });
}

function hashOf(identity: object): string {
  return createHash('sha256').update(canonicalJson(identity)).digest('hex').slice(0, 10);
}

/**
 * The readable part of a training set's folder name, e.g. `haba-dm-cifar10-9bases-quick-iterations-50`: kind of set, method,
 * dataset, stored items per class, profile, and what differs from the profile; the seed is a column of tables.
 */
export function setName({ kind, configuration, imported }: Omit<SetSource, 'dataChecksum'>): string {
  const { set, matching, dataset, profile, holdOut } = configuration;
  const what =
    kind === 'distillation'
      ? [set.kind, matching.method]
      : kind === 'imported'
        ? [kind, imported?.name ?? set.kind]
        : [kind];
  const perClass = perClassOf(set);
  const items = kind === 'full' ? [] : [parameterisationOf(set.kind).itemsInName?.(perClass) ?? `ipc${perClass}`];
  const differing =
    kind === 'distillation' ? phrases(differencesOfSet(configuration)) : holdOut ? ['holdOut-true'] : [];
  return [...what, dataset, ...items, profile, ...differing].join('-');
}

/** The same for students, e.g. `ConvNet-300updates-test-width-64`. */
export function studentsName(configuration: Configuration): string {
  const { network, evaluation } = configuration;
  const { updates, epochs, split } = evaluation;
  const length = updates === undefined ? `${epochs}epochs` : `${updates}updates`;
  const told = new Set(['network.name', 'evaluation.updates', 'evaluation.epochs', 'evaluation.split']);
  const others = Object.entries(differencesOfStudents(configuration)).filter(([path]) => !told.has(path));
  return [network.name, length, split, ...phrases(Object.fromEntries(others))].join('-');
}

/** Where the students of a configuration lie, under the folder of their set. */
export function studentsPlace({ folder, hash: of }: RunPlace, configuration: Configuration): RunPlace {
  const hash = studentsHash(of, configuration);
  return { folder: path.join(setFiles(folder).students, `${studentsName(configuration)}-${hash}`), hash };
}

/** Keys that change no number of a set: how it is computed and kept, epochs of experts that no match reads, and students. */
const notOfSet = /^(seed|compile|checkpointEvery|matching\.experts\.epochs|evaluation\..*)$/;
/** What students depend on beside their set. */
const ofStudents = /^(network\..*|evaluation\.(?!students$).*)$/;

function differencesOfSet(configuration: Configuration): Record<string, unknown> {
  return Object.fromEntries(differences(configuration).filter(([path]) => !notOfSet.test(path)));
}

function differencesOfStudents(configuration: Configuration): Record<string, unknown> {
  return Object.fromEntries(differences(configuration).filter(([path]) => ofStudents.test(path)));
}

function differencesOfHerding(configuration: Configuration): Record<string, unknown> {
  const others = new Set(['evaluation.epochs', 'evaluation.updates', 'evaluation.split']);
  return Object.fromEntries(Object.entries(differencesOfStudents(configuration)).filter(([path]) => !others.has(path)));
}

/** What a configuration has different from its profile: paths such as 'matching.realBatch', and values. */
export function differences(configuration: Configuration): [path: string, value: unknown][] {
  const { profile, dataset, matching, set } = configuration;
  const perClass = { [parameterisationOf(set.kind).itemsPerClass]: perClassOf(set) };
  const input = { profile, dataset, matching: { method: matching.method }, set: { kind: set.kind, ...perClass } };
  const defaults = new Map(leaves(configure(input as ConfigurationInput)));
  return leaves(configuration).filter(([path, value]) => value !== undefined && defaults.get(path) !== value);
}

function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** Longest name that differences are appended to; what does not fit is told apart by the hash alone. */
const longestPhrases = 80;

function phrases(differing: Record<string, unknown>): string[] {
  const found: string[] = [];
  for (const [path, value] of Object.entries(differing)) {
    const key = path.split('.').slice(-2).join('-');
    const phrase =
      path.startsWith('constraints.') && value === 0 ? `without-${path.split('.').pop()}` : `${key}-${String(value)}`;
    if ([...found, phrase].join('-').length > longestPhrases) break;
    found.push(phrase.replace(/[^A-Za-z0-9.]+/g, '-'));
  }
  return found;
}
