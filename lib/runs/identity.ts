/**
 * What makes a run the same run as another: what its numbers depend on, as differences from a version of its profile. A set and
 * the students that are trained on it have identities of their own, so that other students never distil again; and a new option,
 * with a default that means what was done before, re-names nothing.
 */
import path from 'node:path';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { profileVersions } from '../distillation/profiles';
import { parameterisationOf, perClassOf } from '../factorization/parameterisations';
import { matchingMethodOf } from '../matching/methods';
import { canonicalJson, hashOf } from '../files/canonical-json';
import { isOwnNetwork, networkFamily, onceHadConvNetOptions, type NetworkOptions } from '../networks/network-families';
import { defaultRuns, setFiles, type RunPlace } from './run-files';
import { isOfClasses, type RunKind } from './run-kinds';
import { storedAs, type StoredAs } from './stored-as';

export type { RunKind } from './run-kinds';

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
  /** Of the kind 'stored'. */
  stored?: StoredAs;
}

/** Numbers that are raised when the meaning of a configuration changes; of what has none, undefined. */
export interface Versions {
  /** Of the profiles' defaults, that sets and that students depend on. */
  distillation: number;
  students: number;
  /** Of the kind of set, the matching method and the network: their authors'. */
  set?: number;
  method?: number;
  network?: number;
}

/** Today's. */
export function versionsOf({ set, matching, network }: Configuration): Versions {
  return {
    ...profileVersions,
    set: parameterisationOf(set.kind).version,
    method: matchingMethodOf(matching.method).version,
    network: networkFamily(network.name).version,
  };
}

/** First ten hexadecimal digits of the SHA-256 of a training set's identity. @param versions Default: today's. */
export function setHash(
  { kind, configuration, dataChecksum, imported, stored }: SetSource,
  versions: Versions = versionsOf(configuration),
): string {
  const { profile, dataset, seed, set, matching, holdOut, whitening } = configuration;
  const common = { kind, profile: `${profile}@${versions.distillation}`, dataset, dataChecksum, seed };
  const perClass = perClassOf(set);
  switch (kind) {
    case 'distillation': {
      const { set: version, method: methodVersion } = versions;
      const chosen = {
        method: matching.method,
        set: set.kind,
        perClass,
        ...(version === undefined ? {} : { version }),
        ...(methodVersion === undefined ? {} : { methodVersion }),
      };
      return shortHashOf({
        ...common,
        ...chosen,
        ...ofNetwork(versions),
        differences: differencesOfSet(configuration),
      });
    }
    case 'imported':
      return shortHashOf({ ...common, set: set.kind, holdOut, whitening, perClass, ...imported, files: undefined });
    // The hash of the run that it was made from says everything else.
    case 'stored':
      return shortHashOf({ kind, ...stored });
    case 'full':
      return shortHashOf({ ...common, holdOut, whitening, ...ofLabels(configuration, versions) });
    case 'random':
      return shortHashOf({ ...common, holdOut, whitening, perClass, ...ofLabels(configuration, versions) });
    // Chosen by what networks make of images that are trained as students are, but for so many epochs on all images.
    case 'herding':
    case 'k-centre':
    case 'k-medoids':
    case 'el2n-easiest':
    case 'el2n-hardest':
      return shortHashOf({
        ...{ ...common, holdOut, whitening, perClass, ...trainingOf(configuration, versions) },
        ...ofLabels(configuration, versions),
      });
    case 'features':
    case 'el2n-scores':
      return shortHashOf({ ...common, holdOut, whitening, ...trainingOf(configuration, versions) });
  }
}

/**
 * The same for students on a set. Their number is not in it: more students are trained beside those that are there.
 * @param of hash of the set
 * @param versions Default: today's.
 */
