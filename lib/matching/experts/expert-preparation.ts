/** Experts, made before what learns from them: a matching method that has them, or soft labels. */
import type { Preparation } from '../method';
import { expertsName } from './expert-identity';
import type { ExpertOptions } from './expert-options';
import { expertSettings } from './expert-settings';
import { expertsAdvice } from './experts-command';
import type { MatchedEpochs } from './needed-epochs';
import { trainExperts, unfinishedExperts } from './train-experts';

/** What is asked of experts: which, and by a method that matches segments of their trajectories, of which epochs. */
export type ExpertsAsked = { experts: ExpertOptions } & Partial<MatchedEpochs>;

/**
 * Trains the experts of a method's option `experts` ({@link expertOptions}); those that are there are kept. All methods that have this
 * as `prepare` share experts whose options, data and network are the same, with one another and with labels by experts.
 */
export const expertPreparation: Preparation<ExpertsAsked> = {
  stage: 'training experts',
  ofExperts: true,
  parts: ({ experts }) => experts.count,
  steps: ({ experts }) => experts.epochs,
  work: ({ experts }, { images }) => ({
    passes: { gradient: experts.epochs * images },
    alive: { gradient: Math.min(experts.batchSize, images) },
  }),
  left(given, { surroundings, data, experts }) {
    const settings = expertSettings(given.experts, surroundings, data);
    const { count, epochs } = given.experts;
    const advice = expertsAdvice(given, surroundings, { experts });
    return {
      of: `${expertsName(settings)}, ${epochs} epochs`,
      parts: unfinishedExperts({ settings, count, epochs, experts, advice }),
    };
  },
  async make(
    given,
    { surroundings, data, dataFolder, network, augmentation, experts: place, only, signal, onStep, onWait },
  ) {
    const { count, epochs } = given.experts;
    const { folder: experts, seconds } = await trainExperts({
      settings: expertSettings(given.experts, surroundings, data),
      data,
      network,
      augmentation,
      count,
      epochs,
      only,
      experts: place,
      advice: expertsAdvice(given, surroundings, { experts: place, dataFolder }),
      signal,
      onWait,
      onEpoch: (done, _total, loss) => onStep?.(done, loss),
    });
    return { experts, count: only?.length ?? count, epochs, seconds };
  },
};
