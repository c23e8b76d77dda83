/** Experts of trajectory matching: networks trained on real images, whose parameters after every epoch are kept. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Augmentation } from '../data/dsa';
import { explainWriteError, makeFolder } from '../files/file-error';
import type { PreparedDataset } from '../data/image-source';
import { clearDeadHolder, takeLock, type Holder } from '../files/lock';
import { resultsFolder } from '../files/results-folder';
import type { Network } from '../networks/network';
import { trainingStep } from '../networks/training-step';
import { zeroVelocity } from '../tensor/optimiser';
import { oneLine } from '../files/one-line';
import { addPrefix, disposeAll, withPrefix, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { openSafetensors, type SafetensorsFile } from '../files/safetensors';
import { toTensor, writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import { writeWhole } from '../files/whole-file';
import type { TrajectorySegment } from './trajectory';

/** Where experts are kept unless something else is said: HABA_EXPERTS, else among the results. */
export const defaultExperts = process.env.HABA_EXPERTS || resultsFolder('experts');

const settingsSchema = z.object({
  dataset: z.string(),
  /** Of the dataset's images and labels. */
  checksum: z.string(),
  whitening: z.string(),
  /** Name, width, depth and so on. */
  network: z.record(z.union([z.string(), z.number()])),
  augmentation: z.string(),
  learningRate: z.number(),
  momentum: z.number(),
  weightDecay: z.number(),
  batchSize: z.number(),
  seed: z.number(),
});

/** Everything that decides what an expert learns; also the manifest of its folder. */
export type ExpertSettings = z.infer<typeof settingsSchema>;

/** Folder of the experts of these settings, under a folder of experts. */
export function expertsFolder(settings: ExpertSettings, experts: string = defaultExperts): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(sorted(settings)))
    .digest('hex')
    .slice(0, 10);
  return path.join(experts, `${settings.dataset}-${settings.whitening}-${settings.network.name}-${hash}`);
}

/** The command that trains these experts. */
export function expertsCommand(
  settings: ExpertSettings,
  { count, epochs, experts }: { count: number; epochs: number; experts?: string },
): string {
  const { dataset, whitening, network, augmentation, seed, learningRate, momentum, weightDecay, batchSize } = settings;
  const trained = { seed, count, epochs, learningRate, momentum, weightDecay, batchSize };
  const keys = [
    ['whitening', whitening],
    ['augmentation', augmentation],
    ...Object.entries(network).map(([key, value]) => [`network.${key}`, value]),
    ...Object.entries(trained).map(([key, value]) => [`matching.experts.${key}`, value]),
  ];
  const set = keys.map(([key, value]) => `--set ${key}=${value}`).join(' ');
  const place = experts === undefined ? '' : ` --experts ${experts}`;
  return `npm run haba -- experts --dataset ${dataset} ${set}${place}`;
}

export interface TrainExpertsOptions {
  settings: ExpertSettings;
  data: PreparedDataset;
  network: Network;
  augmentation: Augmentation;
  /** Experts to have in the end; those already there are kept. */
  count: number;
  /** Epochs of each. */
  epochs: number;
  /** Folder of all experts. Default: results/experts. */
  experts?: string;
  compile?: boolean;
  signal?: AbortSignal;
  /** Called after each epoch, with epochs done of all experts together, and the last loss. */
  onEpoch?: (done: number, total: number, loss: number) => void;
  /** Called once where another process is training these experts, which is waited for. */
  onWait?: (folder: string, holder: Holder) => void;
}

const advice = { instead: '--experts FOLDER, or HABA_EXPERTS' };

/**
 * Trains experts; interrupted, or killed, it goes on from the last whole epoch and ends in the same parameters.
 * @returns the folder they are in, and how long their training took, earlier sessions included
 * @see Cazenavette et al., CVPR 2022, arXiv 2203.11932; `buffer.py` in the authors' code
 */
