/** How varied the training sets of runs are, judged by a network that was trained on the full training set. */
import { coverage, effectiveRank, pairwiseDistances, principalPlane, spread } from '../../evaluation/diversity';
import { featuresOf } from '../../evaluation/features';
import { distilledTrainingSet } from '../../evaluation/training-set';
import type { ImageSource } from '../../data/image-source';
import { createNetwork } from '../../networks/create-network';
import { disposeAll, type Parameters } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { coloured } from '../../data/pixels';
import { dataAtHand } from '../../runs/data-at-hand';
import { readResultsSet } from '../../runs/distilled-file';
import { readKeptTensors } from '../../runs/kept-tensors';
import { advice, hashInName, placeOf, readSelection, studentsFiles } from '../../runs/run-files';
import { isDistilled } from '../../runs/run-kinds';
import type { RunResult } from '../../runs/train-students';

/** A training set by how far its images lie apart and how much of the real images they reach. */
export interface Diversity {
  /** Training images. */
  images: number;
  /** Mean distance between two hallucinations of one basis, in units of the distance between two real images of one class. */
  spreadOfBasis: number;
  /** The same between two training images of one class. */
  spreadOfClass: number;
  /** Directions of feature space that the set fills. */
  effectiveRank: number;
  /** Share of real test images that have a training image among their five nearest; of fewer, where there are not six. */
  coverage: number;
  /** Of a set with hallucinators: the same of its bases, before them; those of one channel are looked at in grey. */
  bases?: { spreadOfClass: number; effectiveRank: number };
}

export interface JudgeOptions {
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Real test images that sets are compared with, from the first. Default 2,000: distances grow with its square. */
  realImages?: number;
}

/** Measures training sets in one feature space. Owns tensors: the caller disposes of it. */
export interface DiversityJudge {
  /** @throws RangeError for a run of another dataset or whitening, or of a kind that leaves no set */
  measure(run: RunResult): Diversity;
  /** Where images lie in the plane in which real ones vary most: every training image of a run, or real test images. */
  place(run: RunResult | 'real'): { x: number; y: number; label: string }[];
  dispose(): void;
}

/**
 * Makes the judge of diversity: how far images of a set, or real ones, lie apart in the features of a student of the full data.
 * @param full a finished run on the full training set, whose student's features are used
 * @throws Error when that run was made before students were kept
 */
