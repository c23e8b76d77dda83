/** Experts of trajectory matching: networks trained on real images, whose parameters after every epoch are kept. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Augmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import { resultsFolder } from '../data/results-folder';
import type { Network } from '../networks/network';
import { trainingStep } from '../networks/training-step';
import { zeroVelocity } from '../tensor/optimiser';
import { addPrefix, disposeAll, withPrefix, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { openSafetensors, toTensor, writeSafetensors } from '../tensor/safetensors';
import { tf } from '../tensor/tensorflow';
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
export function expertsCommand(settings: ExpertSettings, { count, epochs }: { count: number; epochs: number }): string {
  const { dataset, whitening, network, augmentation, seed, learningRate, momentum, weightDecay, batchSize } = settings;
  const trained = { seed, count, epochs, learningRate, momentum, weightDecay, batchSize };
  const keys = [
    ['whitening', whitening],
    ['augmentation', augmentation],
    ...Object.entries(network).map(([key, value]) => [`network.${key}`, value]),
    ...Object.entries(trained).map(([key, value]) => [`matching.experts.${key}`, value]),
  ];
  const set = keys.map(([key, value]) => `--set ${key}=${value}`).join(' ');
  return `npm run haba -- experts --dataset ${dataset} ${set}`;
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
}

/**
 * Trains experts; interrupted, or killed, it goes on from the last whole epoch and ends in the same parameters.
 * @returns the folder they are in, and how long their training took, earlier sessions included
 * @see Cazenavette et al., CVPR 2022, arXiv 2203.11932; `buffer.py` in the authors' code
 */
export async function trainExperts(options: TrainExpertsOptions): Promise<{ folder: string; seconds: number }> {
  const { settings, network, data, count, epochs, onEpoch } = options;
  const folder = expertsFolder(settings, options.experts);
  mkdirSync(folder, { recursive: true });
  writeManifest(folder, settings);
  const { momentum, weightDecay } = settings;
  const step = trainingStep(network, {
    momentum,
    weightDecay,
    augmentation: options.augmentation,
    compile: options.compile,
  });
  let seconds = 0;
  try {
    for (let expert = 0; expert < count; expert++) {
      seconds += await trainExpert(expert);
    }
  } finally {
    step.dispose();
  }
  return { folder, seconds };

  async function trainExpert(expert: number): Promise<number> {
    const files = path.join(folder, expertName(expert));
    mkdirSync(files, { recursive: true });
    const state = restore(files) ?? begin(files, expert);
    try {
      while (state.epoch < epochs) {
        const began = performance.now();
        const loss = await trainEpoch(state);
        state.epoch += 1;
        state.seconds += (performance.now() - began) / 1000;
        writeSafetensors(path.join(files, epochName(state.epoch)), state.parameters);
        saveState(files, state);
        onEpoch?.(expert * epochs + state.epoch, count * epochs, loss);
      }
      return state.seconds;
    } finally {
      disposeAll(state.parameters, state.velocity);
    }
  }

  function begin(files: string, expert: number): ExpertState {
    const random = Random.fromSeed(settings.seed * 10_000 + expert);
    const parameters = network.init(random);
    const state = { epoch: 0, seconds: 0, parameters, velocity: zeroVelocity(parameters), random };
    writeSafetensors(path.join(files, epochName(0)), parameters);
    saveState(files, state);
    return state;
  }

  /** One pass over the training images; changes the state it is given. */
  async function trainEpoch(state: ExpertState): Promise<number> {
    const order = state.random.permutation(data.train.count);
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
          draws: options.augmentation.draw(state.random, rows.length),
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
  random: Random;
}

const expertName = (expert: number) => `expert-${String(expert).padStart(3, '0')}`;
const epochName = (epoch: number) => `epoch-${String(epoch).padStart(3, '0')}.safetensors`;
const stateName = 'state.safetensors';

function saveState(files: string, { epoch, seconds, parameters, velocity, random }: ExpertState): void {
  const tensors = { ...addPrefix(parameters, 'parameters.'), ...addPrefix(velocity, 'velocity.') };
  writeSafetensors(path.join(files, stateName), tensors, {
    epoch: String(epoch),
    seconds: String(seconds),
    random: JSON.stringify(random.state),
  });
}

function restore(files: string): ExpertState | undefined {
  const file = path.join(files, stateName);
  if (!existsSync(file)) return undefined;
  const opened = openSafetensors(file);
  try {
    const all = Object.fromEntries(Object.keys(opened.shapes).map((name) => [name, toTensor(opened.read(name))]));
    return {
      epoch: Number(opened.metadata.epoch),
      seconds: Number(opened.metadata.seconds),
      parameters: withPrefix(all, 'parameters.'),
      velocity: withPrefix(all, 'velocity.'),
      random: Random.fromState(JSON.parse(opened.metadata.random) as number[]),
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
  const command = `They are made by: ${expertsCommand(settings, { count, epochs })}`;
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
    return {
      start: readEpoch(path.join(files, epochName(start)), options.shapes),
      target: readEpoch(path.join(files, epochName(start + expertEpochs)), options.shapes),
    };
  };
}

function readEpoch(file: string, shapes: Record<string, number[]>): Parameters {
  const opened = openSafetensors(file);
  try {
    for (const [name, shape] of Object.entries(shapes)) {
      const found = opened.shapes[name];
      if (JSON.stringify(found) !== JSON.stringify(shape)) {
        throw new Error(
          `${file} is an expert of another shape: '${name}' is ${found ? `[${found.join(', ')}]` : 'missing'}, expected [${shape.join(', ')}].`,
        );
      }
    }
    return Object.fromEntries(Object.keys(shapes).map((name) => [name, toTensor(opened.read(name))]));
  } finally {
    opened.close();
  }
}

const manifestName = 'manifest.json';

function writeManifest(folder: string, settings: ExpertSettings): void {
  const file = path.join(folder, manifestName);
  if (existsSync(file)) return;
  writeFileSync(`${file}.partial`, `${JSON.stringify(settings, undefined, 2)}\n`);
  renameSync(`${file}.partial`, file);
}

function readManifest(folder: string): ExpertSettings {
  const file = path.join(folder, manifestName);
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} is not a manifest of experts: ${(error as Error).message}`, { cause: error });
  }
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
    .map(([key, value]) => `${key} is ${String(theirs[key])} there, and ${String(value)} here`)[0];
}

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
  const parameters = network.init(Random.fromSeed(0));
  const shapes = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.shape]));
  disposeAll(parameters);
  return shapes;
}
