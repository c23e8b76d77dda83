/**
 * Training a student on a training set, distilled or real, by the authors' recipe, with three departures: they normalise each batch
 * once more, in training and in testing, by its own mean and deviation, here an image's class does not depend on its neighbours;
 * they begin with new momentum where the rate falls, here it goes on; they train one epoch more than they say.
 */
import type { Augmentation } from '../data/dsa';
import type { Network } from '../networks/network';
import { trainingStep } from '../networks/training-step';
import { zeroVelocity } from '../tensor/optimiser';
import { allFinite, disposeAll, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { RunDiverged } from '../tensor/run-diverged';
import type { TrainingSet } from './training-set';

/** How long a student trains: so many passes over the set, or so many steps, whatever its size. */
export type StudentLength = { epochs: number; updates?: undefined } | { epochs?: undefined; updates: number };

export interface StudentOptions {
  length: StudentLength;
  /** Images per step; the last step of an epoch may have fewer. */
  batchSize: number;
  /** Until half of the training, a tenth of it afterwards. */
  learningRate: number;
  momentum: number;
  weightDecay: number;
  /** Differentiable augmentation of each batch, every image with draws of its own. */
  augmentation: Augmentation;
}

export interface StudentHooks {
  /** Stops the training between two steps. */
  signal?: AbortSignal;
  /** Called after each step with the number of steps done and its loss. */
  onUpdate?: (update: number, loss: number) => void;
}

export interface StudentTrainer {
  /**
   * Trains a fresh student.
   * @returns the student's parameters; the caller disposes of them
   * @throws DOMException named AbortError, when `signal` asks to stop
   * @throws RunDiverged when the loss, or a parameter in the end, is no number
   */
  (set: TrainingSet, random: Random, hooks?: StudentHooks): Promise<Parameters>;
  dispose(): void;
}

/** Graphs are compiled once and serve every student of the network. */
export function studentTrainer(network: Network, options: StudentOptions): StudentTrainer {
  const { length, batchSize, augmentation } = options;
  const step = trainingStep(network, options);
  const train = async (
    set: TrainingSet,
    random: Random,
    { signal, onUpdate }: StudentHooks = {},
  ): Promise<Parameters> => {
    let parameters = network.init(random.stream('network'));
    let velocity = zeroVelocity(parameters);
    try {
      const updates = studentUpdates(set.count, options);
      for (let epoch = 0, update = 0; update < updates; epoch++) {
        const draws = random.stream('epoch', epoch);
        const rows = set.epoch(draws.stream('rows'));
        for (let first = 0; first < rows.length && update < updates; first += batchSize) {
          signal?.throwIfAborted();
          const batch = rows.subarray(first, first + batchSize);
          const isLate = length.updates === undefined ? epoch > length.epochs / 2 : update >= updates / 2;
          const next = tf.tidy(() =>
            step({
              parameters,
              velocity,
              images: set.batch(batch),
              labels: set.softLabels?.(batch) ?? tf.tensor1d(set.labels(batch), 'int32'),
              // By the step, not by its place in an epoch: students on sets of other sizes meet the same augmentations.
              draws: augmentation.draw(random.stream('augmentation', update), batch.length),
              learningRate: tf.scalar(options.learningRate * (isLate ? 0.1 : 1)),
            }),
          );
          disposeAll(parameters, velocity);
          ({ parameters, velocity } = next);
          // Reading the loss waits for the step; without it a long queue of steps would build up.
          const loss = next.loss.dataSync()[0];
          next.loss.dispose();
          update += 1;
          if (!Number.isFinite(loss)) throw diverged(`The loss of update ${update} of a student is ${loss}`, options);
          onUpdate?.(update, loss);
          await new Promise(setImmediate);
        }
      }
      if (!allFinite(parameters)) {
        throw diverged(`After ${updates} updates a student has parameters that are no numbers`, options);
      }
      disposeAll(velocity);
      return parameters;
    } catch (error) {
      disposeAll(parameters, velocity);
      throw error;
    }
  };
  return Object.assign(train, { dispose: () => step.dispose() });
}

/** Steps of a student's training on a set of `count` images. */
export function studentUpdates(
  count: number,
  { length, batchSize }: Pick<StudentOptions, 'length' | 'batchSize'>,
): number {
  return length.updates ?? length.epochs * Math.ceil(count / batchSize);
}

function diverged(what: string, { learningRate, momentum }: StudentOptions): RunDiverged {
  return new RunDiverged(
    `${what}: it diverged with a learning rate of ${learningRate} and momentum ${momentum}, or the training images are no numbers. Nothing of it was kept. Try a smaller 'evaluation.learningRate'.`,
  );
}
