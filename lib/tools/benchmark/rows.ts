/** What the bench measures: the library's own hot paths, on random numbers of CIFAR-10's shapes. */
import { createAugmentation, type Draws } from '../../data/dsa';
import type { ImageSource } from '../../data/image-source';
import { studentTrainer } from '../../evaluation/student';
import { realTrainingSet } from '../../evaluation/training-set';
import { adversaryObjective, createAdversary } from '../../factorization/adversary';
import { createDistilledSet } from '../../factorization/create-distilled-set';
import { distributionMatching, type DistributionMatchingOptions } from '../../matching/distribution';
import { gradientMatching } from '../../matching/gradient';
import type { MatchingLoss } from '../../matching/matching-loss';
import { createUnroll, type StudentBatch } from '../../matching/trajectory';
import { convNet } from '../../networks/conv-net';
import { crossEntropy } from '../../networks/loss';
import { compile } from '../../tensor/compile';
import { valueAndGradients } from '../../tensor/gradient';
import { sgdStep, zeroVelocity } from '../../tensor/optimiser';
import { disposeAll, mapParameters, type Parameters } from '../../tensor/parameters';
import { Random } from '../../tensor/random';
import { tf } from '../../tensor/tensorflow';
import { flatten } from '../../tensor/tree';

/** One repetition of a row's work; it waits for the numbers, and frees its tensors. */
export type Repetition = () => Promise<void> | void;

export interface BenchmarkRow {
  /** The same as in the peers. */
  name: string;
  /** Times are multiplied by it: a row that stands for more repetitions than it makes. Default 1. */
  scale?: number;
  /** Whether its peak memory is measured too. */
  memory?: boolean;
  /** Floating point operations of convolutions and matrix products, a multiplication and an addition counted as two. */
  operations?: number;
  /** Builds inputs and compiled functions once. */
  prepare(): Repetition;
}

const imageShape = [32, 32, 3] as const;
const classCount = 10;

/** Of one forward pass of ConvNet-3 over a batch. Backward passes take two more, gradients of gradients six. */
function forwardOperations(width: number, batch: number): number {
  const blocks = [0, 1, 2].map((block) => 2 * 9 * (block === 0 ? 3 : width) * width * (32 >> block) ** 2);
  return batch * (blocks.reduce((sum, block) => sum + block, 0) + 2 * 16 * width * classCount);
}

/** One number of the outputs read, so that their computation is finished, and all freed: the others need not leave a GPU. */
function finish(tensors: tf.TensorContainer): void {
  tf.tidy(() => flatten(tensors).tensors[0].flatten().slice(0, 1).dataSync());
  tf.dispose(tensors);
}

function randomLabels(count: number): tf.Tensor1D {
  return tf.tensor1d(Random.stream(9, 'benchmark').integers(count, classCount), 'int32');
}

function forwardBackward(width: number, batch: number): BenchmarkRow {
  return {
    name: `ConvNet-3 width ${width} batch ${batch}, forward and backward`,
    operations: 3 * forwardOperations(width, batch),
    prepare() {
      const network = convNet({ width, imageShape, classCount });
      const random = Random.stream(0, 'benchmark');
      const parameters = network.init(random);
      const images = random.normal([batch, ...imageShape]) as tf.Tensor4D;
      const labels = randomLabels(batch);
      const step = compile(
        (inputs: { parameters: Parameters; images: tf.Tensor4D; labels: tf.Tensor1D }) =>
          valueAndGradients(
            (current) => crossEntropy(network.apply(current, inputs.images), inputs.labels),
            inputs.parameters,
          ),
        { name: 'forward and backward' },
      );
      return () => finish(step({ parameters, images, labels }));
    },
  };
}

const unrollBatch = 50;

