/** Gradient matching (DC, and DSA with augmentation): what the set teaches a network follows what real images teach it. */
import type { Augmentation, Draws } from '../data/dsa';
import type { ImageSource } from '../data/image-source';
import { learnedGradients, type DistilledSet } from '../factorization/distilled-set';
import { crossEntropy } from '../networks/loss';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import { valueAndGradients } from '../tensor/gradient';
import { sgdStep } from '../tensor/optimiser';
import { disposeAll, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { drawReal } from './match-once';
import { addGradients, zeroGradients, type MatchingLoss, type MatchingParameters } from './matching-loss';

export interface GradientMatchingOptions {
  set: DistilledSet;
  /** Real training images. */
  source: ImageSource;
  network: Network;
  /** Applied with the same draws to real and distilled images of a class (siamese). */
  augmentation: Augmentation;
  /** Real images per class and step (authors' batch_real). Default 256. */
  realBatch?: number;
  /** Updates of the set with one network (outer_loop). Default 10, the original's for 10 images per class. */
  outerLoops?: number;
  /** Epochs of training the network on the set after each update but the last (inner_loop). Default 50. */
  innerLoops?: number;
  /** Images per step of that training (batch_train). Default 256. */
  networkBatch?: number;
  /** Of that training (lr_net). Default 0.01. */
  networkLearningRate?: number;
}

/** Added to the product of norms, as in the original. */
const smallestProduct = 1e-6;

/**
 * Layer-wise distance of two gradients: for every output channel of every weight, 1 - cos; biases and norms do not count.
 * @param first gradients by parameter name, output channels last
 * @param second of the same network
 * @see Zhao, Mopuri and Bilen, Dataset Condensation with Gradient Matching, ICLR 2021, arXiv 2006.05929; metric 'ours' in their code
 */
export function gradientDistance(first: Parameters, second: Parameters): tf.Scalar {
  const distances = Object.entries(first).flatMap(([name, gradient]) => {
    if (gradient.rank < 2) return [];
    const columns = [-1, gradient.shape[gradient.rank - 1]];
    const one = gradient.reshape(columns);
    const other = second[name].reshape(columns);
    const norms = columnNorms(one).mul(columnNorms(other)).add(smallestProduct);
    return [tf.sub(1, one.mul(other).sum(0).div(norms)).sum()];
  });
  return tf.addN(distances).asScalar();
}

/** A dead channel's gradient is zero, where the root has no slope: the bound gives it PyTorch's slope, zero. */
function columnNorms(matrix: tf.Tensor): tf.Tensor {
  return matrix.square().sum(0).maximum(1e-30).sqrt();
}

/**
 * Distance between the gradients that real and distilled images of one class give a network.
 * @param real [real images, height, width, channels], all of the class
 * @param images [distilled images, height, width, channels], all of the class
 * @param label int32 scalar
 * @param targets probabilities of classes that the distilled images are labelled with, [distilled images, classes]. Default: their class
 */
export function classGradientDistance(
  network: Network,
  parameters: Parameters,
  real: tf.Tensor4D,
  images: tf.Tensor4D,
  label: tf.Scalar,
  targets?: tf.Tensor2D,
): tf.Scalar {
  const gradientOn = (batch: tf.Tensor4D, soft?: tf.Tensor2D) => {
    const labels = soft ?? (tf.tile(label.reshape([1]), [batch.shape[0]]) as tf.Tensor1D);
    return valueAndGradients((current) => crossEntropy(network.apply(current, batch), labels), parameters).gradients;
  };
  return gradientDistance(gradientOn(images, targets), gradientOn(real));
}

type MatchInputs = {
  parameters: MatchingParameters;
  network: Parameters;
  real: tf.Tensor4D;
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  label: tf.Scalar;
  draws: Draws;
};

type TrainInputs = {
  set: Parameters;
  network: Parameters;
  items: tf.Tensor1D;
  hallucinators: tf.Tensor1D;
  labels: tf.Tensor1D;
  draws: Draws;
};

/** DC or DSA on any set: each iteration draws a network, then alternates updating the set and training the network on it. */
export function gradientMatching(options: GradientMatchingOptions): MatchingLoss {
  const { set, source, network, augmentation } = options;
  const { realBatch = 256, outerLoops = 10, innerLoops = 50, networkBatch = 256, networkLearningRate = 0.01 } = options;
  const { classCount, perClass, itemCount } = set;
  const all = Int32Array.from({ length: itemCount }, (_, item) => item);
  const match = compile(
    ({ parameters, network: drawn, real, items, hallucinators, label, draws }: MatchInputs) => {
      const augmented = augmentation.apply(real, draws);
      const distance = ({ set: current }: MatchingParameters) => {
        const images = augmentation.apply(set.images(current, { items, hallucinators }), draws);
        return classGradientDistance(network, drawn, augmented, images, label, set.targets?.(current, items));
      };
      return learnedGradients(set, distance, parameters);
    },
    { name: 'gradient matching' },
  );
  const train = compile(
    ({ set: parameters, network: current, items, hallucinators, labels, draws }: TrainInputs) => {
      const images = augmentation.apply(set.images(parameters, { items, hallucinators }), draws);
      const targets = set.targets?.(parameters, items) ?? labels;
      const { gradients } = valueAndGradients(
        (weights) => crossEntropy(network.apply(weights, images), targets),
        current,
      );
      return sgdStep(current, gradients, {}, { learningRate: networkLearningRate }).parameters;
    },
    { name: 'training inside gradient matching' },
  );

  /** Sum of the classes' distances, and its gradient. */
  const matchClasses = (parameters: MatchingParameters, drawn: Parameters, random: Random) => {
    let loss = 0;
    let gradients = zeroGradients(set, parameters);
    const hallucinators = set.draw(random.stream('hallucinators'), all);
    for (let label = 0; label < classCount; label++) {
      const items = Int32Array.from({ length: perClass }, (_, place) => label * perClass + place);
      const chosen = drawReal(random.stream('real images', label), source.indicesOfClass[label], realBatch);
      const next = tf.tidy(() => {
        const one = match({
          parameters,
          network: drawn,
          real: source.batch(chosen),
          items: tf.tensor1d(items, 'int32'),
          hallucinators: tf.tensor1d(
            items.map((item) => hallucinators[item]),
            'int32',
          ),
          label: tf.scalar(label, 'int32'),
          draws: augmentation.draw(random.stream('augmentation', label), 1),
        });
        loss += one.value.dataSync()[0];
        return addGradients(gradients, one.gradients);
      });
      tf.dispose(gradients);
      gradients = next;
    }
    return { loss, gradients };
  };

  /** The network after some epochs on the set; the one given is freed, also where training is stopped. */
  const trainOnSet = async (parameters: Parameters, drawn: Parameters, random: Random, signal?: AbortSignal) => {
    let current = drawn;
    try {
      for (let epoch = 0; epoch < innerLoops; epoch++) {
        const draws = random.stream('epoch', epoch);
        const order = draws.stream('order').permutation(itemCount);
        const hallucinators = set.draw(draws.stream('hallucinators'), all);
        for (let first = 0; first < itemCount; first += networkBatch) {
          signal?.throwIfAborted();
          const items = order.subarray(first, first + networkBatch);
          const next = tf.tidy(() =>
            train({
              set: parameters,
              network: current,
              items: tf.tensor1d(items, 'int32'),
              hallucinators: tf.tensor1d(
                items.map((item) => hallucinators[item]),
                'int32',
              ),
              labels: tf.tensor1d(set.labels(items), 'int32'),
              draws: augmentation.draw(draws.stream('augmentation', first), items.length * set.formations),
            }),
          );
          disposeAll(current);
          current = next;
          // The event loop runs, so that a stop is heard.
          await new Promise(setImmediate);
        }
      }
      return current;
    } catch (error) {
      disposeAll(current);
      throw error;
    }
  };

  return {
    updatesPerIteration: outerLoops,
    async iteration(given, random, update, signal) {
      let parameters = given;
      let drawn = network.init(random.stream('network'));
      try {
        for (let loop = 0; loop < outerLoops; loop++) {
          const draws = random.stream('loop', loop);
          // In scopes: where a step fails, those before it leave no tensor.
          parameters = update(tf.tidy(() => matchClasses(parameters, drawn, draws.stream('matching'))));
          if (loop < outerLoops - 1) {
            drawn = await trainOnSet(parameters.set, drawn, draws.stream('training'), signal);
          }
          await new Promise(setImmediate);
        }
      } finally {
        disposeAll(drawn);
      }
    },
    dispose() {
      match.dispose();
      train.dispose();
    },
  };
}
