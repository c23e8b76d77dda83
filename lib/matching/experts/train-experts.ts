/**
 * Training experts of trajectory matching: networks on real images, whose parameters after every epoch are kept. An expert is held
 * by the process that trains it, so that several processes share the work on one folder.
 */
import type { Augmentation } from '../../data/dsa';
import type { PreparedDataset } from '../../data/image-source';
import { explainWriteError, makeFolder } from '../../files/file-error';
import { clearDeadHolder, LockHeld, takeLock, type Holder, type Lock } from '../../files/lock';
import type { Network } from '../../networks/network';
import { parameterShapes } from '../../networks/parameter-shapes';
import { trainingStep } from '../../networks/training-step';
import { zeroVelocity } from '../../tensor/optimiser';
import { allFinite, disposeAll } from '../../tensor/parameters';
import { Random } from '../../tensor/random';
import { tf } from '../../tensor/tensorflow';
import { expertFiles, type ExpertFiles, type ExpertState } from './expert-files';
import { expertsName, type ExpertSettings } from './expert-identity';
import { requireSpace } from './expert-space';
import { checkManifest, expertsFolder, hasManifest, writeManifest } from './experts-folder';

export interface TrainExpertsOptions {
  settings: ExpertSettings;
  data: PreparedDataset;
  network: Network;
  augmentation: Augmentation;
  /** Experts to have in the end; those already there are kept. */
  count: number;
  /** Epochs of each; those already there are kept. */
  epochs: number;
  /** Numbers of the experts to train now, out of 0 to `count` - 1. Default: all. */
  only?: readonly number[];
  /** Folder of all experts, or of these. Default: results/experts. */
  experts?: string;
  /** A sentence added to what is said of files that cannot be used: how experts are made. */
  advice?: string;
  signal?: AbortSignal;
  /** Called after each epoch, with epochs done of these experts together, and the last loss. */
  onEpoch?: (done: number, total: number, loss: number) => void;
  /** Called where all that is left is being trained by another process, which is waited for. */
  onWait?: (folder: string, holder: Holder) => void;
}

/** What is advised where experts cannot be written. */
const instead = { instead: '--experts FOLDER, or HABA_EXPERTS' };

/**
 * Trains experts; interrupted, or killed, it goes on from the last whole epoch and ends in the same parameters.
 * @returns the folder they are in, and how long their training took, earlier sessions included
 * @throws Error, in a sentence, where a file of theirs is damaged or another's, space is too small, or training diverges
 * @see Cazenavette et al., CVPR 2022, arXiv 2203.11932; `buffer.py` in the authors' code
 */