/** Trajectory matching's unroll over so many student steps, each with images of its own. */
export function prepareUnroll(width: number, steps: number) {
  const network = convNet({ width, imageShape, classCount });
  const set = createDistilledSet({ kind: 'images', imageShape, classCount, ipc: (steps * unrollBatch) / classCount });
  const random = Random.stream(0, 'benchmark');
  const start = network.init(random);
  const target = tf.tidy(() => mapParameters(start, (tensor) => tensor.add(random.normal(tensor.shape).mul(0.01))));
  const learnable = {
    set: { bases: random.normal([steps * unrollBatch, ...imageShape]) },
    method: { stepSize: tf.scalar(0.01) },
  };
  const labels = randomLabels(unrollBatch);
  const hallucinators = tf.zeros<tf.Rank.R1>([unrollBatch], 'int32');
  const batches = Array.from({ length: steps }, (_, step): StudentBatch => {
    const items = tf.range(step * unrollBatch, (step + 1) * unrollBatch, 1, 'int32');
    return { items, hallucinators, labels, draws: {} };
  });
  const unroll = createUnroll({ set, network, augmentation: createAugmentation('none') });
  const step = compile(unroll.full, { name: 'unroll' });
  return {
    repeat: () => finish(step({ learnable, start, target, batches })),
    report: () => step.report(),
    dispose() {
      step.dispose();
      tf.dispose([start, target, learnable, labels, hallucinators, batches.map(({ items }) => items)]);
    },
  };
}

function unrolled(width: number, steps: number, options: { memory?: boolean } = {}): BenchmarkRow {
  return {
    name: `unroll of ${steps} steps, width ${width}`,
    operations: steps * 9 * forwardOperations(width, unrollBatch),
    ...options,
    prepare: () => prepareUnroll(width, steps).repeat,
  };
}

/** Random images as a source, all in one tensor. */
function randomSource(perClass: number): ImageSource {
  const count = perClass * classCount;
  const images = Random.stream(1, 'benchmark').normal([count, ...imageShape]) as tf.Tensor4D;
  return {
    imageShape,
    classCount,
    count,
    labels: Uint8Array.from({ length: count }, (_, place) => Math.floor(place / perClass)),
    indicesOfClass: Array.from({ length: classCount }, (_, label) =>
      Int32Array.from({ length: perClass }, (_, place) => label * perClass + place),
    ),
    batch: (indices) => tf.tidy(() => tf.gather(images, tf.tensor1d(Array.from(indices), 'int32'))),
  };
}

/** One iteration of a matching loss on ten images a class and 64 real ones. */
function matchingIteration(
  make: (options: DistributionMatchingOptions) => MatchingLoss,
  row: Pick<BenchmarkRow, 'name' | 'operations'>,
): BenchmarkRow {
  return {
    ...row,
    prepare() {
      const random = Random.stream(0, 'benchmark');
      const set = createDistilledSet({ kind: 'images', imageShape, classCount, ipc: 10, initialisation: 'noise' });
      const source = randomSource(64);
      const network = convNet({ width: 32, imageShape, classCount });
      const augmentation = createAugmentation('none');
      const loss = make({ set, source, network, augmentation, realBatch: 64 });
      const parameters = { set: set.init(random, source), method: {} };
      return () =>
        loss.iteration(parameters, random, ({ gradients }) => {
          finish(gradients);
          return parameters;
        });
    },
  };
}

const adversaryStep: BenchmarkRow = {
  name: 'adversary step',
  operations: 3 * forwardOperations(128, 100),
  prepare() {
    const adversary = createAdversary({ imageShape, classCount });
    const random = Random.stream(0, 'benchmark');
    let parameters = adversary.init(random);
    let velocity = zeroVelocity(parameters);
    const images = random.normal([100, ...imageShape]) as tf.Tensor4D;
    const labels = randomLabels(50);
    type Inputs = { parameters: Parameters; velocity: Parameters; images: tf.Tensor4D; labels: tf.Tensor1D };
    const step = compile(
      (inputs: Inputs) => {
        const { value, gradients } = valueAndGradients(
          (current) => adversaryObjective(adversary, current, inputs.images, inputs.labels),
          inputs.parameters,
        );
        const options = { learningRate: 0.001, momentum: 0.9 };
        return { value, ...sgdStep(inputs.parameters, gradients, inputs.velocity, options) };
      },
      { name: 'adversary step' },
    );
    return () => {
      const next = step({ parameters, velocity, images, labels });
      disposeAll(parameters, velocity);
      ({ parameters, velocity } = next);
      finish(next.value);
    };
  },
};

