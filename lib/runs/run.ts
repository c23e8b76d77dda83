/** A run: a training set and students that are trained on it. What is done is returned, what was interrupted goes on. */
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { fullDataEpochs } from '../evaluation/baselines';
import type { KeptEnd } from '../evaluation/el2n';
import { chooseImages } from './choose-images';
import { inContext, type RunOptions } from './context';
import { distil } from './distil';
import { snapshotPlace } from './identity';
import { withLedger, type MadeSet } from './make-set';
import { readIdentity, readMetrics, placeOf, readSetResult, secondsUntil } from './run-files';
import { kindOfBaseline, type Baseline } from './run-kinds';
import { requireSnapshot } from './snapshots';
import { trainStudents, type RunResult } from './train-students';

/**
 * Distils, and trains students on what comes of it.
 * @throws RangeError for an impossible configuration
 * @throws RunStopped after an interrupt, RunDiverged when a loss is no number
 */
export async function run(input: ConfigurationInput, options: RunOptions = {}): Promise<RunResult> {
  const configuration = configure(input);
  return inContext(configuration, options, async (context) => {
    const set = await distil(configuration, context);
    return trainStudents(set, configuration, context);
  });
}

/**
 * Real images that a distilled set is compared with, whichever method made it: students of all methods are trained alike. With
 * `labels: { kind: 'experts' }` they learn what experts predict for the images.
 */
export type BaselineInput = Omit<ConfigurationInput, 'set' | 'matching'> & {
  /**
   * 'random': random real images; 'full': the whole training set; and coresets, chosen by networks that are trained on it: by features of
   * one 'herding', 'k-centre' and 'k-medoids' (k-means medoids), by how wrong several are early in training 'el2n'.
   */
  baseline: Baseline;
  /**
   * Which end 'el2n' keeps. Default 'easiest': with so few images, hard ones teach less than random ones (Sorscher et al., Beyond
   * neural scaling laws, NeurIPS 2022); the paper of EL2N keeps the hardest, of half the images and more.
   */
  keep?: KeptEnd;
  /** Images per class; not for 'full'. Default: the profile's. */
  ipc?: number;
};

/**
 * The complete configuration of a baseline: that of stored images that nothing moves.
 * @throws RangeError for an impossible one
 */
export function configureBaseline({ baseline, keep, ipc, ...input }: BaselineInput): Configuration {
  if ('matching' in input) {
    throw new RangeError(
      "A baseline is matched to nothing: leave 'matching' out; its students are trained alike for all methods.",
    );
  }
  kindOfBaseline(baseline, keep);
  if (input.labels?.kind === 'learned') {
    throw new RangeError(
      "Configuration: 'labels.kind' is 'learned', and nothing learns on real images; of a baseline allowed are 'hard' and 'experts'.",
    );
  }
  const settings: ConfigurationInput = { ...input, matching: { method: 'dm' }, set: { kind: 'images', ipc } };
  if (baseline === 'full') {
    const length =
      input.evaluation?.updates === undefined ? { epochs: fullDataEpochs[configure(settings).profile] } : {};
    settings.evaluation = { students: 1, ...length, ...given(input.evaluation) };
  }
  return configure(settings);
}

/** Students trained on real images: resumed and stored as any run. */
export async function runBaseline(input: BaselineInput, options: RunOptions = {}): Promise<RunResult> {
  const configuration = configureBaseline(input);
  return inContext(configuration, options, async (context) => {
    const set = await chooseImages(kindOfBaseline(input.baseline, input.keep), configuration, context);
    return trainStudents(set, configuration, context);
  });
}

/** Students of another kind than the distillation's, or trained in another way. */
export type OtherStudents = Pick<ConfigurationInput, 'network' | 'evaluation'>;

/** What is asked of a run to train other students on its set. */
type FinishedRun = Pick<RunResult, 'run' | 'kind' | 'configuration' | 'snapshot'>;

/**
 * Trains other students on the set of a finished run, e.g. of another network: resumed and stored beside the others.
 * @throws RangeError for an impossible configuration
 * @throws Error where the data here is not what the set was made from
 */
export async function evaluateRun(
  { run: folder, kind, configuration: made, snapshot }: FinishedRun,
  students: OtherStudents,
  options: RunOptions = {},
): Promise<RunResult> {
  const configuration = withStudents(made, students);
  return inContext(configuration, options, (context) => {
    const { dataChecksum, configuration: own, stored } = readIdentity(folder);
    if (dataChecksum !== context.data.checksum) {
      throw new Error(
        `${folder} was made from another version of ${configuration.dataset} than the one here: their checksums begin with ${dataChecksum.slice(0, 8)} and ${context.data.checksum.slice(0, 8)}.`,
      );
    }
    const place = placeOf(folder);
    const found = readSetResult(place);
    if (!found) throw new Error(`${folder} is not finished: run its configuration first.`);
    const result = withLedger(found, { kind, configuration }, context.data);
    const network = (own.network ?? made.network) as Configuration['network'];
    const set = { ...place, kind, network, stored, result };
    return trainStudents(snapshot ? asItWas(set, snapshot.iteration) : set, configuration, context);
  });
}

/**
 * Trains students on the set that a finished run had at an iteration, which it was asked to keep as one of its `snapshots`, or at its
 * last: a point of its learning curve. They are resumed, and stored under the run's folder.
 * @param students where they differ from the run's
 * @throws RangeError for an iteration that the run has not, and for an impossible configuration
 * @throws Error where it has not kept the set of that iteration
 */
export async function evaluateSnapshot(
  run: FinishedRun,
  iteration: number,
  students: OtherStudents = {},
  options: RunOptions = {},
): Promise<RunResult> {
  const { run: folder, kind, configuration } = run;
  const { iterations } = configuration;
  if (kind !== 'distillation' || !Number.isSafeInteger(iteration) || iteration < 0 || iteration > iterations) {
    const has =
      kind === 'distillation' ? `has iterations 0 to ${iterations}` : `is of kind '${kind}', without iterations`;
    throw new RangeError(`evaluateSnapshot: ${folder} ${has}; asked for was ${iteration}.`);
  }
  const snapshot = iteration === iterations ? undefined : { iteration, folder };
  return evaluateRun({ ...run, snapshot }, students, options);
}

/** The set that a run had at an iteration. */
function asItWas(set: MadeSet, iteration: number): MadeSet {
  requireSnapshot(set, iteration);
  const seconds = secondsUntil(readMetrics(set.folder), iteration);
  const result = { ...set.result, seconds };
  return { ...set, ...snapshotPlace(set, iteration), snapshot: { iteration, run: set.folder }, result };
}

/** A configuration with other students: a length of theirs replaces one in the other unit. */
export function withStudents(made: Configuration, { network, evaluation }: OtherStudents): Configuration {
  const { epochs, updates, ...rest } = made.evaluation;
  const length = evaluation?.epochs === undefined && evaluation?.updates === undefined ? { epochs, updates } : {};
  return configure({
    ...made,
    network: withNetwork(made.network, network),
    evaluation: { ...rest, ...length, ...given(evaluation) },
  });
}

/** Options of the same network are changed; another network has its own. */
function withNetwork(made: Configuration['network'], given: OtherStudents['network'] = {}): OtherStudents['network'] {
  const isOther = given.name !== undefined && given.name !== made.name;
  return isOther ? given : ({ ...made, ...given } as OtherStudents['network']);
}

/** Without keys that are there and say nothing. */
function given<T extends object>(record: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
