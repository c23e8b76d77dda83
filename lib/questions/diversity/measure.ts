/** RQ2 measured: how far the hallucinations of each set lie apart. */
import type { Diversity, DiversityJudge } from './judge';
import type { GridRun } from '../../experiments/grid';
import type { DiversityFactors } from './grid';

/** A run of the question, and how varied its training set is. */
export interface MeasuredRun extends GridRun<DiversityFactors> {
  diversity: Diversity;
}

/** Measures every set of the question with the features of its full-data run; the judge is the caller's. */
export function measureDiversity(runs: readonly GridRun<DiversityFactors>[], judge: DiversityJudge): MeasuredRun[] {
  return runs
    .filter(({ factors }) => factors.set !== 'full training set')
    .map((run) => ({ ...run, diversity: judge.measure(run.result) }));
}
