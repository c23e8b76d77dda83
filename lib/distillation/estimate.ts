/** What a run will take, told before it starts. */
import type { PreparedDataset } from '../data/image-source';
import { createAdversary } from '../factorization/adversary';
import { createDistilledSet } from '../factorization/create-distilled-set';
import type { DistilledSet } from '../factorization/distilled-set';
import type { DataShape } from '../factorization/parameterisation';
import type { Passes } from '../matching/method';
import { preparationOf } from '../matching/label-options';
import { matchingMethodOf } from '../matching/methods';
import { createNetwork } from '../networks/create-network';
import type { Network } from '../networks/network';
import { computingDevice } from '../tensor/backend';
import { costOf, matrixProductSpeed } from '../tensor/cost';
import type { Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';
import { adversaryLearns, isConstrained } from './constraint-step';

export interface Estimate {
  seconds: number;
  /** Resident memory at its largest. */
  bytes: number;
  /** Of it, what the run takes beside what this process holds already. */
  ownBytes: number;
}

/** Of a whole run, and of what it consists of. */
export interface RunEstimate extends Estimate {
  /** Of one iteration, and of training and testing one student. */
  iterationSeconds: number;
  studentSeconds: number;
}

/**
 * Share of the speed of a large matrix product that compiled steps reach: on two cores 0.45 to 0.55 at width 32 (npm run bench), 0.8
 * to 0.9 at width 128 (npm run haba -- scaling).
 */
const efficiency = 0.6;
/** In forward passes: with the backward pass, and with gradients of gradients. */
const [firstOrder, secondOrder] = [3, 9];
/**
 * Copies of every activation that are alive at once: of a pass with its gradient, and of one differentiated twice. With these, what
 * three to twelve iterations on CIFAR-10 took (smoke and quick; DM, DC and MTT, images and HaBa) was 0.7 to 1.1 times what is estimated beside the process.
 */
const [firstOrderCopies, secondOrderCopies] = [2, 3];

/**
 * Time of the iterations and students that are left, and memory, from the operations and activations of one forward pass and
 * the speed of this machine. Good to a factor of two; the progress of the run corrects it.
 *
 * On a GPU there is no estimate: it is this machine's memory that would be counted, not the card's, and how much of the speed of
 * a matrix product a card reaches at steps as small as these was never measured.
 * @param iterationsDone by an earlier session
 * @returns undefined where the backend cannot tell, or the matching method does not say what an iteration takes
 */
export function estimateRun(
  configuration: Configuration,
  data: PreparedDataset,
  iterationsDone = 0,
): RunEstimate | undefined {
  if (computingDevice().device === 'GPU') return undefined;
  const work = iterationWork(configuration, data.train);
  if (work === undefined) return undefined;
  const { image, distilledSet, items } = work;
  const { evaluation, iterations } = configuration;
  const { imageShape, count } = data.train;
  const { epochs = 0, updates: steps } = evaluation;
  const shown = steps === undefined ? epochs * Math.min(items, count) : steps * Math.min(evaluation.batchSize, items);
  const trained = shown * firstOrder + data[evaluation.split].count;
  const student = trained * image.operations;
  const operations =
    (iterations - iterationsDone) * work.operations +
    // What the start takes is done when there are iterations.
    (iterationsDone === 0 ? preparationOperations(distilledSet) : 0) +
    evaluation.students * student;

  const batch = Math.min(evaluation.batchSize, items);
  const testBatch = imageShape.reduce((product, side) => product * side, 4 * data.test.count);
  const matched = iterationsDone < iterations ? work.bytes : 0;
  const ownBytes = Math.max(matched, firstOrderCopies * batch * image.bytes) + testBatch;
  const speed = efficiency * matrixProductSpeed();
  return {
    seconds: operations / speed,
    iterationSeconds: work.operations / speed,
    studentSeconds: student / speed,
    bytes: process.memoryUsage().rss + ownBytes,
    ownBytes,
  };
}

/**
 * Floating point operations of one iteration, by shapes alone: of runs on one machine, how long one takes beside another.
 * @returns undefined where the backend cannot tell, or the matching method does not say what an iteration takes
 */
export function iterationOperations(configuration: Configuration, shape: DataShape): number | undefined {
  return iterationWork(configuration, shape)?.operations;
}

/** Operations of one iteration, and bytes that it needs at once. */
function iterationWork({ network, set, matching, constraints }: Configuration, { imageShape, classCount }: DataShape) {
  const shape = { imageShape, classCount };
  const image = forwardCost(createNetwork({ ...network, ...shape }), shape);
  if (image === undefined) return undefined;
  const distilledSet = createDistilledSet({ ...set, ...shape });
  const { itemCount, formations, views } = distilledSet;
  const items = itemCount * formations;
  const work = matchingMethodOf(matching.method).work?.(matching, { classCount, items });
  if (work === undefined) return undefined;
  let operations = weighed(work.passes, firstOrder, secondOrder) * image.operations;
  let bytes = weighed(work.alive, firstOrderCopies, secondOrderCopies) * image.bytes;
  if (isConstrained(constraints, views)) {
    const adversary = forwardCost(createAdversary({ ...constraints.adversary, ...shape }), shape);
    const images = 2 * Math.min(constraints.batchSize, itemCount) * formations;
    const players = adversaryLearns(constraints) ? 2 : 1;
    operations += work.updates * images * players * firstOrder * (adversary?.operations ?? 0);
    bytes = Math.max(bytes, firstOrderCopies * images * (adversary?.bytes ?? 0));
  }
  return { operations, bytes, image, distilledSet, items };
}

/**
 * {@link estimateRun} of one part of what must be prepared: an expert.
 * @returns undefined also where it needs nothing, or does not say what that takes
 */
export function estimatePreparation(configuration: Configuration, data: PreparedDataset): Estimate | undefined {
  if (computingDevice().device === 'GPU') return undefined;
  const { imageShape, classCount, count } = data.train;
  const { prepare, options } = preparationOf(configuration) ?? {};
  const work = options && prepare?.work?.(options, { images: count });
  const image = work && forwardCost(createNetwork({ ...configuration.network, imageShape, classCount }), data.train);
  if (image === undefined) return undefined;
  const operations = weighed(work!.passes, firstOrder, secondOrder) * image.operations;
  const ownBytes = weighed(work!.alive, firstOrderCopies, secondOrderCopies) * image.bytes;
  return {
    seconds: operations / (efficiency * matrixProductSpeed()),
    bytes: process.memoryUsage().rss + ownBytes,
    ownBytes,
  };
}

/** Of one image: what two cost more than one, since what is done to parameters alone, as to transpose them, is done once. */
function forwardCost(network: Network, { imageShape }: Pick<DataShape, 'imageShape'>) {
  const parameters = network.init(Random.stream(0, 'shapes alone'));
  const [one, two] = [1, 2].map((count) => {
    const inputs = { parameters, images: tf.zeros<tf.Rank.R4>([count, ...imageShape]) };
    try {
      return costOf((given: typeof inputs) => network.apply(given.parameters, given.images), inputs);
    } finally {
      inputs.images.dispose();
    }
  });
  tf.dispose(parameters);
  return one && two && { operations: two.operations - one.operations, bytes: two.bytes - one.bytes };
}

/** Of all steps before the first iteration: each decodes images and follows their gradient. */
function preparationOperations(set: DistilledSet): number {
  const { preparation, tensors } = set;
  if (!preparation?.images) return 0;
  const parameters = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape }]) => [name, tf.zeros([...shape])]),
  );
  const one = tf.tensor1d([0], 'int32');
  try {
    const decode = (given: Parameters) => set.images(given, { items: one, hallucinators: one });
    const { operations = 0 } = costOf(decode, parameters) ?? {};
    return preparation.steps * preparation.images * firstOrder * operations;
  } finally {
    tf.dispose([parameters, one]);
  }
}

/** Images through a network, each by what it takes. */
function weighed({ forward = 0, gradient = 0, secondGradient = 0 }: Passes, first: number, second: number): number {
  return forward + first * gradient + second * secondGradient;
}
