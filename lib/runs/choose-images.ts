/** Real images that distilled sets are compared with. */
import { createAugmentation } from '../data/dsa';
import type { Configuration } from '../distillation/configuration';
import { herdingSelection, randomSelection } from '../evaluation/baselines';
import { studentTrainer } from '../evaluation/student';
import { realTrainingSet } from '../evaluation/training-set';
import { realImagesLedger } from '../factorization/ledger';
import { perClassOf } from '../factorization/parameterisations';
import { writeSealed } from '../files/sealed-json';
import { createNetwork } from '../networks/create-network';
import { disposeAll } from '../tensor/parameters';
import { Random } from '../tensor/random';
import type { tf } from '../tensor/tensorflow';
import type { RunContext } from './context';
import { makeSet, type MadeSet } from './make-set';
import { setFiles } from './run-files';
import type { Session } from './session';

/** 'random': random real images; 'herding': chosen by herding; 'full': the whole training set. */
export type Baseline = 'random' | 'herding' | 'full';

/** Epochs on the full training set, which has hundreds of times the images. */
export const fullDataEpochs = { smoke: 3, quick: 10, paper: 50 };

/** Chooses images, and stores which; or returns what is stored. */
export function chooseImages(kind: Baseline, configuration: Configuration, context: RunContext): Promise<MadeSet> {
  return makeSet(
    {
      kind,
      configuration,
      work: async (session) => {
        const { data, folder, hash } = session;
        if (kind === 'full') return realImagesLedger(data.train.count, data.train);
        const images = await chosenBy(kind, configuration, session);
        writeSealed(setFiles(folder).selection, hash, { images: [...images] });
        return realImagesLedger(images.length, data.train);
      },
    },
    context,
  );
}

async function chosenBy(
  kind: 'random' | 'herding',
  configuration: Configuration,
  session: Session,
): Promise<Int32Array> {
  const { data, progress, signal } = session;
  const { set, seed, network: settings, evaluation, profile, compile } = configuration;
  const perClass = perClassOf(set);
  if (kind === 'random') return randomSelection(data.train, perClass, Random.stream(seed, 'set'));
  // Herding needs features that know the classes: those of a network trained on the full set.
  const { imageShape, classCount, count } = data.train;
  const network = createNetwork({ ...settings, imageShape, classCount });
  const epochs = fullDataEpochs[profile];
  const { learningRate } = evaluation;
  if (learningRate === 'learned')
    throw new RangeError("Herding: 'evaluation.learningRate' is 'learned'; give a number.");
  const train = studentTrainer(network, {
    ...evaluation,
    learningRate,
    length: { epochs },
    augmentation: createAugmentation(evaluation.augmentation),
    compile,
  });
  try {
    progress.stage({ name: 'training for herding', total: epochs * Math.ceil(count / evaluation.batchSize) });
    const parameters = await train(realTrainingSet(data.train), Random.stream(seed, 'herding'), {
      signal,
      onUpdate: (update, loss) => progress.update(update, { loss }),
    });
    try {
      const features = (images: tf.Tensor4D) => network.features(parameters, images);
      return herdingSelection(data.train, perClass, { features });
    } finally {
      disposeAll(parameters);
    }
  } finally {
    train.dispose();
  }
}
