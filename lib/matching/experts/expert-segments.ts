/** Segments of experts' trajectories for a matching loss: trajectory matching's, and any other that learns from the same experts. */
import { parameterShapes } from '../../networks/parameter-shapes';
import type { Random } from '../../tensor/random';
import type { MatchingContext } from '../method';
import type { TrajectorySegment } from '../trajectory';
import type { ExpertOptions } from './expert-options';
import { expertSettings } from './expert-settings';
import { expertsAdvice } from './experts-command';
import type { MatchedEpochs } from './needed-epochs';
import { openExperts } from './open-experts';

const byTheRun = 'With --make-experts, in a notebook { makeExperts: true }, the run makes them itself.';

/**
 * Opens the experts that a method's options ask for, and that `prepare: expertPreparation` has made. Each call of what is returned draws
 * an expert and an epoch before `latestStartEpoch`, and reads its parameters there and `expertEpochs` later; the caller disposes of both.
 *
 *     create(options, context) {
 *       const segment = expertSegments(options, context);
 *       // In each iteration: const { start, target } = await segment(random.stream('segment'));
 *
 * @throws Error where they are not there, saying how they are made
 */
export function expertSegments(
  given: { experts: ExpertOptions } & MatchedEpochs,
  { surroundings, data, dataFolder, network, experts }: Omit<MatchingContext, 'set' | 'source' | 'augmentation'>,
): (random: Random) => TrajectorySegment {
  const { expertEpochs, latestStartEpoch } = given;
  return openExperts({
    settings: expertSettings(given.experts, surroundings, data),
    shapes: parameterShapes(network),
    count: given.experts.count,
    latestStartEpoch,
    expertEpochs,
    experts,
    advice: `${byTheRun} ${expertsAdvice(given, surroundings, { experts, dataFolder })}`,
  });
}
