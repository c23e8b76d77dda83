/** Verdicts on the authors' first row: HaBa's lead over images as papers count, and over images of no fewer floats. */
import { foldersOf, resultsOf } from '../../report/over-seeds';
import type { ReportTable } from '../../report/tables';
import { leadToTell } from '../storage-efficiency/published';
import { findingOf, verdictOn, verdictTable, type Verdict } from '../verdict';
import { nameOf, rowComparisons, type AuthorsRowRuns, type Counting } from './measure';

const words: Record<Counting, string> = { nominal: 'as papers count', floats: 'in no fewer floats' };

/** Per set with hallucinators: against images of both countings. */
export function authorsRowVerdicts(runs: AuthorsRowRuns): Verdict[] {
  const dataset = runs[0]?.result.configuration.dataset;
  return rowComparisons(runs).map(({ counting, setting, images, difference, results }) => {
    const lead = leadToTell({
      // Papers count like that; of equal floats none has published a number.
      ...(counting === 'nominal' ? { dataset } : {}),
      ...{ nominalImagesPerClass: setting.nominal, trajectories: true, atEqualFloats: false },
    });
    return verdictOn(
      { claim: `${nameOf(setting)} is ahead of ${nameOf(images)} (${words[counting]})`, ...lead },
      findingOf(difference, [...results.set, ...results.images], 100),
    );
  });
}

/** See {@link authorsRowVerdicts}; the rule stands in `questions/verdict.ts`. */
export function authorsRowVerdictTable(name: string, runs: AuthorsRowRuns): ReportTable {
  return verdictTable(name, authorsRowVerdicts(runs), foldersOf(resultsOf({ runs })));
}
