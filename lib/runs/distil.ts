/** The iterations of a distillation: from its last checkpoint to its last iteration, and the set they end in. */
import { existsSync, rmSync } from 'node:fs';
import { readCheckpoint, writeCheckpoint } from '../distillation/checkpoint';
import type { Configuration } from '../distillation/configuration';
import {
  createDistillation,
  releaseState,
  type Distillation,
  type DistillationState,
  type IterationMetrics,
} from '../distillation/distillation';
import { estimateRun } from '../distillation/estimate';
import { memoryWarning } from '../tensor/memory';
import { formatSeconds } from '../terminal/progress';
import { RunDiverged } from '../distillation/run-diverged';
import { isConstrained } from '../distillation/constraint-step';
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
import { advice, setFiles } from './run-files';
import type { Session } from './session';
import { hasSnapshot, requireSnapshots, wantedSnapshots, writeSnapshot } from './snapshots';

/**
 * Distils the set of a configuration; or goes on where it stopped; or returns what is stored.
 * @throws RunStopped after an interrupt, RunDiverged when the loss is no number
 * @throws Error where a snapshot is asked for whose iteration is past, and that was not kept; nothing is changed
 */
export async function distil(configuration: Configuration, context: RunContext): Promise<MadeSet> {
  const { experts, data: dataFolder, makeExperts = false } = context.options;
  let distillation: Distillation | undefined;
  let label: Labeller | undefined;
  try {
    const made = await makeSet(
      {
        kind: 'distillation',
        configuration,
        // What is lacking, e.g. experts, is said here.
        check: async (data) => {
          if (makeExperts) await prepareInContext(configuration, context);
          distillation = createDistillation(configuration, data, { experts, dataFolder });
          label = expertLabeller(configuration, data, context.options);
        },
        work: async (session) => {
          const state = await iterations(distillation!, configuration, session, label);
          try {
            const { data, folder, hash } = session;
            return await labelled(state, { configuration, distillation: distillation!, label }, session, (parameters) =>
              writeDistilledSet(setFiles(folder).distilled, {
                ...{ parameters, method: state.method.parameters, configuration, data },
                run: hash,
              }),
            );
          } finally {
            releaseState(state);
          }
        },
      },
      context,
    );
    requireSnapshots(made, wantedSnapshots(configuration));
    return made;
  } finally {
    distillation?.dispose();
  }
}

/** All iterations that are left, with checkpoints. @returns the last state; the caller owns its tensors */
async function iterations(
  distillation: Distillation,
  configuration: Configuration,
  session: Session,
  label: Labeller | undefined,
): Promise<DistillationState> {
  const { progress, signal, folder, hash } = session;
  const { iterations, checkpointEvery } = configuration;
  const files = setFiles(folder);
  const belongs = { identity: hash, advice: advice(folder) };
  const blamed = { configuration, views: distillation.set.views, checkpoint: files.checkpoint };
  const begun = existsSync(files.checkpoint);
  const snapshots = wantedSnapshots(configuration);
  if (!begun) announce(configuration, session, 0);
  const startLabels = configuration.labels.kind === 'learned' ? label : undefined;
  const last = begun
    ? lastState(distillation, files.checkpoint, belongs)
    : await firstState(distillation, session, startLabels);
  let { state } = last;
  try {
    requireSnapshots(
      session,
      snapshots.filter((iteration) => iteration < state.iteration),
    );
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
      const { iteration, method } = state;
      if (!snapshots.includes(iteration) || hasSnapshot(session, iteration)) return;
      requireNumbers();
      const { data } = session;
      await labelled(state, { configuration, distillation, label }, session, (parameters) =>
        writeSnapshot(session, { configuration, data, iteration, parameters, method: method.parameters }),
      );
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

interface Labelled {
  configuration: Configuration;
  distillation: Distillation;
  label: Labeller | undefined;
}

/** Stores the tensors of a set, with what experts predict for its items where these label them. */
async function labelled<Result>(
  { set: { parameters } }: DistillationState,
  { configuration, distillation, label }: Labelled,
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

/** The state before the first iteration, of a set that is prepared for it. @param label what its labels begin as, where they learn */
async function firstState(distillation: Distillation, session: Session, label: Labeller | undefined) {
  const state = distillation.start();
  try {
    const { parameters } = state.set;
    const replace = (tensors: Parameters) => {
      for (const name of Object.keys(tensors)) parameters[name].dispose();
      Object.assign(parameters, tensors);
    };
    replace((await prepareSet(distillation, session)) ?? {});
    if (label !== undefined) {
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
