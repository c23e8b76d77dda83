/** Stored runs as rows: what their configurations say, key by key, and what came of them; filtered, and compared. */
import type { Accuracy } from '../evaluation/evaluation';
import { canonicalJson } from '../files/canonical-json';
import { nearestName } from '../files/nearest-name';
import { configure } from '../distillation/configuration';
import { leaves } from './identity';
import { defaultRuns, hashInName, readSessions } from './run-files';
import { runKinds, type RunKind } from './run-kinds';
import { findRun, listRuns, type RunSummary, type StudentsSummary } from './run-store';

export const runStates = ['finished', 'unfinished', 'running', 'unreadable', 'old'] as const;

/** A run's set with students of one recipe; or without any, where none are trained yet. */
export interface RunRow {
  /** Name of the run's folder. */
  run: string;
  folder: string;
  state: RunSummary['state'];
  /** Absent where the run says nothing, as an old one. */
  kind?: RunKind;
  /**
   * What its configuration says, by path: 'matching.method', 'seed'. `evaluation.*` are the students', and `students.network.*`
   * is their network, beside the `network.*` that the set was distilled on; `stored.*` and `imported.*` say how a set of that kind
   * came about; `data` is the checksum of its images and labels.
   */
  settings: Record<string, unknown>;
  /** Name of the students' folder. */
  students?: string;
  /** Images that they were tested on. */
  split?: StudentsSummary['split'];
  accuracy?: Accuracy;
  /** Of the set; undefined until it is finished. */
  result?: RunSummary['result'];
  /** Size of all files of the run. */
  bytes: number;
}

type Choice<Value> = Value | readonly Value[];

/** Which runs; of several values of a key, any. */
export interface RunFilter {
  /** Folder of the runs. Default: results/runs. */
  runs?: string;
  /** By what a configuration says, e.g. `{ dataset: 'cifar10', 'matching.method': ['mtt', 'dm'] }`. */
  where?: Record<string, Choice<string | number | boolean>>;
  kind?: Choice<RunKind>;
  state?: Choice<RunSummary['state']>;
  seed?: Choice<number>;
}

/**
 * Runs that fit, by name; a run with students of several recipes is a row for each that fits.
 * @throws RangeError for a key that no configuration has, with the nearest, and for a kind or state that there is not
 */
export function findRuns({ runs = defaultRuns(), where = {}, kind, state, seed }: RunFilter = {}): RunRow[] {
  const rows = listRuns(runs).flatMap(rowsOf);
  const wanted = Object.entries({ ...where, ...given({ kind, state, seed }) });
  const keys = wanted.length > 0 ? keysOf(rows) : [];
  const tests = wanted.map(([key, choice]) => {
    requireKey(key, keys);
    const values = (Array.isArray(choice) ? choice : [choice]) as readonly (string | number | boolean)[];
    for (const value of values) requireValue(key, value);
    return (row: RunRow) => values.some((value) => says(settingOf(row, key), value));
  });
  return rows.filter((row) => tests.every((fits) => fits(row)));
}

