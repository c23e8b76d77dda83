/** One SGD step of a network on a batch: what students, experts and the full training set share. */
import type { Augmentation, Draws } from '../data/dsa';
import { compile, type Compiled } from '../tensor/compile';
import { valueAndGradients } from '../tensor/gradient';
import { sgdStep } from '../tensor/optimiser';
import type { Parameters } from '../tensor/parameters';
import type { tf } from '../tensor/tensorflow';
import { crossEntropy } from './loss';
import type { Network } from './network';

export type TrainingInputs = {
  parameters: Parameters;
  velocity: Parameters;
  /** [batch, height, width, channels] */
  images: tf.Tensor4D;
  /** int32 [batch]; or soft labels, float32 [batch, classes] */
  labels: tf.Tensor1D | tf.Tensor2D;
  draws: Draws;
  learningRate: tf.Scalar;
};

export type TrainingOutputs = {
  parameters: Parameters;
  velocity: Parameters;
  /** Cross-entropy before the step. */
  loss: tf.Scalar;
};

export interface TrainingStepOptions {
  momentum: number;
  weightDecay: number;
  augmentation: Augmentation;
}

/** Augments, differentiates the cross-entropy, and steps; the caller owns inputs and outputs. */
export function trainingStep(
  network: Network,
  options: TrainingStepOptions,
): Compiled<TrainingInputs, TrainingOutputs> {
  const { momentum, weightDecay, augmentation } = options;
  return compile(
    ({ parameters, velocity, images, labels, draws, learningRate }: TrainingInputs) => {
      const augmented = augmentation.apply(images, draws);
      const { value, gradients } = valueAndGradients(
        (current) => crossEntropy(network.apply(current, augmented), labels),
        parameters,
      );
      return { loss: value, ...sgdStep(parameters, gradients, velocity, { learningRate, momentum, weightDecay }) };
    },
    { name: `training of ${network.name}` },
  );
}