export function studentsHash(
  of: string,
  configuration: Configuration,
  versions: Versions = versionsOf(configuration),
): string {
  const profile = `${configuration.profile}@${versions.students}`;
  return shortHashOf({ of, profile, ...ofNetwork(versions), differences: differencesOfStudents(configuration) });
}

/** Where the author of a network gives one. */
function ofNetwork({ network }: Versions): { networkVersion?: number } {
  return network === undefined ? {} : { networkVersion: network };
}

const shortHashOf = (identity: object) => hashOf(identity, 10);

/**
 * The readable part of a training set's folder name, e.g. `haba-dm-cifar10-9bases-quick-iterations-50`: kind of set, method,
 * dataset, stored items per class, profile, and what differs from the profile; the seed is a column of tables. That of a set in
 * another precision goes on with it: `-int8`.
 */
export function setName({ kind, configuration, imported, stored }: Omit<SetSource, 'dataChecksum'>): string {
  if (kind === 'stored') return [setName({ kind: 'distillation', configuration }), ...storedPhrases(stored!)].join('-');
  const { set, matching, dataset, profile, holdOut } = configuration;
  const what =
    kind === 'distillation'
      ? [set.kind, matching.method]
      : kind === 'imported'
        ? [kind, imported?.name ?? set.kind]
        : [kind];
  const perClass = perClassOf(set);
  const items = !isOfClasses(kind) ? [] : [parameterisationOf(set.kind).itemsInName?.(perClass) ?? `ipc${perClass}`];
  const ownLabels = () => Object.fromEntries(differences(configuration).filter(([path]) => path.startsWith('labels.')));
  const differing =
    kind === 'distillation'
      ? phrases(differencesOfSet(configuration))
      : [...(holdOut ? ['holdOut-true'] : []), ...phrases(ownLabels())];
  return [...what, dataset, ...items, profile, ...differing].join('-');
}

/** Where a training set lies, or will. @param runs folder of runs; default: results/runs */
export function setPlace(source: SetSource, runs: string = defaultRuns()): RunPlace {
  const hash = setHash(source);
  return { folder: path.join(runs, `${setName(source)}-${hash}`), hash };
}