const given = (record: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

/** What a row says of a key; undefined where it says nothing. */
export function settingOf(row: RunRow, key: string): unknown {
  if (key === 'kind' || key === 'state') return row[key];
  return Object.hasOwn(row.settings, key) ? row.settings[key] : undefined;
}

/** Keys that these rows have, and those that a configuration has by default. */
export function keysOf(rows: readonly RunRow[]): string[] {
  const usual = leaves(configure()).map(([path]) => path);
  return [...new Set(['kind', 'state', ...usual, ...rows.flatMap(({ settings }) => Object.keys(settings))])].sort();
}

/** @throws RangeError where a key is none of these, with what may have been meant */
export function requireKey(key: string, keys: readonly string[]): void {
  if (keys.includes(key)) return;
  const last = keys.filter((one) => one.split('.').at(-1) === key);
  const meant = last.length > 0 ? last : [nearestName(key, keys)].filter((one) => one !== undefined);
  const told = meant.slice(0, 3).map((one) => `'${one}'`);
  throw new RangeError(
    told.length > 0
      ? `'${key}' is no key of these runs; did you mean ${told.join(' or ')}?`
      : `'${key}' is no key of these runs; it is written as in a configuration: ${keys.filter((one) => !one.includes('.')).join(', ')}, matching.method, set.kind. npm run haba -- runs show NAME says all of one.`,
  );
}

/** What a key allows, where that is known whatever the runs are. */
const allowed: Record<string, readonly string[]> = { kind: runKinds, state: runStates };

function requireValue(key: string, value: unknown): void {
  const known = allowed[key];
  if (known === undefined || known.includes(String(value))) return;
  const nearest = nearestName(String(value), known);
  throw new RangeError(
    `'${key}' is '${String(value)}'; allowed are ${known.join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
  );
}

/** Whether a value is the one that was written: numbers however they are written, lists as JSON. */
function says(value: unknown, wanted: string | number | boolean): boolean {
  if (typeof value === 'number') return String(wanted).trim() !== '' && Number(wanted) === value;
  if (typeof value === 'string' || typeof value === 'boolean') return String(value) === String(wanted);
  return value !== undefined && canonicalJson(value) === wanted;
}

function rowsOf(run: RunSummary): RunRow[] {
  const { name, folder, state, identity, students, result, bytes } = run;
  const common = { run: name, folder, state, ...(identity ? { kind: identity.kind } : {}), result, bytes };
  if (students.length === 0) return [{ ...common, settings: settingsOf(run) }];
  return students.map(({ name: recipe, split, accuracy, ...one }) => ({
    ...common,
    settings: settingsOf(run, one.recipe),
    students: recipe,
    split,
    ...(accuracy ? { accuracy } : {}),
  }));
}

function settingsOf({ identity }: RunSummary, recipe?: StudentsSummary['recipe']): Record<string, unknown> {
  if (!identity) return {};
  const { configuration, dataChecksum, stored, imported } = identity;
  const evaluation = recipe ? { evaluation: recipe.evaluation, students: { network: recipe.network } } : {};
  const others = {
    ...(stored ? { stored } : {}),
    ...(imported ? { imported: { ...imported, files: undefined } } : {}),
  };
  // Of before there was a choice.
  const labels = { labels: { kind: 'hard' } };
  const all = leaves({ ...labels, ...configuration, ...evaluation, ...others, data: dataChecksum });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** What numbers depend on beside a configuration: of the environment in which a set was made, over all its sessions. */
const computedBy = ['device', 'threads', 'backend', 'tensorflow'] as const;

/** E.g. `{ 'environment.threads': 2 }`; a list where sessions differ, none where nothing is recorded. */
function environmentOf({ folder, name }: RunSummary): Record<string, unknown> {
  const sessions = readSessions({ folder, hash: hashInName(name) });
  const found = computedBy.map((key): [string, unknown] => {
    const values = [...new Set(sessions.map((session) => session[key]))].filter((value) => value !== undefined);
    return [`environment.${key}`, values.length > 1 ? values : values[0]];
  });
  return Object.fromEntries(found);
}

/** A key that two runs say something different of; undefined where one says nothing. */
export interface SettingDifference {
  key: string;
  first: unknown;
  second: unknown;
}

/**
 * What the configurations of two runs' sets say differently: their kind and data, too, and how students are trained by default; and
 * with what processor, threads, backend and TensorFlow the sets were made, as `environment.threads`.
 * @param first name of a run's folder, or its hash
 * @throws Error for a name that is no run's, with the nearest, and for a run whose configuration cannot be read
 */
export function diffRuns(first: string, second: string, { runs }: Pick<RunFilter, 'runs'> = {}): SettingDifference[] {
  const [one, other] = [first, second].map((name) => {
    const run = findRun(name, runs);
    if (run.identity) {
      return { kind: run.identity.kind, ...settingsOf(run), ...environmentOf(run) } as Record<string, unknown>;
    }
    const why = run.state === 'old' ? 'of a version of haba whose runs are no longer read' : run.state;
    throw new Error(`${run.folder} is ${why}: it says nothing that could be compared.`);
  });
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .map((key) => ({ key, first: one[key], second: other[key] }))
    .filter((entry) => canonicalJson([entry.first]) !== canonicalJson([entry.second]));
}