export async function trainExperts(options: TrainExpertsOptions): Promise<{ folder: string; seconds: number }> {
  const { settings, network, data, count, epochs, onEpoch } = options;
  const folder = expertsFolder(settings, options.experts);
  makeFolder(folder, advice);
  // Finished experts are only read, and may lie in a folder that cannot be written.
  const finished = Array.from({ length: count }, (_, expert) => path.join(folder, expertName(expert), stateName));
  const isFinished = finished.every((file) => existsSync(file) && epochOf(file) >= epochs);
  if (isFinished) await clearDeadHolder(folder);
  const lock = isFinished
    ? undefined
    : await takeLock(folder, { signal: options.signal, onWait: (holder) => options.onWait?.(folder, holder) });
  const { momentum, weightDecay } = settings;
  const step = trainingStep(network, {
    momentum,
    weightDecay,
    augmentation: options.augmentation,
    compile: options.compile,
  });
  let seconds = 0;
  try {
    writeManifest(folder, settings);
    for (let expert = 0; expert < count; expert++) {
      seconds += await trainExpert(expert);
    }
  } catch (error) {
    throw explainWriteError(error, folder, advice);
  } finally {
    step.dispose();
    await lock?.release();
  }
  return { folder, seconds };

  async function trainExpert(expert: number): Promise<number> {
    const files = path.join(folder, expertName(expert));
    mkdirSync(files, { recursive: true });
    const state = goOn(files, begin(expert));
    try {
      while (state.epoch < epochs) {
        const began = performance.now();
        const loss = await trainEpoch(state);
        if (!Number.isFinite(loss)) throw diverged(files, state.epoch, loss);
        state.epoch += 1;
        state.seconds += (performance.now() - began) / 1000;
        save(files, state);
        lock?.touch();
        onEpoch?.(expert * epochs + state.epoch, count * epochs, loss);
      }
      return state.seconds;
    } finally {
      disposeAll(state.parameters, state.velocity);
    }
  }

  function diverged(files: string, epoch: number, loss: number): Error {
    const rates = `matching.experts.learningRate ${settings.learningRate}, momentum ${momentum}`;
    return new Error(
      `The loss of epoch ${epoch + 1} in ${files} is ${loss}: it diverged with ${rates}. The ${epoch} epochs before it are kept. Try a smaller rate.`,
    );
  }

  /** The state that was saved; else the one given, which is saved. */
  function goOn(files: string, fresh: ExpertState): ExpertState {
    try {
      const restored = restore(files, fresh);
      if (restored === undefined) save(files, fresh);
      else disposeAll(fresh.parameters, fresh.velocity);
      return restored ?? fresh;
    } catch (error) {
      disposeAll(fresh.parameters, fresh.velocity);
      throw error;
    }
  }

  function begin(expert: number): ExpertState {
    const random = Random.stream(settings.seed, 'expert', expert);
    const parameters = network.init(random.stream('network'));
    return { epoch: 0, seconds: 0, parameters, velocity: zeroVelocity(parameters), random };
  }

  /** One pass over the training images; changes the state it is given. */
  async function trainEpoch(state: ExpertState): Promise<number> {
    const random = state.random.stream('epoch', state.epoch);
    const order = random.stream('order').permutation(data.train.count);
    let loss = 0;
    for (let first = 0; first < order.length; first += settings.batchSize) {
      options.signal?.throwIfAborted();
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
          draws: options.augmentation.draw(random.stream('augmentation', first), rows.length),
          learningRate: tf.scalar(settings.learningRate),
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

interface ExpertState {
  /** Epochs done. */
  epoch: number;
  /** That they took. */
  seconds: number;
  parameters: Parameters;
  velocity: Parameters;
  /** The expert's own stream, of which each epoch has a part. */
  random: Random;
}

const expertName = (expert: number) => `expert-${String(expert).padStart(3, '0')}`;
const epochName = (epoch: number) => `epoch-${String(epoch).padStart(3, '0')}.safetensors`;
const stateName = 'state.safetensors';

/** The epoch's parameters, then the state to go on from: a state never lacks the epochs before it. */
function save(files: string, { epoch, seconds, parameters, velocity }: ExpertState): void {
  writeTensors(path.join(files, epochName(epoch)), parameters);
  const tensors = { ...addPrefix(parameters, 'parameters.'), ...addPrefix(velocity, 'velocity.') };
  writeTensors(path.join(files, stateName), tensors, {
    epoch: String(epoch),
    seconds: String(seconds),
  });
}

const stateSchema = z.object({
  epoch: z.coerce.number().int().min(0).safe(),
  seconds: z.coerce.number().min(0).finite(),
});

/** Epochs done, by a state's file. */
function epochOf(file: string): number {
  const opened = openSafetensors(file);
  opened.close();
  return Number(opened.metadata.epoch);
}

/** @param like a state of the same network: its names and shapes are those expected */
function restore(files: string, like: ExpertState): ExpertState | undefined {
  const file = path.join(files, stateName);
  if (!existsSync(file)) return undefined;
  const expected = { ...addPrefix(like.parameters, 'parameters.'), ...addPrefix(like.velocity, 'velocity.') };
  const opened = openSafetensors(file);
  try {
    const metadata = stateSchema.safeParse(opened.metadata);
    if (!metadata.success) {
      const { path: keys, message } = metadata.error.issues[0];
      throw new Error(`${file} is not the state of an expert: its metadata '${keys.join('.')}': ${oneLine(message)}.`);
    }
    const { epoch, seconds } = metadata.data;
    const all = readShaped(
      file,
      opened,
      Object.fromEntries(Object.entries(expected).map(([name, { shape }]) => [name, shape])),
    );
    return {
      epoch,
      seconds,
      parameters: withPrefix(all, 'parameters.'),
      velocity: withPrefix(all, 'velocity.'),
      random: like.random,
    };
  } finally {
    opened.close();
  }
}

export interface OpenExpertsOptions {
  settings: ExpertSettings;
  /** What parameters must look like, name by name. */
  shapes: Record<string, number[]>;
  /** Experts wanted. */
  count: number;
  /** Epochs that each must have. */
  epochs: number;
  /** Start epochs are drawn below it (authors' max_start_epoch); 0 stands for the first epoch alone. */
  latestStartEpoch: number;
  /** Epochs from start to target (expert_epochs). */
  expertEpochs: number;
  /** Folder of all experts, or of these. Default: results/experts. */
  experts?: string;
}

/**
 * Finds experts; a segment reads two epochs' files, so that memory does not grow with their number.
 * @throws Error, where there are none or they were trained for something else, that says so and gives the command that makes them
 */
export function openExperts(options: OpenExpertsOptions): (random: Random) => TrajectorySegment {
  const { settings, count, epochs, latestStartEpoch, expertEpochs, experts = defaultExperts } = options;
  const command = `They are made by: ${expertsCommand(settings, { count, epochs, experts: options.experts })}`;
  // A folder that has a manifest itself was meant by whoever named it.
  const folder = existsSync(path.join(experts, manifestName)) ? experts : expertsFolder(settings, experts);
  if (!existsSync(path.join(folder, manifestName))) {
    throw new Error(
      `There are no experts for this configuration in ${experts} (${presentExperts(experts)}). ${command}`,
    );
  }
  const manifest = readManifest(folder);
  const difference = firstDifference(manifest, settings);
  if (difference !== undefined)
    throw new Error(`The experts in ${folder} were trained for another configuration: ${difference}. ${command}`);
  for (let expert = 0; expert < count; expert++) {
    if (!existsSync(path.join(folder, expertName(expert), epochName(epochs)))) {
      throw new Error(
        `The experts in ${folder} are not finished: ${expertName(expert)} has no epoch ${epochs}. ${command}`,
      );
    }
  }
  return (random) => {
    const files = path.join(folder, expertName(random.integer(count)));
    const start = random.integer(Math.max(1, latestStartEpoch));
    const first = readEpoch(path.join(files, epochName(start)), options.shapes);
    try {
      return { start: first, target: readEpoch(path.join(files, epochName(start + expertEpochs)), options.shapes) };
    } catch (error) {
      disposeAll(first);
      throw error;
    }
  };
}

function readEpoch(file: string, shapes: Record<string, number[]>): Parameters {
  const opened = openSafetensors(file);
  try {
    return readShaped(file, opened, shapes);
  } finally {
    opened.close();
  }
}

/** @throws Error naming the file and the first tensor that is missing or of another shape */
function readShaped(file: string, opened: SafetensorsFile, shapes: Record<string, number[]>): Parameters {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = Object.hasOwn(opened.shapes, name) ? opened.shapes[name] : undefined;
    if (found?.join() !== shape.join()) {
      throw new Error(
        `${file} is an expert of another shape: '${name}' is ${found ? `[${found.join(', ')}]` : 'missing'}, expected [${shape.join(', ')}].`,
      );
    }
  }
  const stored = Object.keys(shapes).map((name) => [name, opened.read(name)] as const);
  const other = stored.find(([, { type }]) => type !== 'F32');
  if (other) throw new Error(`${file} is no expert: '${other[0]}' is of ${other[1].type}, expected F32.`);
  return Object.fromEntries(stored.map(([name, tensor]) => [name, toTensor(tensor)]));
}

const manifestName = 'manifest.json';

function writeManifest(folder: string, settings: ExpertSettings): void {
  const file = path.join(folder, manifestName);
  if (existsSync(file)) return;
  writeWhole(file, `${JSON.stringify(settings, undefined, 2)}\n`);
}

function readManifest(folder: string): ExpertSettings {
  const file = path.join(folder, manifestName);
  const malformed = (reason: string) => new Error(`${file} is not a manifest of experts: ${reason}.`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw malformed('it is not JSON');
  }
  const parsed = settingsSchema.safeParse(manifest);
  if (parsed.success) return parsed.data;
  const { path: keys, message } = parsed.error.issues[0];
  throw malformed(oneLine(`'${keys.join('.')}': ${message}`));
}

/** The first setting that differs, in words. */
function firstDifference(found: ExpertSettings, wanted: ExpertSettings): string | undefined {
  const flat = (settings: ExpertSettings) => ({
    ...settings,
    ...addKeys('network', settings.network),
    network: undefined,
  });
  const theirs: Record<string, unknown> = flat(found);
  return Object.entries(flat(wanted))
    .filter(([key, value]) => theirs[key] !== value)
    .map(([key, value]) => `${key} is ${oneLine(spelled(theirs[key]), 60)} there, and ${String(value)} here`)[0];
}

const spelled = (value: unknown) => (value === undefined ? 'not said' : JSON.stringify(value).replaceAll('"', ''));

function addKeys(prefix: string, record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [`${prefix}.${key}`, value]));
}

function presentExperts(experts: string): string {
  const names = existsSync(experts)
    ? readdirSync(experts).filter((name) => existsSync(path.join(experts, name, manifestName)))
    : [];
  return names.length > 0 ? `it has ${names.join(', ')}` : 'it has none';
}

/** Keys in alphabetical order, so that equal settings have equal text. */
function sorted(settings: ExpertSettings): unknown {
  const order = (record: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(record).sort(([first], [second]) => (first < second ? -1 : 1)));
  return order({ ...settings, network: order(settings.network) });
}

/** Shapes of a network's parameters. */
export function parameterShapes(network: Network): Record<string, number[]> {
  const parameters = network.init(Random.stream(0, 'shapes alone'));
  const shapes = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.shape]));
  disposeAll(parameters);
  return shapes;
}
