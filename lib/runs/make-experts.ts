/** Experts for a configuration. */
import { createAugmentation } from '../data/dsa';
import { describeHolder } from '../files/lock';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { expertSettings } from '../distillation/expert-settings';
import { expertsAdvice } from '../distillation/experts-command';
import { trainExperts, unfinishedExperts } from '../matching/experts/train-experts';
import { createNetwork } from '../networks/create-network';
import { inContext, RunStopped, type RunOptions } from './context';
import { dataAtHand } from './data-at-hand';

export interface MakeExpertsOptions extends RunOptions {
  /** Numbers of the experts to train now, from 0 on. Default: all that the configuration asks for. */
  only?: readonly number[];
}

/** What expert training came to. */
export interface MadeExperts {
  /** Folder of the experts. */
  experts: string;
  /** Of the experts that were asked for. */
  count: number;
  epochs: number;
  /** Of training, earlier sessions included. */
  seconds: number;
}

/**
 * Trains the experts that a configuration of trajectory matching needs; those already there are kept.
 * @throws RunStopped after an interrupt; the same again goes on
 */
export async function makeExperts(input: ConfigurationInput, options: MakeExpertsOptions = {}): Promise<MadeExperts> {
  const configuration = configure(input);
  const { matching } = configuration;
  if (matching.method !== 'mtt') {
    throw new RangeError(`Configuration: 'matching.method' is '${matching.method}'; only 'mtt' learns from experts.`);
  }
  const { count, epochs } = matching.experts;
  const { only } = options;
  const asked = only?.length ?? count;
  return inContext(configuration, options, async ({ data, progress, signal }) => {
    const { imageShape, classCount } = data.train;
    progress.stage({ name: 'training experts', total: asked * epochs });
    try {
      const { folder, seconds } = await trainExperts({
        settings: expertSettings(configuration, data),
        data,
        network: createNetwork({ ...configuration.network, imageShape, classCount }),
        augmentation: createAugmentation(configuration.augmentation),
        count,
        epochs,
        only,
        experts: options.experts,
        advice: expertsAdvice(configuration, { experts: options.experts }),
        compile: configuration.compile,
        signal,
        onWait: (at, holder) => progress.note(`${describeHolder(at, holder)} Waiting for it.`, 'news'),
        onEpoch: (done, _total, loss) => progress.update(done, { loss }),
      });
      return { experts: folder, count: asked, epochs, seconds };
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new RunStopped('Stopped; whole epochs are kept. The same again goes on from there.', { cause: error });
    }
  });
}

/**
 * Numbers of the experts of a configuration that are not trained to the end: none of a method that learns from none.
 * @throws Error where files of theirs cannot be used
 */
export async function expertsLeft(
  configuration: Configuration,
  { data, experts }: Pick<RunOptions, 'data' | 'experts'> = {},
): Promise<number[]> {
  const { matching, dataset, whitening, holdOut } = configuration;
  if (matching.method !== 'mtt') return [];
  const { count, epochs } = matching.experts;
  const prepared = await dataAtHand(dataset, { data, whitening, holdOut });
  const advice = expertsAdvice(configuration, { experts });
  return unfinishedExperts({ settings: expertSettings(configuration, prepared), count, epochs, experts, advice });
}
