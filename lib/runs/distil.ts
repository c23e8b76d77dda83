/** The iterations of a distillation: from its last checkpoint to its last iteration, and the set they end in. */
import { existsSync, rmSync } from 'node:fs';
import { readCheckpoint, writeCheckpoint } from '../distillation/checkpoint';
import type { Configuration } from '../distillation/configuration';
import {
  createDistillation,
  requireSoundSet,
  releaseState,
  type Distillation,
  type DistillationState,
  type IterationMetrics,
} from '../distillation/distillation';
import { estimateRun } from '../distillation/estimate';
import { memoryWarning } from '../tensor/memory';
import { formatSeconds } from '../terminal/progress';
import { RunDiverged } from '../tensor/run-diverged';
import { isConstrained } from '../distillation/constraint-step';
import type { Ledger } from '../factorization/ledger';
import { parameterisationOf } from '../factorization/parameterisations';
import { writing } from '../files/file-error';
import { openJsonLines } from '../files/json-lines';
import { startLogits } from '../factorization/soft-labels';
import { allFinite, type Parameters } from '../tensor/parameters';
import type { RunContext } from './context';
import { distilledBytes, writeDistilledSet } from './distilled-file';
import { expertLabeller, labelItems, type Labeller } from './label-items';
import { prepareInContext } from './make-experts';
import { makeSet, type MadeSet } from './make-set';
import { prepareSet } from './prepare-set';
import { advice, readMetrics, secondsUntil, setFiles } from './run-files';
import { inSession, type Session } from './session';
import { missingSnapshots, wantedSnapshots, writeSnapshot } from './snapshots';

/**
 * Distils the set of a configuration; or goes on where it stopped; or returns what is stored.
 * @throws RunStopped after an interrupt, RunDiverged when the loss is no number
 * @throws Error where snapshots are asked for that it has not kept, and its iterations do not come out here as when it was made
 */
export async function distil(configuration: Configuration, context: RunContext): Promise<MadeSet> {
  const begin = () => beginWork(configuration, context);
  const made = await makeSet({ kind: 'distillation', configuration, begin, work: distilSet, end: endWork }, context);
  if (missingSnapshots(made, configuration).length === 0) return made;
  const work = await begin();
  try {
    await inSession(made, context, (session) => makeSnapshots(work, session));
  } finally {
    endWork(work);
  }
  return made;
}

/** What a set is distilled by. */
interface Work {
  configuration: Configuration;
  distillation: Distillation;
  /** Absent where no experts label. */
  label?: Labeller;
}

/** What is lacking, e.g. experts, is said here. */
async function beginWork(configuration: Configuration, context: RunContext): Promise<Work> {
  const { experts, data: dataFolder, makeExperts = false } = context.options;
  if (makeExperts) {
    requireSoundSet(configuration, context.data);
    await prepareInContext(configuration, context);
  }
  const distillation = createDistillation(configuration, context.data, { experts, dataFolder });
  try {
    return { configuration, distillation, label: expertLabeller(configuration, context.data, context.options) };
  } catch (error) {
    distillation.dispose();
    throw error;
  }
}

const endWork = ({ distillation }: Work): void => distillation.dispose();

/** The iterations that are left, and the file of the set that they end in. */
async function distilSet(session: Session, work: Work): Promise<Ledger> {
  const state = await iterations(work, session);
  try {
    const { data, folder, hash } = session;
    const { configuration } = work;
    const method = state.method.parameters;
    return await labelled(state, work, session, (parameters) =>
      writeDistilledSet(setFiles(folder).distilled, { parameters, method, configuration, data, run: hash }),
    );
  } finally {
    releaseState(state);
  }
}

