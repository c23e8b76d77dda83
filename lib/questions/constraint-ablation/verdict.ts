/** RQ4's verdicts: whether the constraints add accuracy and diversity, and what each adds to the other. */
import type { ReportTable } from '../../report/tables';
import { foldersOf } from '../../report/over-seeds';
import { pairedDifference } from '../../report/paired';
import { findingOf, verdictOn, verdictTable, whatMatters, type Claim, type Verdict } from '../verdict';
import { measures, type AblationRow, type Measure } from './measure';

const kinds = {
  accuracy: { effect: whatMatters.points, unit: 'points', digits: 1 },
  spreadOfBasis: { effect: whatMatters.spread, unit: 'spread of a basis', digits: 3 },
} as const;

/** Every setting against the baseline, by accuracy and by the spread of a basis; 'both' against 'L_cos alone' where they are there. */
export function ablationVerdicts(rows: readonly AblationRow[]): Verdict[] {
  const [{ baseline = 'none' } = {}] = rows;
  const base = rows.find(({ constraints }) => constraints === baseline);
  const [both, alone] = ['both', 'L_cos alone'].map((name) => rows.find(({ constraints }) => constraints === name));
  const pairs: [AblationRow, AblationRow][] = [
    // Equal to none by construction: the set does not hear of the adversary.
    ...rows.flatMap((row): [AblationRow, AblationRow][] =>
      base && row !== base && row.constraints !== 'L_con alone' ? [[row, base]] : [],
    ),
    ...(both && alone ? [[both, alone] as [AblationRow, AblationRow]] : []),
  ];
  return (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((measure) =>
    pairs.map(([row, other]) => compared(measure, row, other)),
  );
}

function compared(measure: keyof typeof kinds, row: AblationRow, other: AblationRow): Verdict {
  const words = { accuracy: 'is more accurate than', spreadOfBasis: 'spreads a basis further than' };
  const claim: Claim = {
    claim: `'${row.constraints}' ${words[measure]} '${other.constraints}'`,
    states: 'direction',
    ...kinds[measure],
  };
  const difference = pairedDifference(seededOf(row, measure), seededOf(other, measure));
  return verdictOn(claim, findingOf(difference, [...row.results, ...other.results], measures[measure].scale));
}

function seededOf(row: AblationRow, measure: Measure) {
  return row.measures[measure].over.values.map((value, place) => ({
    seed: row.results[place].configuration.seed,
    value,
  }));
}

/** See {@link ablationVerdicts}; the rule stands in `questions/verdict.ts`. */
export function ablationVerdictTable(name: string, rows: readonly AblationRow[]): ReportTable {
  return verdictTable(name, ablationVerdicts(rows), foldersOf(rows.flatMap(({ results }) => results)));
}
