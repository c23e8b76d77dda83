/** Trajectory matching (MTT): a student trained on the set ends where an expert trained on real images did. */
import type { Augmentation, Draws } from '../data/dsa';
import { learnedGradients, type DistilledSet } from '../factorization/distilled-set';
import { crossEntropy } from '../networks/loss';
import type { Network } from '../networks/network';
import { compile, type Compiled } from '../tensor/compile';
import { valueAndGradients, type ValueAndGradients } from '../tensor/gradient';
import { disposeAll, mapParameters, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import {
  addGradients,
  zeroGradients,
  type MatchingLoss,
  type MatchingParameters,
  type MatchingStep,
} from './matching-loss';

/** Two points of an expert's trajectory; the receiver owns the tensors. */
export interface TrajectorySegment {
  start: Parameters;
  /** The same expert, some epochs later. */
  target: Parameters;
}

export interface TrajectoryMatchingOptions {
  set: DistilledSet;
  network: Network;
  /** Of the student's batches, every image with draws of its own. */
  augmentation: Augmentation;
  /** Draws a random expert and start epoch. */
  segment: (random: Random) => Promise<TrajectorySegment> | TrajectorySegment;
  /** Student steps (authors' syn_steps). */
  studentSteps: number;
  /** Bases per student step (batch_syn); 0 for all. */
  studentBatch: number;
  /**
   * 'full': one differentiated unroll, all steps in memory at once. 'stepwise': the same gradient, walked back step by step,
   * in the memory of one step and the student's parameters after each. Measured: 10 and 40 steps of width 32 with 50 images each
   * take 960 and 1,920 MB of resident memory in full, 720 and 740 MB stepwise, at about the same speed for 40.
   */
  unroll: 'full' | 'stepwise';
}

/** One student step: which training images, and the augmentation's draws. */
export type StudentBatch = {
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  /** int32, of every training image: what they are labelled with, unless the set learns its labels */
  labels: tf.Tensor1D;
  draws: Draws;
};

type UnrollInputs = { learnable: MatchingParameters; start: Parameters; target: Parameters; batches: StudentBatch[] };

type EndInputs = { end: Parameters; start: Parameters; target: Parameters };
type StepInputs = { learnable: MatchingParameters; student: Parameters; batch: StudentBatch };
type BackInputs = StepInputs & { adjoint: Parameters };

/** ||first - second||^2 over all parameters. */
export function squaredDistance(first: Parameters, second: Parameters): tf.Scalar {
  return tf.addN(Object.entries(first).map(([name, tensor]) => tensor.sub(second[name]).square().sum())).asScalar();
}

/**
 * The mathematics of trajectory matching, free of compilation and of drawing: the student trains on the set, and the loss is
 * where it ends, ||student - target||^2 / ||start - target||^2.
 * @see Cazenavette et al., Dataset Distillation by Matching Training Trajectories, CVPR 2022, arXiv 2203.11932
 */
export function createUnroll({
  set,
  network,
  augmentation,
}: Pick<TrajectoryMatchingOptions, 'set' | 'network' | 'augmentation'>) {
  const studentGradient = (
    learnable: MatchingParameters,
    student: Parameters,
    { items, hallucinators, labels, draws }: StudentBatch,
  ) => {
    const images = augmentation.apply(set.images(learnable.set, { items, hallucinators }), draws);
    const targets = set.targets?.(learnable.set, items) ?? labels;
    return valueAndGradients((current) => crossEntropy(network.apply(current, images), targets), student).gradients;
  };
  const studentStep = (learnable: MatchingParameters, student: Parameters, batch: StudentBatch): Parameters => {
    const gradients = studentGradient(learnable, student, batch);
    return mapParameters(student, (tensor, name) => tensor.sub(gradients[name].mul(learnable.method.stepSize)));
  };
  const full = ({ learnable, start, target, batches }: UnrollInputs): ValueAndGradients<MatchingParameters> =>
    learnedGradients(
      set,
      (current) => {
        const end = batches.reduce((student, batch) => studentStep(current, student, batch), start);
        return squaredDistance(end, target).div(squaredDistance(start, target));
      },
      learnable,
    );
  const endpoint = ({ end, start, target }: EndInputs): ValueAndGradients =>
    valueAndGradients((student) => squaredDistance(student, target).div(squaredDistance(start, target)), end);
  const back = ({ learnable, student, adjoint, batch }: BackInputs) => {
    const names = Object.keys(student);
    const { student: slopes, ...gradients } = learnedGradients(
      set,
      ({ student: current, ...others }) => {
        const gradient = studentGradient(others, current, batch);
        const products = names.map((name) => gradient[name].mul(adjoint[name]).sum());
        return tf.addN(products).mul<tf.Scalar>(others.method.stepSize).neg();
      },
      { ...learnable, student },
    ).gradients;
    return {
      adjoint: mapParameters(adjoint, (tensor, name) => tensor.add(slopes[name])),
      gradients,
    };
  };
  return {
    /** One plain SGD step of the student; `learnable.method` holds its `stepSize`. */
    studentStep,
    /** Loss and its gradient with respect to everything learnable, through all steps at once. */
    full,
    /** Loss at the end of the student's path, and its gradient there: where walking back begins. */
    endpoint,
    /**
     * One step of walking back. With g the student's gradient at `student` and a the adjoint after the step, the loss changes
     * with what the step read as -stepSize * <g, a> does; the adjoint before it is a plus that expression's gradient there.
     */
    back,
  };
}

/**
 * Trajectory matching on any set, with a learnable step size.
 *
 * Departure from the authors' code, which draws one hallucinator for all bases of a step: here each basis of a step goes through
 * the one that the set draws for it, by default every hallucinator as often as any other, as in the other matching losses.
 */
export function trajectoryMatching(options: TrajectoryMatchingOptions): MatchingLoss {
  const { set, augmentation, segment, studentSteps, studentBatch, unroll } = options;
  const mathematics = createUnroll(options);
  const named = (name: string) => ({ name: `trajectory matching, ${name}` });
  const gradientOf =
    unroll === 'full'
      ? wholeUnroll(compile(mathematics.full, named(`${studentSteps} steps`)))
      : stepwiseUnroll({
          set,
          step: compile(
            ({ learnable, student, batch }: StepInputs) => mathematics.studentStep(learnable, student, batch),
            named('student step'),
          ),
          endpoint: compile(mathematics.endpoint, named('end')),
          back: compile(mathematics.back, named('step back')),
        });

  /** Bases in random order, each pass over them through hallucinators drawn anew. */
  const drawBatches = (random: Random): StudentBatch[] => {
    const size = studentBatch === 0 ? set.itemCount : Math.min(studentBatch, set.itemCount);
    const order = random.stream('order');
    let left: Int32Array = new Int32Array(0);
    return Array.from({ length: studentSteps }, (_, step) => {
      if (left.length < size) left = order.permutation(set.itemCount);
      const items = left.slice(0, size);
      left = left.slice(size);
      return {
        items: tf.tensor1d(items, 'int32'),
        hallucinators: tf.tensor1d(set.draw(random.stream('hallucinators', step), items), 'int32'),
        labels: tf.tensor1d(set.labels(items), 'int32'),
        draws: augmentation.draw(random.stream('augmentation', step), size * set.formations),
      };
    });
  };

  return {
    updatesPerIteration: 1,
    async iteration(parameters, random, update) {
      const { start, target } = await segment(random.stream('segment'));
      let found: MatchingStep;
      try {
        // In a scope: where a step of the student fails, those before it leave no tensor.
        found = tf.tidy(() => {
          const batches = drawBatches(random);
          const { value, gradients } = gradientOf.run({ learnable: parameters, start, target, batches });
          return { loss: value.dataSync()[0], gradients };
        });
      } finally {
        disposeAll(start, target);
      }
      update(found);
    },
    dispose: () => gradientOf.dispose(),
  };
}

interface UnrollRunner {
  run(inputs: UnrollInputs): ValueAndGradients<MatchingParameters>;
  dispose(): void;
}

function wholeUnroll(full: Compiled<UnrollInputs, ValueAndGradients<MatchingParameters>>): UnrollRunner {
  return { run: full, dispose: () => full.dispose() };
}

interface StepwiseParts {
  set: DistilledSet;
  step: Compiled<StepInputs, Parameters>;
  endpoint: Compiled<EndInputs, ValueAndGradients>;
  back: Compiled<BackInputs, { adjoint: Parameters; gradients: MatchingParameters }>;
}

/**
 * Reverse-mode differentiation of the unroll by hand: activations of one step at a time, so that memory grows with steps only
 * by the student's parameters (TESLA accumulates the same gradient step by step).
 * @see Cui et al., Scaling Up Dataset Distillation to ImageNet-1K with Constant Memory, ICML 2023, arXiv 2211.10586
 */
function stepwiseUnroll({ set, step, endpoint, back }: StepwiseParts): UnrollRunner {
  return {
    run({ learnable, start, target, batches }) {
      // students[t] is the student before step t; the first is the caller's.
      const students = [start];
      for (const batch of batches) students.push(step({ learnable, student: students[students.length - 1], batch }));
      const end = students[students.length - 1];
      const { value, gradients: atEnd } = endpoint({ end, start, target });
      let adjoint = atEnd;
      let gradients = zeroGradients(set, learnable);
      for (let index = batches.length - 1; index >= 0; index--) {
        disposeAll(students[index + 1]);
        const one = back({ learnable, student: students[index], adjoint, batch: batches[index] });
        const sums = tf.tidy(() => addGradients(gradients, one.gradients));
        tf.dispose([adjoint, gradients, one.gradients]);
        adjoint = one.adjoint;
        gradients = sums;
      }
      disposeAll(adjoint);
      return { value, gradients };
    },
    dispose() {
      step.dispose();
      endpoint.dispose();
      back.dispose();
    },
  };
}