const studentTraining: BenchmarkRow = {
  name: '1,000 epochs of a student on 100 images',
  // A hundred epochs are measured.
  scale: 10,
  operations: 1000 * 3 * forwardOperations(32, 100),
  prepare() {
    const set = realTrainingSet(randomSource(10));
    const options = { length: { epochs: 100 }, batchSize: 256, learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 };
    const network = convNet({ width: 32, imageShape, classCount });
    const train = studentTrainer(network, { ...options, augmentation: createAugmentation('none') });
    const random = Random.stream(0, 'benchmark');
    return async () => disposeAll(await train(set, random));
  },
};

const hallucination: BenchmarkRow = {
  name: 'hallucination of 5,000 images',
  operations: 5000 * 2 * 2 * 9 * 3 * 3 * 30 * 30,
  prepare() {
    const set = createDistilledSet({ kind: 'haba', imageShape, classCount, basesPerClass: 500, hallucinators: 1 });
    const parameters = set.init(Random.stream(0, 'benchmark'), randomSource(500));
    const items = tf.range(0, 5000, 1, 'int32');
    const hallucinators = tf.zeros<tf.Rank.R1>([5000], 'int32');
    const hallucinate = compile(
      (inputs: { parameters: Parameters; items: tf.Tensor1D; hallucinators: tf.Tensor1D }) =>
        // Their sum is read, not 60 MB of images.
        set.images(inputs.parameters, inputs).sum(),
      { name: 'hallucination' },
    );
    return () => finish(hallucinate({ parameters, items, hallucinators }));
  },
};

const augmentation: BenchmarkRow = {
  name: 'augmentation of 256 images, each kind',
  prepare() {
    const random = Random.stream(0, 'benchmark');
    const images = random.normal([256, ...imageShape]) as tf.Tensor4D;
    const steps = ['color', 'crop', 'cutout', 'flip', 'scale', 'rotate'].map((kind) => {
      const augmentation = createAugmentation(kind);
      const step = compile(
        (inputs: { images: tf.Tensor4D; draws: Draws }) =>
          valueAndGradients(
            (current) =>
              augmentation
                .apply(current.images as tf.Tensor4D, inputs.draws)
                .square()
                .sum(),
            {
              images: inputs.images,
            },
          ),
        { name: kind },
      );
      return { step, augmentation };
    });
    return () => {
      for (const { step, augmentation } of steps) {
        finish(tf.tidy(() => step({ images, draws: augmentation.draw(random, 256) })));
      }
    };
  },
};

const realOperations = forwardOperations(32, 640);
const setOperations = forwardOperations(32, 100);

export const benchmarkRows: readonly BenchmarkRow[] = [
  ...[32, 64, 128].flatMap((width) => [128, 256].map((batch) => forwardBackward(width, batch))),
  unrolled(32, 10),
  unrolled(128, 5),
  unrolled(32, 30, { memory: true }),
  matchingIteration(distributionMatching, {
    name: 'distribution matching iteration',
    operations: realOperations + 2 * setOperations,
  }),
  matchingIteration((options) => gradientMatching({ outerLoops: 1, ...options }), {
    name: 'gradient matching iteration',
    operations: 3 * realOperations + 9 * setOperations,
  }),
  adversaryStep,
  studentTraining,
  hallucination,
  augmentation,
];