export async function diversityJudge(
  full: RunResult,
  { data: folder, realImages = 2000 }: JudgeOptions = {},
): Promise<DiversityJudge> {
  if (full.kind !== 'full') {
    throw new RangeError(
      `diversityJudge: ${full.run} is a run of kind '${full.kind}'; the judge is a network of a run of kind 'full'.`,
    );
  }
  const { configuration } = full;
  const { dataset, whitening, holdOut } = configuration;
  const data = await dataAtHand(dataset, { data: folder, whitening, holdOut });
  const { imageShape, classCount } = data.train;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const realCount = Math.min(realImages, data.test.count);
  const tested = countsOf(data.test.labels.subarray(0, realCount), classCount);
  if (Math.max(...tested) < 2) {
    throw new RangeError(
      `diversityJudge: no class of ${dataset} has two of the ${realCount} test images, whose distance is the unit; give more test images, at least two of a class.`,
    );
  }
  const embed = (student: Parameters, count: number, batch: (rows: Int32Array) => tf.Tensor4D) =>
    featuresOf(network, student, count, (first, size) => batch(range(first, size)));
  // In a scope: where one fails, none is left.
  const { parameters, real, unit } = tf.tidy(() => {
    const student = readStudent(full);
    const features = embed(student, realCount, (rows) => data.test.batch(rows));
    return { parameters: student, real: features, unit: distanceWithinClasses(features, data.test, realCount) };
  });
  let plane: ReturnType<typeof principalPlane> | undefined;

  /**
   * Features in groups of the hallucinations of one basis, [items, hallucinators, features], and the items' classes. Its tensors
   * belong to the scope it is called in.
   */
  const groupsOf = (run: RunResult) => {
    const { kind, configuration: made } = run;
    if (made.dataset !== dataset || made.whitening !== whitening || made.holdOut !== holdOut) {
      throw new RangeError(
        `diversityJudge: ${run.run} is of ${described(made)}; this judge knows ${described(configuration)}.`,
      );
    }
    if (kind === 'random') {
      const chosen = readSelection(placeOf(run.run));
      const features = embed(parameters, chosen.length, (rows) => data.train.batch(rows.map((row) => chosen[row])));
      const labels = chosen.map((index) => data.train.labels[index]);
      return { groups: features.expandDims<tf.Tensor3D>(1), labels, bases: undefined };
    }
    if (!isDistilled(kind)) {
      throw new RangeError(
        `diversityJudge: a run of kind '${kind}' has no set to measure; give distillations or random images.`,
      );
    }
    const distilled = readResultsSet(run);
    const { set } = distilled;
    const training = distilledTrainingSet(set, distilled.parameters);
    const items = training.count;
    const features = embed(parameters, set.views * items, (rows) => training.batch(rows));
    const labels = training.labels(range(0, items));
    const hasHallucinators = Object.values(set.tensors).some(({ part }) => part === 'hallucinators');
    const stored = hasHallucinators ? set.stages?.stored : undefined;
    const bases =
      stored &&
      embed(parameters, items, (rows) =>
        // One formation after the other, as training images are.
        tf.gather(coloured(stored(distilled.parameters, tf.range(0, set.itemCount, 1, 'int32')), imageShape[2]), rows),
      ).expandDims<tf.Tensor3D>(1);
    distilled.dispose();
    training.dispose();
    const groups = features.reshape([set.views, items, -1]).transpose<tf.Tensor3D>([1, 0, 2]);
    return { groups, labels, bases };
  };
  /** Of groups, [items, views, features], whose labels are those: how far a class lies apart, and in how many directions all do. */
  const spreads = (groups: tf.Tensor3D, labels: ArrayLike<number>) => {
    const [items, views, size] = groups.shape;
    const byClass = Array.from({ length: classCount }, (_, label) => {
      const rows = range(0, items).filter((row) => labels[row] === label);
      return tf.gather(groups, rows).reshape([rows.length * views, size]);
    });
    return {
      spreadOfClass: spread(tf.stack(byClass) as tf.Tensor3D) / unit,
      effectiveRank: effectiveRank(groups.reshape<tf.Tensor2D>([items * views, size])),
    };
  };

  return {
    measure(run) {
      return tf.tidy(() => {
        const { groups, labels, bases } = groupsOf(run);
        const [items, hallucinators, size] = groups.shape;
        const all = groups.reshape<tf.Tensor2D>([items * hallucinators, size]);
        return {
          images: items * hallucinators,
          spreadOfBasis: spread(groups) / unit,
          ...spreads(groups, labels),
          coverage: coverage(real, all, { neighbours: Math.min(5, realCount - 1) }),
          ...(bases ? { bases: spreads(bases, labels) } : {}),
        };
      });
    },
    place(run) {
      plane ??= principalPlane(real);
      const points = (features: tf.Tensor2D, labels: ArrayLike<number>) =>
        plane!(features).map(([x, y], row) => ({ x, y, label: data.classNames[labels[row]] }));
      if (run === 'real') return points(real, data.test.labels);
      return tf.tidy(() => {
        const { groups, labels } = groupsOf(run);
        const [items, hallucinators, size] = groups.shape;
        return points(
          groups.reshape<tf.Tensor2D>([items * hallucinators, size]),
          range(0, items * hallucinators).map((row) => labels[Math.floor(row / hallucinators)]),
        );
      });
    },
    dispose() {
      disposeAll(parameters);
      real.dispose();
    },
  };
}

/** E.g. 'cifar10 (normalise)'. */
function described({ dataset, whitening, holdOut }: RunResult['configuration']): string {
  return `${dataset} (${whitening}${holdOut ? ', without the validation images' : ''})`;
}

function range(first: number, count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => first + index);
}

function readStudent({ run, students }: RunResult): Parameters {
  const file = studentsFiles(students).student;
  try {
    return readKeptTensors(file, hashInName(students));
  } catch (error) {
    throw new Error(
      `The student of ${run} cannot be read: ${(error as Error).message.replace(/\.$/, '')}. ${advice(students)}`,
      {
        cause: error,
      },
    );
  }
}

function countsOf(labels: ArrayLike<number>, classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const label of Array.from(labels)) counts[label] += 1;
  return counts;
}

/** Mean distance between two real images of one class: the unit of spreads. */
function distanceWithinClasses(features: tf.Tensor2D, source: ImageSource, count: number): number {
  const distances = tf.tidy(() =>
    source.indicesOfClass.flatMap((indices) => {
      const rows = indices.filter((index) => index < count);
      if (rows.length < 2) return [];
      const ofClass = tf.gather(features, tf.tensor1d(rows, 'int32'));
      return [pairwiseDistances(ofClass, ofClass).sum().dataSync()[0] / (rows.length * (rows.length - 1))];
    }),
  );
  return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
}
