/**
 * Training a student on a training set, distilled or real, by the authors' recipe; but for their normalising each batch once more,
 * in training and in testing, by its own mean and deviation: here an image's class does not depend on its neighbours.
 */
import type { Augmentation } from '../data/dsa';
import type { Network } from '../networks/network';
import { trainingStep } from '../networks/training-step';
import { zeroVelocity } from '../tensor/optimiser';
import { disposeAll, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { TrainingSet } from './training-set';

export interface StudentOptions {
  epochs: number;
  /** Images per step; the last step of an epoch may have fewer. */
  batchSize: number;
  /** Until half of the epochs, a tenth of it afterwards. */
  learningRate: number;
  momentum: number;
  weightDecay: number;
  /** Differentiable augmentation of each batch, every image with draws of its own. */
  augmentation: Augmentation;
  compile?: boolean;
}

export interface StudentHooks {
  /** Stops the training between two steps. */
  signal?: AbortSignal;
  /** Called after each epoch with the number of epochs done and the loss of its last step. */
  onEpoch?: (epoch: number, loss: number) => void;
}

export interface StudentTrainer {
  /**
   * Trains a fresh student.
   * @returns the student's parameters; the caller disposes of them
   * @throws DOMException named AbortError, when `signal` asks to stop
   */
  (set: TrainingSet, random: Random, hooks?: StudentHooks): Promise<Parameters>;
  dispose(): void;
}

/** Graphs are compiled once and serve every student of the network. */
export function studentTrainer(network: Network, options: StudentOptions): StudentTrainer {
  const { epochs, batchSize, augmentation } = options;
  const step = trainingStep(network, options);
  const train = async (
    set: TrainingSet,
    random: Random,
    { signal, onEpoch }: StudentHooks = {},
  ): Promise<Parameters> => {
    let parameters = network.init(random.stream('network'));
    let velocity = zeroVelocity(parameters);
    try {
      for (let epoch = 0; epoch < epochs; epoch++) {
        const rate = options.learningRate * (epoch > epochs / 2 ? 0.1 : 1);
        const draws = random.stream('epoch', epoch);
        const rows = set.epoch(draws.stream('rows'));
        let loss = 0;
        for (let first = 0; first < rows.length; first += batchSize) {
          signal?.throwIfAborted();
          const batch = rows.subarray(first, first + batchSize);
          const next = tf.tidy(() =>
            step({
              parameters,
              velocity,
              images: set.batch(batch),
              labels: tf.tensor1d(set.labels(batch), 'int32'),
              draws: augmentation.draw(draws.stream('augmentation', first), batch.length),
              learningRate: tf.scalar(rate),
            }),
          );
          disposeAll(parameters, velocity);
          ({ parameters, velocity } = next);
          // Reading the loss waits for the step; without it a long queue of steps would build up.
          loss = next.loss.dataSync()[0];
          next.loss.dispose();
          await new Promise(setImmediate);
        }
        onEpoch?.(epoch + 1, loss);
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
