/** How good a training set is: fresh students trained on it, tested on real images. */
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { createAugmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import type { DistilledSet } from '../factorization/distilled-set';
import { studentRate, type MatchingOptions } from '../matching/methods';
import { createNetwork } from '../networks/create-network';
import type { NetworkOptions } from '../networks/network-families';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { accuracyMeter } from './accuracy';
import { studentTrainer, studentUpdates, type StudentLength } from './student';
import type { StudentSettings } from './student-settings';
import { distilledTrainingSet, type TrainingSet } from './training-set';

/** Accuracy over students, on the images of the evaluation's split, as fractions. */
export interface Accuracy {
  mean: number;
  /** Sample standard deviation over students; 0 for one student. */
  std: number;
  /** Of each student. */
  runs: number[];
}

/** What came of one student. */
export interface StudentResult {
  accuracy: number;
  /** Images of the training set, all that it decodes to. */
  images: number;
  /** Steps of the student. */
  updates: number;
  seconds: number;
}

export interface EvaluationOptions {
  /** Students already trained, which are not trained again. */
  done?: readonly StudentResult[];
  /** Called when a student is tested; its parameters are freed afterwards. */
  onStudent?: (student: number, result: StudentResult, parameters: Parameters) => void;
  /** Called before the first step, with the steps of all students, and those that earlier sessions did. */
  onBegin?: (total: number, done: number) => void;
  /** Called after each step, with the steps of all students that are done. */
  onUpdate?: (done: number, student: number, loss: number) => void;
  signal?: AbortSignal;
}

/** Mean and deviation of students' accuracies. */
export function summariseAccuracy(runs: number[]): Accuracy {
  return { mean: mean(runs), std: runs.length > 1 ? sampleStandardDeviation(runs) : 0, runs };
}

/** What an evaluation depends on, the set and the data apart. */
export interface EvaluationSettings {
  evaluation: StudentSettings;
  /** Which may have learned a rate for the students. */
  matching: MatchingOptions;
  /** The students'. */
  network: NetworkOptions;
  /** Every draw of theirs follows from it. */
  seed: number;
}

/**
 * Trains `evaluation.students` students on a training set and tests each on the images of `evaluation.split`.
 * Student number s draws from a stream of its own, so that students can be trained in any order, or again.
 * @param learned the rate that was learned with the set, where there is one
 * @throws RunDiverged when a student does
 */
export async function evaluateTrainingSet(
  trainingSet: TrainingSet,
  { evaluation, network: settings, seed }: EvaluationSettings,
  data: PreparedDataset,
  { done = [], onBegin, onStudent, onUpdate, signal }: EvaluationOptions = {},
  learned?: number,
): Promise<StudentResult[]> {
  const { imageShape, classCount } = data.train;
  if (data[evaluation.split].count === 0) {
    throw new RangeError(
      `'evaluation.split' is '${evaluation.split}', and ${data.name} has no image there: a class needs two training images to set one aside.`,
    );
  }
  const network = createNetwork({ ...settings, imageShape, classCount });
  const options = {
    ...evaluation,
    length: lengthOf(evaluation),
    learningRate: learningRateOf(evaluation, learned),
    augmentation: createAugmentation(evaluation.augmentation),
  };
  const train = studentTrainer(network, options);
  const measure = accuracyMeter(network, data[evaluation.split]);
  const updates = studentUpdates(trainingSet.count, options);
  const results = done.slice(0, evaluation.students);
  onBegin?.(evaluation.students * updates, results.length * updates);
  try {
    for (let student = results.length; student < evaluation.students; student++) {
      const began = performance.now();
      const parameters = await train(trainingSet, Random.stream(seed, 'student', student), {
        signal,
        onUpdate: (update, loss) => onUpdate?.(student * updates + update, student, loss),
      });
      try {
        const accuracy = await measure(parameters);
        const seconds = (performance.now() - began) / 1000;
        const result = { accuracy, images: trainingSet.count, updates, seconds };
        results.push(result);
        onStudent?.(student, result, parameters);
      } finally {
        disposeAll(parameters);
      }
    }
  } finally {
    train.dispose();
    measure.dispose();
  }
  return results;
}

/** The one of the two lengths that is given. */
export function lengthOf({ epochs, updates }: Pick<StudentSettings, 'epochs' | 'updates'>): StudentLength {
  return updates === undefined ? { epochs: epochs! } : { updates };
}

function learningRateOf({ learningRate }: StudentSettings, learned: number | undefined): number {
  if (learningRate !== 'learned') return learningRate;
  if (learned !== undefined) return learned;
  throw new RangeError("'evaluation.learningRate' is 'learned', and with this set no rate was; give a number.");
}

/** A distilled set, and what was learned with it. */
export interface LearnedSet {
  set: DistilledSet;
  /** Tensors of the set. */
  parameters: Parameters;
  /** What its matching method learned beside it. */
  method: Parameters;
}

/** {@link evaluateTrainingSet} of a distilled set, with the rate that may have been learned with it. */
export async function evaluateSet(
  { set, parameters, method }: LearnedSet,
  settings: EvaluationSettings,
  data: PreparedDataset,
  options: EvaluationOptions = {},
): Promise<StudentResult[]> {
  const learned = studentRate(settings.matching, method);
  const trainingSet = distilledTrainingSet(set, parameters);
  try {
    return await evaluateTrainingSet(trainingSet, settings, data, options, learned);
  } finally {
    trainingSet.dispose();
  }
}