/** All iterations that are left, with checkpoints. @returns the last state; the caller owns its tensors */
async function iterations(work: Work, session: Session): Promise<DistillationState> {
  const { configuration, distillation, label } = work;
  const { progress, signal, folder, hash } = session;
  const { iterations, checkpointEvery } = configuration;
  const files = setFiles(folder);
  const belongs = { identity: hash, advice: advice(folder) };
  const blamed = { configuration, views: distillation.set.views, checkpoint: files.checkpoint };
  const snapshots = new Set(missingSnapshots(session, configuration));
  const begun = existsSync(files.checkpoint);
  if (!begun) announce(configuration, session, 0);
  const last = begun ? lastState(distillation, files.checkpoint, belongs) : await firstState(work, session);
  let { state } = last;
  try {
    const metrics = openJsonLines(files.metrics, { ...belongs, keepBytes: last.metricsBytes });
    const requireNumbers = () => {
      if (allFinite(state.set.parameters) && allFinite(state.method.parameters)) return;
      throw diverged(`Iteration ${state.iteration} left parameters that are no numbers`, blamed);
    };
    const save = () => {
      requireNumbers();
      metrics.flush();
      writing(files.checkpoint, () =>
        writeCheckpoint(files.checkpoint, { state, metricsBytes: metrics.bytes, run: hash }),
      );
      session.recordTime();
    };
    // Before the checkpoint of the same iteration, after which nothing would write it.
    const keep = async () => {
      const { iteration } = state;
      if (!snapshots.has(iteration)) return;
      requireNumbers();
      await keepSnapshot(state, work, session);
      // Labelling was a stage of its own.
      if (label) progress.stage({ name: 'distilling', total: iterations, done: iteration });
    };
    try {
      await keep();
      if (begun) announce(configuration, session, state.iteration);
      // What took its time is kept at once.
      else if (distillation.set.preparation) save();
      rmSync(files.preparation, { force: true });
      progress.stage({ name: 'distilling', total: iterations, done: state.iteration });
      while (state.iteration < iterations && !signal.aborted) {
        const next = await distillation.iterate(state, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
        // Stopped in its midst, an iteration leaves the state before it.
        if (!next) break;
        state = next.state;
        requireFinite(next.metrics, blamed);
        metrics.append(next.metrics);
        const { iteration, loss } = next.metrics;
        progress.update(iteration, { loss });
        await keep();
        if (iteration % checkpointEvery === 0 || iteration === iterations) save();
        await new Promise(setImmediate);
      }
      if (signal.aborted) {
        save();
        signal.throwIfAborted();
      }
      return state;
    } finally {
      metrics.close();
    }
  } catch (error) {
    releaseState(state);
    throw error;
  }
}

/** How far a loss may lie from the one that was recorded, relatively: sums of other threads differ in their last digits. */
const sameLoss = 0.01;

/**
 * The sets of earlier iterations that a finished run was not asked to keep: its iterations up to the last of them are done once more,
 * and nothing but these sets is written.
 * @throws Error where a loss is not the one that was recorded: then they would be another run's
 */
async function makeSnapshots(work: Work, session: Session): Promise<void> {
  const { configuration, distillation, label } = work;
  const { progress, signal, folder } = session;
  const missing = missingSnapshots(session, configuration);
  if (missing.length === 0) return;
  const last = missing.at(-1)!;
  const recorded = readMetrics(folder);
  progress.note(
    `${folder} has kept no set of iteration${missing.length > 1 ? 's' : ''} ${missing.join(', ')}: its first ${last} iterations are done again for them, which took ${formatSeconds(secondsUntil(recorded, last))} when it was made`,
    'news',
  );
  let { state } = await firstState(work, session);
  try {
    rmSync(setFiles(folder).preparation, { force: true });
    for (;;) {
      const { iteration } = state;
      if (missing.includes(iteration)) await keepSnapshot(state, work, session);
      if (iteration === last) return;
      if (iteration === 0 || label) progress.stage({ name: 'distilling again', total: last, done: iteration });
      const next = await distillation.iterate(state, signal);
      state = next.state;
      const { loss } = next.metrics;
      const before = recorded[iteration].loss;
      if (!(Math.abs(loss - before) <= sameLoss * Math.abs(before))) {
        throw new Error(
          `Iteration ${iteration + 1} comes to a loss of ${loss} here, and came to ${before} when ${folder} was made, as on another machine or with another version: earlier sets cannot be had from it. ${advice(folder)}`,
        );
      }
      progress.update(iteration + 1, { loss });
      await new Promise(setImmediate);
    }
  } finally {
    releaseState(state);
  }
}

/** Writes the set of a state as that of its iteration. */
async function keepSnapshot(state: DistillationState, work: Work, session: Session): Promise<void> {
  const { iteration, method } = state;
  const { configuration } = work;
  const { data } = session;
  await labelled(state, work, session, (parameters) =>
    writeSnapshot(session, { configuration, data, iteration, parameters, method: method.parameters }),
  );
}

/** Stores the tensors of a set, with what experts predict for its items where these label them. */
async function labelled<Result>(
  { set: { parameters } }: DistillationState,
  { configuration, distillation, label }: Work,
  session: Session,
  store: (parameters: Parameters) => Result,
): Promise<Result> {
  if (configuration.labels.kind !== 'experts') return store(parameters);
  const softLabels = await labelItems(label!, distillation.set, parameters, session);
  try {
    return store({ ...parameters, softLabels });
  } finally {
    softLabels.dispose();
  }
}

/** The state before the first iteration, of a set that is prepared for it, its labels too where they learn and experts begin them. */
async function firstState({ configuration, distillation, label }: Work, session: Session) {
  const state = distillation.start();
  try {
    const { parameters } = state.set;
    const replace = (tensors: Parameters) => {
      for (const name of Object.keys(tensors)) parameters[name].dispose();
      Object.assign(parameters, tensors);
    };
    replace((await prepareSet(distillation, session)) ?? {});
    if (label !== undefined && configuration.labels.kind === 'learned') {
      const labels = await labelItems(label, distillation.set, parameters, session);
      replace(startLogits(labels));
      labels.dispose();
    }
    return { state, metricsBytes: 0 };
  } catch (error) {
    releaseState(state);
    throw error;
  }
}

/** The state of the last checkpoint. */
function lastState(distillation: Distillation, file: string, belongs: { identity: string; advice: string }) {
  const fresh = distillation.start();
  try {
    return readCheckpoint(file, fresh, belongs);
  } finally {
    releaseState(fresh);
  }
}

/** Says what the work will take, before it begins. */
function announce(configuration: Configuration, { data, progress }: Session, done: number): void {
  const kept = wantedSnapshots(configuration).filter((iteration) => iteration >= done).length;
  const disk = kept * distilledBytes(configuration, data.train);
  if (kept > 0) progress.note(`${kept} snapshots, ${(disk / 1e6).toFixed(1)} MB on disk`);
  const estimate = done < configuration.iterations ? estimateRun(configuration, data, done) : undefined;
  if (!estimate) return;
  const gigabytes = (estimate.bytes / 1e9).toFixed(1);
  progress.note(`about ${formatSeconds(estimate.seconds)} and ${gigabytes} GB of memory, by the speed of this machine`);
  const warning = memoryWarning(estimate.bytes);
  if (warning !== undefined) progress.note(warning, 'news');
}

/** What is looked at where a run diverges. */
interface Blamed {
  configuration: Configuration;
  /** Of the set. */
  views: number;
  /** File of the checkpoint. */
  checkpoint: string;
}

/** @throws RunDiverged naming what is no number, and the settings that can make it so */
function requireFinite(metrics: IterationMetrics, blamed: Blamed): void {
  const { iteration, loss, cosine, adversaryLoss } = metrics;
  const told: [what: string, value: number | undefined][] = [
    ['loss', loss],
    ['cosine constraint', cosine],
    ["adversary's loss", adversaryLoss],
  ];
  const broken = told.find(([, value]) => value !== undefined && !Number.isFinite(value));
  if (broken) {
    throw diverged(`The ${broken[0]} of iteration ${iteration} is ${broken[1]}`, blamed, iteration);
  }
}

/** Which settings can make a loss no number: rates, and those of the start and of the constraints, first where it happens at once. */
function diverged(what: string, { configuration, views, checkpoint }: Blamed, iteration = Infinity): RunDiverged {
  const { optimisers, constraints, set } = configuration;
  const named = (settings: [key: string, value: unknown][]) =>
    settings.map(([key, value]) => `${key} ${String(value)}`).join(', ');
  const rates = Object.entries(optimisers).map(([part, { learningRate }]): [string, unknown] => [
    `optimisers.${part}.learningRate`,
    learningRate,
  ]);
  const { startOptions = [] } = parameterisationOf(set.kind);
  const start = startOptions.map((name): [string, unknown] => [`set.${name}`, (set as Record<string, unknown>)[name]]);
  const game: [string, unknown][] = isConstrained(constraints, views)
    ? [
        ['constraints.temperature', constraints.temperature],
        ['constraints.adversary.learningRate', constraints.adversary.learningRate],
      ]
    : [];
  const beside = [...start, ...game];
  const kept = existsSync(checkpoint)
    ? `The checkpoint before it is kept in ${checkpoint}.`
    : 'No checkpoint had been taken.';
  if (iteration === 1) {
    const begins = beside.length > 0 ? `how the run begins, with ${named(beside)}, or ` : '';
    return new RunDiverged(
      `${what}, at once: it is ${begins}a first step that is too large, with ${named(rates)}. ${kept} Try the profile's values.`,
    );
  }
  return new RunDiverged(`${what}: it diverged with ${named([...rates, ...beside])}. ${kept} Try smaller values.`);
}
