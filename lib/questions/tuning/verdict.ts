/** The verdict of tuning: whether HaBa, as well tuned as images are, is ahead of them. */
import type { GridRun } from '../../experiments/grid';
import { accuracyDifferences, foldersOf, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import { leadToTell } from '../storage-efficiency/published';
import { findingOf, verdictOn, verdictTable, type Verdict } from '../verdict';
import type { TuningFactors } from './grid';

/** @param runs of `tuningFinal`: what was chosen on validation images, tested on the test images */
export function tuningVerdicts(runs: readonly GridRun<TuningFactors>[]): Verdict[] {
  const groups = groupSeeds(runs);
  const images = groups.find(({ setting }) => setting.kind === 'images');
  return accuracyDifferences<TuningFactors>(groups, () => ({ kind: 'images' })).flatMap(({ setting, difference }) => {
    if (setting.kind === 'images' || !images) return [];
    const { configuration, imagesPerClass } = images.runs[0].result;
    const lead = leadToTell({
      dataset: configuration.dataset,
      nominalImagesPerClass: imagesPerClass,
      trajectories: configuration.matching?.method === 'mtt',
      atEqualFloats: true,
    });
    return [
      verdictOn(
        { claim: `As tuned, ${setting.kind} is ahead of images at equal floats`, ...lead },
        findingOf(difference, resultsOf({ runs }), 100),
      ),
    ];
  });
}

/** See {@link tuningVerdicts}; the rule stands in `questions/verdict.ts`. */
export function tuningVerdictTable(name: string, runs: readonly GridRun<TuningFactors>[]): ReportTable {
  return verdictTable(name, tuningVerdicts(runs), foldersOf(resultsOf({ runs })));
}
