/** Real images that distilled sets are compared with. */
import type { Configuration } from '../distillation/configuration';
import { herdingSelection, randomSelection } from '../evaluation/baselines';
import { selectByScore } from '../evaluation/el2n';
import { kCentreSelection } from '../evaluation/k-centre';
import { kMedoidsSelection } from '../evaluation/k-medoids';
import { realTrainingSet } from '../evaluation/training-set';
import { realImagesLedger } from '../factorization/ledger';
import { perClassOf } from '../factorization/parameterisations';
import { writeSealed } from '../files/sealed-json';
import { disposeAll } from '../tensor/parameters';
import { Random } from '../tensor/random';
import type { tf } from '../tensor/tensorflow';
import type { RunContext } from './context';
import { makeBasis, networkOf, readFeatureNetwork, readScores } from './coreset-bases';
import { keepTensors } from './kept-tensors';
import { expertLabeller, type Labeller } from './label-items';
import { prepareInContext } from './make-experts';
import { makeSet, type MadeSet } from './make-set';
import { setFiles } from './run-files';
import type { BaselineKind, CoresetBasis } from './run-kinds';
import type { Session } from './session';

/** Chooses images, and stores which; or returns what is stored. */
export function chooseImages(kind: BaselineKind, configuration: Configuration, context: RunContext): Promise<MadeSet> {
  const basisKind = basisOf(kind);
  return makeSet<Begun>(
    {
      kind,
      configuration,
      begin: async () => {
        if (context.options.makeExperts) await prepareInContext(configuration, context);
        const label = expertLabeller(configuration, context.data, context.options);
        return { label, basis: basisKind && (await makeBasis(basisKind, configuration, context)) };
      },
      secondsBefore: ({ basis }) => basis?.result.seconds ?? 0,
      work: async (session, { label, basis }) => {
        const { data, folder, hash } = session;
        const images = kind === 'full' ? undefined : await chosenBy(kind, configuration, session, basis);
        const real = realTrainingSet(data.train, images);
        const { count } = real;
        if (label) {
          const softLabels = await label({ count, items: count, batch: (rows) => real.batch(rows) }, session);
          keepTensors(setFiles(folder).labels, hash, { softLabels });
          softLabels.dispose();
        }
        if (images) writeSealed(setFiles(folder).selection, hash, { images: [...images] });
        return realImagesLedger(count, data.train, configuration.labels.kind);
      },
    },
    context,
  );
}

interface Begun {
  /** Absent where no experts label. */
  label?: Labeller;
  /** Absent where nothing is trained to choose by. */
  basis?: MadeSet;
}

/** What a baseline is chosen by. */
function basisOf(kind: BaselineKind): CoresetBasis | undefined {
  if (kind === 'full' || kind === 'random') return undefined;
  return kind === 'el2n-easiest' || kind === 'el2n-hardest' ? 'el2n-scores' : 'features';
}

async function chosenBy(
  kind: Exclude<BaselineKind, 'full'>,
  configuration: Configuration,
  session: Session,
  basis: MadeSet | undefined,
): Promise<Int32Array> {
  const { data, progress, signal } = session;
  const { set, seed } = configuration;
  const perClass = perClassOf(set);
  const random = Random.stream(seed, 'set');
  if (kind === 'random') return randomSelection(data.train, perClass, random);
  if (kind === 'el2n-easiest' || kind === 'el2n-hardest') {
    return selectByScore(
      data.train,
      perClass,
      readScores(basis!, configuration),
      kind === 'el2n-easiest' ? 'easiest' : 'hardest',
    );
  }
  const network = networkOf(configuration, data);
  const parameters = readFeatureNetwork(basis!);
  try {
    const features = (images: tf.Tensor4D) => network.features(parameters, images);
    if (kind === 'herding') return herdingSelection(data.train, perClass, { features });
    if (kind === 'k-centre') return kCentreSelection(data.train, perClass, { features });
    progress.stage({ name: 'k-means of each class', total: data.train.classCount });
    const onClass = (label: number) => progress.update(label);
    return await kMedoidsSelection(data.train, perClass, random, { features, signal, onClass });
  } finally {
    disposeAll(parameters);
  }
}
