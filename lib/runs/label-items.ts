/** Labels of a run's items by experts. */
import type { PreparedDataset } from '../data/image-source';
import type { Configuration } from '../distillation/configuration';
import { expertLabels, type LabelledImages } from '../evaluation/expert-labels';
import { distilledTrainingSet } from '../evaluation/training-set';
import type { DistilledSet } from '../factorization/distilled-set';
import { expertSettings } from '../matching/experts/expert-settings';
import { expertsAdvice } from '../matching/experts/experts-command';
import { findExperts } from '../matching/experts/open-experts';
import { labelling } from '../matching/label-options';
import { createNetwork } from '../networks/create-network';
import { parameterShapes } from '../networks/parameter-shapes';
import type { Parameters } from '../tensor/parameters';
import type { tf } from '../tensor/tensorflow';
import type { RunOptions } from './context';
import type { Session } from './session';

/** Labels images; the caller disposes of the labels, [items, classes]. */
export type Labeller = (images: LabelledImages, session: Pick<Session, 'progress' | 'signal'>) => Promise<tf.Tensor2D>;

/**
 * Finds the experts that label the items of a configuration; nothing is read of them yet.
 * @returns undefined where no experts are asked for
 * @throws Error where they are missing, saying how they are made
 */
export function expertLabeller(
  configuration: Configuration,
  data: PreparedDataset,
  { experts: place, data: dataFolder }: Pick<RunOptions, 'experts' | 'data'>,
): Labeller | undefined {
  const given = labelling(configuration.labels);
  if (given === undefined) return undefined;
  const { imageShape, classCount } = data.train;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const { count, epochs } = given;
  const shapes = parameterShapes(network);
  const files = findExperts(
    {
      settings: expertSettings(given, configuration, data),
      count,
      experts: place,
      advice: `With --make-experts, in a notebook { makeExperts: true }, the run makes them itself. ${expertsAdvice(
        { experts: given },
        configuration,
        { experts: place, dataFolder },
      )}`,
    },
    epochs,
  );
  return (images, { progress, signal }) => {
    progress.stage({ name: 'labelling by experts', total: count });
    return expertLabels(images, {
      network,
      experts: count,
      read: (expert) => files[expert].readEpoch(epochs, shapes),
      signal,
      onExpert: (done) => progress.update(done),
    });
  };
}

/** Labels the items of a distilled set by all that they decode to; the caller disposes of the labels. */
export async function labelItems(
  label: Labeller,
  set: DistilledSet,
  parameters: Parameters,
  session: Pick<Session, 'progress' | 'signal'>,
): Promise<tf.Tensor2D> {
  const { itemCount, views, formations } = set;
  const decoded = distilledTrainingSet(set, parameters);
  try {
    const rows = { count: views * formations * itemCount, items: itemCount };
    return await label({ ...rows, batch: (some) => decoded.batch(some) }, session);
  } finally {
    decoded.dispose();
  }
}