export async function trainExperts(options: TrainExpertsOptions): Promise<{ folder: string; seconds: number }> {
  const { settings, network, data, count, epochs, advice, onEpoch } = options;
  const { only = Array.from({ length: count }, (_, expert) => expert) } = options;
  const impossible = only.find((expert) => !Number.isInteger(expert) || expert < 0 || expert >= count);
  if (impossible !== undefined)
    throw new RangeError(`There is no expert ${impossible}; of ${count} experts there are 0 to ${count - 1}.`);
  const folder = expertsFolder(settings, options.experts);
  makeFolder(folder, instead);
  const name = expertsName(settings);
  const chosen = only.map((expert) => ({ expert, files: expertFiles({ folder, experts: name, expert, advice }) }));
  const all = chosen.map(({ files }) => files);
  if (hasManifest(folder)) checkManifest(folder, settings, advice);
  const finished = secondsOfFinished(folder, all, epochs);
  // Finished experts are only read, and may lie in a folder that cannot be written.
  if (finished !== undefined) {
    for (const held of [folder, ...all.map((files) => files.folder)]) await clearDeadHolder(held);
    return { folder, seconds: finished };
  }
  const { momentum, weightDecay, learningRate } = settings;
  const { augmentation } = options;
  const step = trainingStep(network, { momentum, weightDecay, augmentation });
  const shapes = parameterShapes(network);
  let [seconds, epochsDone] = [0, 0];
  let lock: Lock | undefined;
  try {
    if (!hasManifest(folder)) writeManifest(folder, settings);
    requireSpace(folder, all, epochs, shapes);
    const held: typeof chosen = [];
    for (const one of chosen) {
      if (!(await trainLocked(one, false))) held.push(one);
    }
    // What other processes are training is waited for when nothing else is left; if they fail, it is trained here.
    for (const one of held) await trainLocked(one, true);
  } catch (error) {
    if (lock?.lost.aborted) throw lock.lost.reason;
    throw explainWriteError(error, folder, instead);
  } finally {
    step.dispose();
    await lock?.release();
  }
  return { folder, seconds };

  /** @returns whether it was trained, or found to be: false only where another process has it, and is not waited for */
  async function trainLocked({ expert, files }: (typeof chosen)[number], wait: boolean): Promise<boolean> {
    makeFolder(files.folder, instead);
    const { signal, onWait } = options;
    try {
      lock = await takeLock(files.folder, { wait, signal, onWait: (holder) => onWait?.(files.folder, holder) });
    } catch (error) {
      if (error instanceof LockHeld) return false;
      throw error;
    }
    seconds += await trainExpert(expert, files, lock);
    epochsDone += epochs;
    await lock.release();
    return true;
  }

  async function trainExpert(expert: number, files: ExpertFiles, { lost }: Lock): Promise<number> {
    const random = Random.stream(settings.seed, 'expert', expert);
    const restored = restore(files);
    const state = restored ?? begin(random);
    try {
      if (!restored) save(files, state);
      while (state.epoch < epochs) {
        const began = performance.now();
        const loss = await trainEpoch(state, random.stream('epoch', state.epoch), lost);
        requireNumbers(files, state, loss);
        state.epoch += 1;
        state.seconds += (performance.now() - began) / 1000;
        save(files, state);
        onEpoch?.(epochsDone + state.epoch, chosen.length * epochs, loss);
      }
      return state.seconds;
    } finally {
      disposeAll(state.parameters, state.velocity);
    }
  }

  /** The state that was saved. Where somebody removed an epoch before it, the expert begins anew, in the same numbers. */
  function restore(files: ExpertFiles): ExpertState | undefined {
    const state = files.readState(shapes);
    if (state === undefined || files.firstMissing(state.epoch) === undefined) return state;
    disposeAll(state.parameters, state.velocity);
    return undefined;
  }

  function begin(random: Random): ExpertState {
    const parameters = network.init(random.stream('network'));
    return { epoch: 0, seconds: 0, parameters, velocity: zeroVelocity(parameters) };
  }

  /** The epoch's parameters, then the state to go on from: a state never lacks the epochs before it. */
  function save(files: ExpertFiles, state: ExpertState): void {
    files.writeEpoch(state.epoch, state.parameters);
    files.writeState(state);
  }

  function requireNumbers(files: ExpertFiles, { epoch, parameters }: ExpertState, loss: number): void {
    const numbers = Number.isFinite(loss) && allFinite(parameters);
    if (numbers) return;
    const what = Number.isFinite(loss) ? 'left parameters that are no numbers' : `has a loss of ${loss}`;
    throw new Error(
      `Epoch ${epoch + 1} in ${files.folder} ${what}: it diverged with matching.experts.learningRate ${learningRate}, momentum ${momentum}. The ${epoch} epochs before it are kept. Try a smaller rate.`,
    );
  }

  /** One pass over the training images; changes the state it is given. */
  async function trainEpoch(state: ExpertState, random: Random, lost: AbortSignal): Promise<number> {
    const order = random.stream('order').permutation(data.train.count);
    let loss = 0;
    for (let first = 0; first < order.length; first += settings.batchSize) {
      options.signal?.throwIfAborted();
      lost.throwIfAborted();
      const rows = order.subarray(first, first + settings.batchSize);
      const next = tf.tidy(() =>
        step({
          parameters: state.parameters,
          velocity: state.velocity,
          images: data.train.batch(rows),
          labels: tf.tensor1d(
            rows.map((row) => data.train.labels[row]),
            'int32',
          ),
          draws: augmentation.draw(random.stream('augmentation', first), rows.length),
          learningRate: tf.scalar(learningRate),
        }),
      );
      disposeAll(state.parameters, state.velocity);
      state.parameters = next.parameters;
      state.velocity = next.velocity;
      loss = next.loss.dataSync()[0];
      next.loss.dispose();
      await new Promise(setImmediate);
    }
    return loss;
  }
}

/** What training took, where all of it is done; undefined where some is left. */
function secondsOfFinished(folder: string, all: readonly ExpertFiles[], epochs: number): number | undefined {
  if (!hasManifest(folder)) return undefined;
  let seconds = 0;
  for (const files of all) {
    const own = secondsOf(files, epochs);
    if (own === undefined) return undefined;
    seconds += own;
  }
  return seconds;
}

/** What one expert's training took; undefined where some of it is left. */
function secondsOf(files: ExpertFiles, epochs: number): number | undefined {
  const progress = files.readProgress();
  const isDone = progress !== undefined && progress.epoch >= epochs && files.firstMissing(epochs) === undefined;
  return isDone ? progress.seconds : undefined;
}

/**
 * Numbers of the experts that are not trained to the end; nothing is written.
 * @throws as {@link trainExperts}, for files that cannot be used
 */
export function unfinishedExperts({
  settings,
  count,
  epochs,
  experts,
  advice,
}: Pick<TrainExpertsOptions, 'settings' | 'count' | 'epochs' | 'experts' | 'advice'>): number[] {
  const folder = expertsFolder(settings, experts);
  const numbers = Array.from({ length: count }, (_, expert) => expert);
  if (!hasManifest(folder)) return numbers;
  checkManifest(folder, settings, advice);
  const name = expertsName(settings);
  return numbers.filter(
    (expert) => secondsOf(expertFiles({ folder, experts: name, expert, advice }), epochs) === undefined,
  );
}
