/** RQ2's verdicts: whether hallucinators add to what their bases show, and whether more of them are worth their floats. */
import { pairedDifference } from '../../report/paired';
import { foldersOf, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import { findingOf, verdictOn, verdictTable, whatMatters, type Verdict } from '../verdict';
import type { MeasuredRun } from './measure';

const authorsHallucinators = 5;

export function diversityVerdicts(runs: readonly MeasuredRun[]): Verdict[] {
  const haba = groupSeeds(runs).filter(({ setting }) => setting.set === 'HaBa');
  const counts = haba.map(({ setting: { hallucinators } }) => hallucinators);
  // The authors' five, or the most that there are.
  const most = counts.includes(authorsHallucinators) ? authorsHallucinators : Math.max(...counts);
  const few = Math.min(...counts);
  const of = (count: number) => haba.find(({ setting }) => setting.hallucinators === count)?.runs ?? [];
  const seeded = (own: readonly MeasuredRun[], value: (run: MeasuredRun) => number | undefined) =>
    own.flatMap((run) => {
      const found = value(run);
      return found === undefined ? [] : [{ seed: run.factors.seed, value: found }];
    });
  const own = of(most);
  const spread = pairedDifference(
    seeded(own, ({ diversity }) => diversity.spreadOfClass),
    seeded(own, ({ diversity }) => diversity.bases?.spreadOfClass),
  );
  const verdicts = [
    verdictOn(
      {
        claim: `A class of ${most} hallucinators' images spreads further than its bases alone`,
        ...{ states: 'direction', effect: whatMatters.spread, unit: 'spread of a class', digits: 2 },
      },
      findingOf(spread, resultsOf({ runs: own })),
    ),
  ];
  if (few === most) return verdicts;
  const accuracy = ({ result }: MeasuredRun) => result.accuracy.mean;
  const gain = pairedDifference(seeded(own, accuracy), seeded(of(few), accuracy));
  return [
    ...verdicts,
    verdictOn(
      {
        claim: `${most} hallucinators are ahead of ${few === 1 ? 'one' : few} within one budget of floats`,
        ...{ states: 'direction', effect: whatMatters.points, unit: 'points' },
      },
      findingOf(gain, resultsOf({ runs: [...own, ...of(few)] }), 100),
    ),
  ];
}

/** See {@link diversityVerdicts}; the rule stands in `questions/verdict.ts`. */
export function diversityVerdictTable(name: string, runs: readonly MeasuredRun[]): ReportTable {
  return verdictTable(name, diversityVerdicts(runs), foldersOf(resultsOf({ runs })));
}
