/**
 * What coresets are chosen by: networks that are trained on all real images as students are. Those of one seed and recipe are made once,
 * whatever asks for them first: so herding, k-centre and k-medoids see the same features.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createAugmentation } from '../data/dsa';
import type { PreparedDataset } from '../data/image-source';
import type { Configuration } from '../distillation/configuration';
import { fullDataEpochs } from '../evaluation/baselines';
import { inBatches } from '../evaluation/batches';
import { errorNorms } from '../evaluation/el2n';
import { ledgerOf, type Ledger } from '../factorization/ledger';
import { studentTrainer } from '../evaluation/student';
import { realTrainingSet } from '../evaluation/training-set';
import { createNetwork } from '../networks/create-network';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import { disposeAll, floatCount, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { RunContext } from './context';
import { keepTensors, keptTensors } from './kept-tensors';
import { makeSet, type MadeSet } from './make-set';
import { setFiles } from './run-files';
import type { CoresetBasis } from './run-kinds';
import type { Session } from './session';

/** Networks that EL2N's mean is over: ten in the paper. */
const scoringNetworks = { smoke: 2, quick: 3, study: 3, paper: 10 };

/** Epochs of each: a tenth of a training's, as 20 of 200 in the paper. */
const earlyEpochs = (profile: Configuration['profile']) => Math.ceil(fullDataEpochs[profile] / 10);

/** Makes a basis; or goes on with the first network that is not yet kept; or returns what is stored. */
export function makeBasis(kind: CoresetBasis, configuration: Configuration, context: RunContext): Promise<MadeSet> {
  const work = kind === 'features' ? trainFeatures : scoreImages;
  return makeSet({ kind, configuration, work: (session) => work(configuration, session) }, context);
}

/** The network of a configuration, for the data's images. */
export function networkOf({ network }: Configuration, { train }: PreparedDataset): Network {
  const { imageShape, classCount } = train;
  return createNetwork({ ...network, imageShape, classCount });
}

/** Its parameters, of a basis of features; the caller disposes of them. */
export function readFeatureNetwork({ folder, hash }: MadeSet): Parameters {
  return keptTensors(setFiles(folder).network, { folder, hash });
}

/** Mean error norm of every training image, of a basis of scores. */
export function readScores({ folder, hash }: MadeSet, { profile }: Configuration): Float32Array {
  return tf.tidy(() => {
    const all = Array.from({ length: scoringNetworks[profile] }, (_, number) => {
      return keptTensors(scoresFile(folder, number), { folder, hash }).norms as tf.Tensor1D;
    });
    return tf.stack(all).mean(0).dataSync<'float32'>();
  });
}

/** @returns what the network costs to store */
async function trainFeatures(configuration: Configuration, session: Session): Promise<Ledger> {
  const { folder, hash } = session;
  const epochs = fullDataEpochs[configuration.profile];
  const random = Random.stream(configuration.seed, 'herding');
  const parameters = await train(configuration, session, { name: 'training for features', epochs, random });
  try {
    keepTensors(setFiles(folder).network, hash, parameters);
    return floatsLedger('network', floatCount(parameters), session.data.train);
  } finally {
    disposeAll(parameters);
  }
}

/** @returns what the scores cost to store */
async function scoreImages(configuration: Configuration, session: Session): Promise<Ledger> {
  const { data, folder, hash } = session;
  const networks = scoringNetworks[configuration.profile];
  const epochs = earlyEpochs(configuration.profile);
  for (let number = 0; number < networks; number++) {
    const file = scoresFile(folder, number);
    if (existsSync(file)) continue;
    const name = `training for EL2N, network ${number + 1} of ${networks}`;
    const random = Random.stream(configuration.seed, 'EL2N', number);
    const parameters = await train(configuration, session, { name, epochs, random });
    try {
      const norms = normsOf(parameters, configuration, data);
      keepTensors(file, hash, { norms });
      norms.dispose();
    } finally {
      disposeAll(parameters);
    }
  }
  return floatsLedger('scores', data.train.count, data.train);
}

const scoresFile = (folder: string, network: number) => path.join(folder, `scores-${network}.safetensors`);

function floatsLedger(part: string, values: number, shape: PreparedDataset['train']): Ledger {
  return ledgerOf([{ part, values, bits: 32 * values, floats: values }], shape);
}

/** A network trained on all images, in the recipe of students. */
async function train(
  configuration: Configuration,
  { data, progress, signal }: Session,
  { name, epochs, random }: { name: string; epochs: number; random: Random },
): Promise<Parameters> {
  const { evaluation } = configuration;
  const { learningRate, batchSize } = evaluation;
  if (learningRate === 'learned') {
    throw new RangeError("Coresets: 'evaluation.learningRate' is 'learned'; give a number.");
  }
  const trainer = studentTrainer(networkOf(configuration, data), {
    ...evaluation,
    learningRate,
    length: { epochs },
    augmentation: createAugmentation(evaluation.augmentation),
  });
  try {
    progress.stage({ name, total: epochs * Math.ceil(data.train.count / batchSize) });
    return await trainer(realTrainingSet(data.train), random, {
      signal,
      onUpdate: (update, loss) => progress.update(update, { loss }),
    });
  } finally {
    trainer.dispose();
  }
}

/** Error norm of every training image, [count]; the caller disposes of it. */
function normsOf(parameters: Parameters, configuration: Configuration, data: PreparedDataset): tf.Tensor1D {
  const { train: source } = data;
  const network = networkOf(configuration, data);
  type Inputs = { parameters: Parameters; images: tf.Tensor4D; labels: tf.Tensor1D };
  const norms = compile(
    ({ parameters: current, images, labels }: Inputs) => errorNorms(network.apply(current, images), labels),
    { name: `EL2N of ${network.name}` },
  );
  const batchSize = 500;
  try {
    return inBatches(source.count, batchSize, (first, size) => {
      const rows = Int32Array.from({ length: size }, (_, row) => first + row);
      const labels = tf.tensor1d(Int32Array.from(source.labels.subarray(first, first + size)), 'int32');
      return norms({ parameters, images: source.batch(rows), labels });
    });
  } finally {
    norms.dispose();
  }
}
