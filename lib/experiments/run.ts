/** A run: a configuration and what comes of it. Done ones are returned, interrupted ones go on. */
import path from 'node:path';
import { createAugmentation } from '../data/dsa';
import { writing } from '../files/file-error';
import type { PreparedDataset } from '../data/image-source';
import { configure, type ConfigurationInput } from '../distillation/configuration';
import { createDistillation } from '../distillation/distillation';
import { herdingSelection, randomSelection } from '../evaluation/baselines';
import { evaluateSet, evaluateTrainingSet } from '../evaluation/evaluation';
import { studentTrainer } from '../evaluation/student';
import { realTrainingSet } from '../evaluation/training-set';
import { createDistilledSet } from '../factorization/create-distilled-set';
import { createNetwork } from '../networks/create-network';
import { disposeAll, floatCount, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import { distil, release } from './distil';
import { readDistilledSet, writeDistilledSet } from './distilled-file';
import { runFiles } from './run-store';
import { execute, imageFloats, type RunOptions, type RunResult, type Session } from './session';

/**
 * Distils and evaluates; or goes on where it stopped; or returns what is stored.
 * @throws RangeError for an impossible configuration
 * @throws RunStopped after an interrupt, RunDiverged when the loss is no number
 */
export async function run(input: ConfigurationInput, options: RunOptions = {}): Promise<RunResult> {
  const configuration = configure(input);
  // What a distillation lacks, e.g. experts, is said before anything is written.
  const check = (data: PreparedDataset) => createDistillation(configuration, data, options).dispose();
  return execute({ kind: 'distillation', configuration, check }, options, async (session) => {
    const { state, distillation } = await distil(session, options);
    try {
      const { data, files } = session;
      const accuracy = await session.students((hooks) =>
        evaluateSet(distillation.set, state.parameters, configuration, data, hooks),
      );
      writeDistilledSet(files.distilled, { parameters: state.parameters, configuration, data, accuracy });
      return { accuracy, storedFloats: floatCount(storedParts(state.parameters)) };
    } finally {
      release(state);
      distillation.dispose();
    }
  });
}

/** Real images that a distilled set is compared with. */
export type BaselineInput = Omit<ConfigurationInput, 'set'> & {
  /** 'random': random real images; 'herding': chosen by herding; 'full': the whole training set. */
  baseline: 'random' | 'herding' | 'full';
  /** Images per class; not for 'full'. Default: the profile's. */
  ipc?: number;
};

/** Epochs on the full training set, which has hundreds of times the images. */
const fullDataEpochs = { smoke: 3, quick: 10, paper: 50 };

/** Students trained on real images: resumed and stored as any run. */
export async function runBaseline(
  { baseline, ipc, ...input }: BaselineInput,
  options: RunOptions = {},
): Promise<RunResult> {
  const settings: ConfigurationInput = { ...input, set: { kind: 'images', ...(ipc === undefined ? {} : { ipc }) } };
  if (baseline === 'full') {
    const { profile } = configure(settings);
    settings.evaluation = { students: 1, epochs: fullDataEpochs[profile], ...input.evaluation };
  }
  return execute({ kind: baseline, configuration: configure(settings) }, options, async (session) => {
    const { configuration, data, files } = session;
    const chosen = await chooseReal(baseline, session);
    const trainingSet = realTrainingSet(data.train, chosen);
    const accuracy = await session.students((hooks) =>
      evaluateTrainingSet(trainingSet, configuration, data, {
        ...hooks,
        onStudent(student, measured, parameters) {
          if (baseline === 'full' && student === 0) keepStudent(files.student, parameters);
          hooks.onStudent?.(student, measured, parameters);
        },
      }),
    );
    return { accuracy, storedFloats: trainingSet.count * imageFloats(data) };
  });
}

function keepStudent(file: string, parameters: Parameters): void {
  writing(file, () => writeTensors(file, parameters));
}

/** Students of another kind than the distillation's, or trained in another way. */
export type OtherStudents = Pick<ConfigurationInput, 'network' | 'evaluation'>;

/**
 * Trains other students on the set of a finished distillation, e.g. of another network: resumed and stored as any run.
 * @throws RangeError for an impossible configuration, or where the run is no distillation
 */
export async function evaluateRun(
  distilled: RunResult,
  { network, evaluation }: OtherStudents,
  options: RunOptions = {},
): Promise<RunResult> {
  const { kind, configuration: made } = distilled;
  if (kind !== 'distillation') {
    throw new RangeError(`evaluateRun: ${distilled.run} is a run of kind '${kind}'; only a distillation leaves a set.`);
  }
  const configuration = configure({
    ...made,
    network: { ...made.network, ...network },
    evaluation: { ...made.evaluation, ...evaluation },
  });
  const of = path.basename(distilled.run);
  return execute({ kind: 'evaluation', configuration, of }, options, async (session) => {
    const { data } = session;
    const { parameters, statistics, imageShape } = readDistilledSet(runFiles(distilled.run).distilled);
    const { classCount } = data.train;
    const set = createDistilledSet({ ...configuration.set, imageShape, classCount });
    try {
      const accuracy = await session.students((hooks) => evaluateSet(set, parameters, configuration, data, hooks));
      return { accuracy, storedFloats: distilled.storedFloats };
    } finally {
      disposeAll(parameters, statistics);
    }
  });
}

/** What storage counts: every float but the learned step size. */
function storedParts(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== 'stepSize'));
}

/** Indices of the images, or undefined for all. */
async function chooseReal(baseline: BaselineInput['baseline'], session: Session): Promise<Int32Array | undefined> {
  const { configuration, data } = session;
  if (baseline === 'full' || configuration.set.kind !== 'images') return undefined;
  const { seed } = configuration;
  const { ipc } = configuration.set;
  if (baseline === 'random') return randomSelection(data.train, ipc, Random.stream(seed, 'set'));
  // Herding needs features that know the classes: those of a network trained on the full set.
  const { imageShape, classCount } = data.train;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const { evaluation, compile, profile } = configuration;
  const augmentation = createAugmentation(evaluation.augmentation);
  const train = studentTrainer(network, { ...evaluation, epochs: fullDataEpochs[profile], augmentation, compile });
  session.progress.stage({ name: 'training for herding', total: fullDataEpochs[profile] });
  const parameters = await train(realTrainingSet(data.train), Random.stream(seed, 'herding'), {
    signal: session.signal,
    onEpoch: (epoch, loss) => session.progress.update(epoch, { loss }),
  });
  train.dispose();
  const features = (images: tf.Tensor4D) => network.features(parameters, images);
  const chosen = herdingSelection(data.train, ipc, { features });
  disposeAll(parameters);
  return chosen;
}
