/** Segments of experts' trajectories, for matches to learn from. */
import { disposeAll } from '../../tensor/parameters';
import type { Random } from '../../tensor/random';
import type { TrajectorySegment } from '../trajectory';
import { expertFiles, type ExpertFiles, type Shapes } from './expert-files';
import { expertsName, type ExpertSettings } from './expert-identity';
import { checkManifest, defaultExperts, expertsFolder, hasManifest, presentExperts, sentences } from './experts-folder';
import { neededEpochs, type MatchedEpochs } from './needed-epochs';

export interface OpenExpertsOptions extends FindExpertsOptions, MatchedEpochs {
  /** What parameters must look like. */
  shapes: Shapes;
}

export interface FindExpertsOptions {
  settings: ExpertSettings;
  /** Experts wanted. */
  count: number;
  /** Folder of all experts, or of these. Default: results/experts. */
  experts?: string;
  /** A sentence added to what is thrown: how experts are made. */
  advice?: string;
}

/**
 * Finds experts; nothing is read of them yet.
 * @param last epoch that they must have, with all before it
 * @throws Error, where there are none, or fewer epochs, or they were trained for something else
 */
export function findExperts(
  { settings, count, experts = defaultExperts(), advice = '' }: FindExpertsOptions,
  last: number,
): ExpertFiles[] {
  const folder = expertsFolder(settings, experts);
  if (!hasManifest(folder)) {
    const none = `There are no experts for this configuration in ${experts} (${presentExperts(experts)}).`;
    throw new Error(sentences(none, advice));
  }
  checkManifest(folder, settings, advice);
  const name = expertsName(settings);
  const all = Array.from({ length: count }, (_, expert) => expertFiles({ folder, experts: name, expert, advice }));
  for (const files of all) {
    const missing = files.firstMissing(last);
    if (missing === undefined) continue;
    throw new Error(
      sentences(`The experts in ${folder} are not finished: ${files.name} has no epoch ${missing}.`, advice),
    );
  }
  return all;
}

/**
 * Finds experts; a segment reads two epochs' files, so that memory does not grow with their number.
 * @throws Error as {@link findExperts}; drawing throws where a file is damaged or another's
 */
export function openExperts(options: OpenExpertsOptions): (random: Random) => TrajectorySegment {
  const { shapes, count, latestStartEpoch, expertEpochs } = options;
  const all = findExperts(options, neededEpochs(options));
  return (random) => {
    const files = all[random.integer(count)];
    const epoch = random.integer(Math.max(1, latestStartEpoch));
    const start = files.readEpoch(epoch, shapes);
    try {
      return { start, target: files.readEpoch(epoch + expertEpochs, shapes) };
    } catch (error) {
      disposeAll(start);
      throw error;
    }
  };
}
