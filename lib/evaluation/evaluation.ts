/** How good a training set is: fresh students trained on it, tested on real images. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { createAugmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import type { Configuration } from '../distillation/configuration';
import type { DistilledSet } from '../factorization/distilled-set';
import { createNetwork } from '../networks/create-network';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { accuracyMeter } from './accuracy';
import { studentTrainer } from './student';
import { distilledTrainingSet, type TrainingSet } from './training-set';

/** Test accuracy over students, as fractions. */
export interface Accuracy {
  mean: number;
  /** Sample standard deviation over students; 0 for one student. */
  std: number;
  /** Of each student. */
  runs: number[];
}

export interface EvaluationOptions {
  /** What students are; default: the network of distillation. */
  network?: Configuration['network'];
  /** Accuracies of students already trained, which are not trained again. */
  done?: readonly number[];
  /** Called when a student is tested; its parameters are freed afterwards. */
  onStudent?: (student: number, accuracy: number, parameters: Parameters) => void;
  onEpoch?: (student: number, epoch: number, loss: number) => void;
  signal?: AbortSignal;
}

/** Mean and deviation of students' accuracies. */
export function summariseAccuracy(runs: number[]): Accuracy {
  return { mean: mean(runs), std: runs.length > 1 ? sampleStandardDeviation(runs) : 0, runs };
}

/**
 * Trains `configuration.evaluation.students` students on a training set and tests each on the real test images.
 * Student number s draws from a generator of its own, so that students can be trained in any order, or again.
 */
export async function evaluateTrainingSet(
  trainingSet: TrainingSet,
  configuration: Pick<Configuration, 'evaluation' | 'network' | 'seed' | 'compile'>,
  data: PreparedDataset,
  { network: settings = configuration.network, done = [], onStudent, onEpoch, signal }: EvaluationOptions = {},
): Promise<Accuracy> {
  const { evaluation, compile, seed } = configuration;
  const { imageShape, classCount } = data.train;
  const network = createNetwork({ ...settings, imageShape, classCount });
  const augmentation = createAugmentation(evaluation.augmentation);
  const train = studentTrainer(network, { ...evaluation, augmentation, compile });
  const measure = accuracyMeter(network, data.test, { compile });
  const runs = [...done];
  try {
    for (let student = runs.length; student < evaluation.students; student++) {
      const random = Random.stream(seed, 'student', student);
      const parameters = await train(trainingSet, random, {
        signal,
        onEpoch: (epoch, loss) => onEpoch?.(student, epoch, loss),
      });
      const accuracy = await measure(parameters);
      runs.push(accuracy);
      onStudent?.(student, accuracy, parameters);
      disposeAll(parameters);
    }
  } finally {
    train.dispose();
    measure.dispose();
  }
  return summariseAccuracy(runs);
}

/** {@link evaluateTrainingSet} of a distilled set; a learned step size, where there is one, is the students' learning rate. */
export async function evaluateSet(
  set: DistilledSet,
  parameters: Parameters,
  configuration: Pick<Configuration, 'evaluation' | 'network' | 'seed' | 'compile'>,
  data: PreparedDataset,
  options: EvaluationOptions = {},
): Promise<Accuracy> {
  const { compile, evaluation } = configuration;
  const learningRate = 'stepSize' in parameters ? parameters.stepSize.dataSync()[0] : evaluation.learningRate;
  const trainingSet = distilledTrainingSet(set, parameters, { compile });
  try {
    return await evaluateTrainingSet(
      trainingSet,
      { ...configuration, evaluation: { ...evaluation, learningRate } },
      data,
      options,
    );
  } finally {
    trainingSet.dispose();
  }
}
