/** RQ1's verdicts: HaBa's lead at equal floats, and the floats that it saves at equal accuracy. */
import { sampleStandardDeviation } from 'simple-statistics';
import { findingOf, secondsOfSeed, verdictOn, verdictTable, type Finding, type Verdict } from '../verdict';
import { plainHaba } from '../sets-at-budget';
import { accuracyDifferences, foldersOf, resultsOf } from '../../report/over-seeds';
import { atSetting, groupSeeds } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import { equalAccuracies, headingOf, imagesOf, type EqualAccuracy, type StorageRuns } from './measure';
import { leadToTell } from './published';

/** Of the paper's abstract: 'up to 65 %'. */
const savedFloats = 65;

/** Per method and budget: HaBa against images of equal floats, then the floats that images need for its accuracy. */
export function storageVerdicts(runs: StorageRuns): Verdict[] {
  const groups = groupSeeds(runs);
  const differences = accuracyDifferences(groups, imagesOf);
  const equal = equalAccuracies(runs);
  const dataset = runs[0]?.result.configuration.dataset;
  const chosen = groups.filter(({ setting: { method, budget, kind } }) => {
    const beside = groups.filter(({ setting }) => setting.method === method && setting.budget === budget);
    return kind === plainHaba(beside.map(({ setting }) => setting))?.kind;
  });
  const leads = chosen.map(({ setting, runs: own }) => {
    const { method, budget: nominalImagesPerClass, kind } = setting;
    const images = atSetting(groups, { ...setting, kind: 'images' })?.runs ?? [];
    const lead = { dataset, nominalImagesPerClass, trajectories: method === 'MTT', atEqualFloats: true };
    return verdictOn(
      { claim: `${headingOf(setting)}: ${kind} is ahead of images at equal floats`, ...leadToTell(lead) },
      findingOf(atSetting(differences, setting)!.difference, resultsOf({ runs: [...own, ...images] }), 100),
    );
  });
  const savings = chosen.map(({ setting }) => {
    const own = atSetting(equal, setting)!;
    const images = runs.filter(({ factors }) => factors.method === setting.method && factors.kind === 'images');
    return verdictOn(
      {
        claim: `${headingOf(setting)}: ${setting.kind} takes fewer floats than images of its accuracy`,
        states: 'direction',
        effect: savedFloats,
        source: "the paper's abstract, 'up to'",
        unit: '% fewer floats',
        digits: 0,
      },
      savingOf(own, secondsOfSeed(resultsOf({ runs: [...own.runs, ...images] }))),
    );
  });
  return [...leads, ...savings];
}

/** In percent of the floats that images need. */
function savingOf({ floats, needed, interval, ofSeeds }: EqualAccuracy, seconds: number): Finding {
  const saved = (floatsOfImages: number) => 100 * (1 - floats / floatsOfImages);
  const numbers = ofSeeds.flatMap((one) => (typeof one === 'number' ? [saved(one)] : []));
  return {
    ...(typeof needed === 'number' ? { mean: saved(needed) } : {}),
    ...(interval
      ? {
          interval: {
            low: interval.low === undefined ? -Infinity : saved(interval.low),
            high: interval.high === undefined ? Infinity : saved(interval.high),
          },
        }
      : {}),
    ...(numbers.length > 1 && numbers.length === ofSeeds.length ? { deviation: sampleStandardDeviation(numbers) } : {}),
    seeds: ofSeeds.length,
    secondsOfSeed: seconds,
  };
}

/** See {@link storageVerdicts}; the rule stands in `questions/verdict.ts`. */
export function storageVerdictTable(name: string, runs: StorageRuns): ReportTable {
  return verdictTable(name, storageVerdicts(runs), foldersOf(resultsOf({ runs })));
}
