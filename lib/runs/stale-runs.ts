/**
 * Which stored runs today's code would not find again: where a default, or the version of a profile, method, kind of set or network
 * has changed, the same configuration is another run, and is made anew. Told from names and configurations alone; nothing runs.
 */
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { differences, setHash, studentsPlace, versionsOf, type Versions } from './identity';
import { hashInName, type StoredIdentity } from './run-files';
import { listRuns, type RunSummary } from './run-store';

export interface StaleRun {
  /** Name of the run's folder. */
  run: string;
  folder: string;
  /** Name of the students' folder, where the set is found and they are not. */
  students?: string;
  /** E.g. "the profile's version is 3, and was 2"; or that a default has changed. */
  why: string;
  /** What its configuration says that is no default today: paths and values. */
  differing: [path: string, value: unknown][];
  /** Seconds that what is made anew took; undefined where it is not finished. */
  seconds?: number;
}

export interface StaleRuns {
  /** Runs that are found, with all their students. */
  current: string[];
  stale: StaleRun[];
  /** Of versions of haba whose runs are no longer read. */
  old: string[];
  /** Of which it cannot be told, and why: e.g. that a kind of set is not registered here. */
  unknown: { run: string; why: string }[];
}

/** Compares every run of a folder with what its configuration is called today. @param runs Default: results/runs. */
export function staleRuns(runs?: string): StaleRuns {
  const all = listRuns(runs);
  const found: StaleRuns = { current: [], stale: [], old: [], unknown: [] };
  const verdicts = new Map<string, Verdict>();
  // A set in another precision goes by the run that it was made from.
  const inOrder = [...all].sort((first, second) => Number(isStored(first)) - Number(isStored(second)));
  for (const run of inOrder) {
    if (run.state === 'old') {
      found.old.push(run.name);
      continue;
    }
    const verdict = judge(run, verdicts);
    verdicts.set(hashInName(run.folder), verdict);
    if (typeof verdict === 'string') found.unknown.push({ run: run.name, why: verdict });
    else if (verdict.length === 0) found.current.push(run.name);
    else found.stale.push(...verdict);
  }
  return found;
}

const isStored = ({ identity }: RunSummary) => identity?.kind === 'stored';

/** What is stale of a run, nothing where it is as today; or why it cannot be told. */
type Verdict = StaleRun[] | string;

function judge(run: RunSummary, others: ReadonlyMap<string, Verdict>): Verdict {
  const { identity, name, folder } = run;
  if (!identity) return run.state === 'unreadable' ? 'its files cannot be read' : 'it has no configuration yet';
  const common = { run: name, folder };
  let configuration: Configuration;
  try {
    configuration = configure(identity.configuration as ConfigurationInput, { anyDataset: true });
  } catch (error) {
    return (error as Error).message;
  }
  const differing = differences(configuration).filter(([path]) => path !== 'seed');
  const { seconds } = run.result ?? {};
  const before = staleOrigin(identity, configuration, others);
  if (typeof before === 'string') return before;
  if (before) return [{ ...common, why: before.why, differing, ...(seconds === undefined ? {} : { seconds }) }];
  const why = whyOther(configuration, hashInName(folder), (versions) =>
    setHash({ ...sourceOf(identity), configuration }, versions),
  );
  if (why !== undefined) return [{ ...common, why, differing, ...(seconds === undefined ? {} : { seconds }) }];
  return staleStudents(run, identity);
}

const sourceOf = ({ kind, dataChecksum, imported, stored }: StoredIdentity) => ({
  kind,
  dataChecksum,
  ...(imported ? { imported } : {}),
  ...(stored ? { stored } : {}),
});

/** Of a set in another precision: what became of the run that it was made from; undefined for any other, and where that is found. */
function staleOrigin(
  { stored, dataChecksum }: StoredIdentity,
  configuration: Configuration,
  others: ReadonlyMap<string, Verdict>,
): { why: string } | string | undefined {
  if (!stored) return undefined;
  const verdict = others.get(stored.of);
  const is = `the run ${stored.of}, from whose set it was made,`;
  if (typeof verdict === 'string') return `${is} cannot be told: ${verdict}`;
  if (verdict) {
    const set = verdict.find(({ students }) => students === undefined);
    return set && { why: `${is} is made anew: ${set.why}` };
  }
  const hash = setHash({ kind: 'distillation', configuration, dataChecksum });
  return hash === stored.of ? undefined : `${is} is not here`;
}

function staleStudents(run: RunSummary, { configuration: made }: StoredIdentity): Verdict {
  const stale: StaleRun[] = [];
  for (const { name, recipe, seconds } of run.students) {
    let configuration: Configuration;
    try {
      configuration = configure({ ...made, ...recipe } as ConfigurationInput, { anyDataset: true });
    } catch (error) {
      return (error as Error).message;
    }
    const set = { folder: run.folder, hash: hashInName(run.folder), network: made.network as Configuration['network'] };
    const why = whyOther(
      configuration,
      hashInName(name),
      (versions) => studentsPlace(set, configuration, versions).hash,
    );
    const differing = differences(configuration).filter(([path]) => /^(network|evaluation)\./.test(path));
    if (why !== undefined) stale.push({ run: run.name, folder: run.folder, students: name, why, differing, seconds });
  }
  return stale;
}

/** Names of what has versions, as a sentence says them. */
function wordsOf({ set, matching, network, profile }: Configuration): Record<keyof Versions, string> {
  return {
    distillation: `the version of the profile '${profile}' for sets`,
    students: `the version of the profile '${profile}' for students`,
    set: `the version of the kind of set '${set.kind}'`,
    method: `the version of the method '${matching.method}'`,
    network: `the version of the network '${network.name}'`,
  };
}

/** Why a hash is not today's; undefined where it is. */
function whyOther(
  configuration: Configuration,
  hash: string,
  hashUnder: (versions: Versions) => string,
): string | undefined {
  const today = versionsOf(configuration);
  if (hashUnder(today) === hash) return undefined;
  const then = earlier(today).find((versions) => hashUnder(versions) === hash);
  if (then === undefined) return 'a default that it was made with has changed since';
  const words = wordsOf(configuration);
  return (Object.keys(words) as (keyof Versions)[])
    .filter((key) => then[key] !== today[key])
    .map((key) => `${words[key]} is ${today[key]}, and was ${then[key] ?? 'none'}`)
    .join('; ');
}

/** Every combination of versions up to today's, those that differ in the fewest first. */
function earlier(today: Versions): Versions[] {
  const upTo = (version: number) => Array.from({ length: version }, (_, index) => index + 1);
  const choices = (Object.entries(today) as [keyof Versions, number | undefined][]).map(([key, version]) => {
    const mayLack = key === 'distillation' || key === 'students' ? [] : [undefined];
    return { key, values: version === undefined ? [undefined] : [...upTo(version), ...mayLack] };
  });
  const all = choices.reduce<Partial<Versions>[]>(
    (found, { key, values }) => found.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  ) as Versions[];
  const changed = (versions: Versions) => choices.filter(({ key }) => versions[key] !== today[key]).length;
  return all.sort((first, second) => changed(first) - changed(second));
}