/** The precision, and what differs from its defaults. */
function storedPhrases({ of, precision, ...given }: StoredAs): string[] {
  const usual = new Map(Object.entries(storedAs(of, { precision })));
  const differing = Object.entries(given).filter(([key, value]) => usual.get(key) !== value);
  return [precision, ...phrases(Object.fromEntries(differing))];
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

/**
 * Where the students of a configuration lie, under the folder of their set.
 * @param set where it lies, and the network that its configuration has
 * @param versions Default: today's.
 */
export function studentsPlace(
  { folder, hash: of, network }: RunPlace & { network: NetworkOptions },
  configuration: Configuration,
  versions?: Versions,
): RunPlace {
  const called = { ...configuration, network: calledBy(configuration.network, network) };
  const hash = studentsHash(of, called, versions);
  return { folder: path.join(setFiles(folder).students, `${studentsName(called)}-${hash}`), hash };
}

/** Where the set that a run had at an iteration lies, as if it were a set of its own, whose identity follows from the run's. */
export function snapshotPlace({ folder, hash: of }: RunPlace, iteration: number): RunPlace {
  const hash = shortHashOf({ of, iteration });
  return { folder: path.join(setFiles(folder).snapshots, `iteration-${iteration}-${hash}`), hash };
}

/**
 * The network that students are called by. Before networks had options of their own, students of ResNet18 kept those of the
 * ConvNet that their set was distilled on; they still do in what they are called by, which takes no two for one, and no stored
 * ones for others.
 */
function calledBy(network: NetworkOptions, setsNetwork: NetworkOptions): NetworkOptions {
  if (isOwnNetwork(setsNetwork.name) || !onceHadConvNetOptions(network.name)) return network;
  return { ...setsNetwork, ...network } as NetworkOptions;
}

/** Keys that change no number of a set: how it is computed and kept, and students; some of the method's are beside them. */
const notOfSet = /^(seed|compile|checkpointEvery|snapshots|evaluation\..*)$/;
/** What students depend on beside their set. */
const ofStudents = /^(network\..*|evaluation\.(?!students$).*)$/;

function differencesOfSet(configuration: Configuration): Record<string, unknown> {
  const { withoutEffect = [] } = matchingMethodOf(configuration.matching.method);
  const without = new Set(withoutEffect.map((path) => `matching.${path}`));
  return Object.fromEntries(differences(configuration).filter(([path]) => !notOfSet.test(path) && !without.has(path)));
}

function differencesOfStudents(configuration: Configuration): Record<string, unknown> {
  return Object.fromEntries(differences(configuration).filter(([path]) => ofStudents.test(path)));
}

/** Of networks trained on all images, by which coresets are chosen: of students, but for their length and split. */
function trainingOf(configuration: Configuration, versions: Versions) {
  const others = new Set(['evaluation.epochs', 'evaluation.updates', 'evaluation.split']);
  const differing = Object.entries(differencesOfStudents(configuration)).filter(([path]) => !others.has(path));
  return { ...ofNetwork(versions), differences: Object.fromEntries(differing) };
}

/** Of real images that experts label: which experts, and what they were trained with beside what is told anyway. */
function ofLabels(configuration: Configuration, versions: Versions): { labels?: object } {
  if (configuration.labels.kind === 'hard') return {};
  const differing = differences(configuration).filter(([path]) => /^(labels|network)\.|^augmentation$/.test(path));
  return { labels: { ...ofNetwork(versions), differences: Object.fromEntries(differing) } };
}

/** What a configuration has different from its profile: paths such as 'matching.realBatch', and values. */
export function differences(configuration: Configuration): [path: string, value: unknown][] {
  const { profile, dataset, matching, set, labels } = configuration;
  const perClass = { [parameterisationOf(set.kind).itemsPerClass]: perClassOf(set) };
  const chosen = { matching: { method: matching.method }, set: { kind: set.kind, ...perClass } };
  const input = { profile, dataset, ...chosen, labels: { kind: labels.kind } };
  const usual = configure(input as ConfigurationInput, { anyDataset: true });
  // Options of labels differ from the defaults of their kind, their kind from the profile's.
  const usually = { network: usualNetwork(configuration, usual), labels: { ...usual.labels, kind: 'hard' } };
  const defaults = new Map(leaves({ ...usual, ...usually }));
  return leaves(configuration).filter(([path, value]) => value !== undefined && !same(defaults.get(path), value));
}

/** A network's options differ from the defaults of its family, its name from the profile's. */
function usualNetwork({ profile, dataset, network: { name } }: Configuration, usual: Configuration): object {
  if (name === usual.network.name) return usual.network;
  const { network } = configure({ profile, dataset, network: { name } } as ConfigurationInput, { anyDataset: true });
  return { ...(onceHadConvNetOptions(name) ? usual.network : network), name: usual.network.name };
}

function same(first: unknown, second: unknown): boolean {
  return first === second || (Array.isArray(second) && canonicalJson(first) === canonicalJson(second));
}

/** Paths and values; a list is one value. */
export function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

/** Longest name that differences are appended to; what does not fit is told apart by the hash alone. */
const longestPhrases = 80;

function phrases(differing: Record<string, unknown>): string[] {
  const found: string[] = [];
  for (const [path, value] of Object.entries(differing)) {
    const key = path === 'labels.kind' ? 'labels' : path.split('.').slice(-2).join('-');
    const phrase =
      path.startsWith('constraints.') && value === 0 ? `without-${path.split('.').pop()}` : `${key}-${String(value)}`;
    if ([...found, phrase].join('-').length > longestPhrases) break;
    found.push(phrase.replace(/[^A-Za-z0-9.]+/g, '-'));
  }
  return found;
}
