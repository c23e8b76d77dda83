/** RQ3's verdicts: the paper's ten points on networks that the sets were not distilled on. */
import { mean } from 'simple-statistics';
import type { GridRun } from '../../experiments/grid';
import { pairedDifference } from '../../report/paired';
import { foldersOf, resultsOf } from '../../report/over-seeds';
import type { ReportTable } from '../../report/tables';
import { plainHaba } from '../sets-at-budget';
import { findingOf, verdictOn, verdictTable, type Verdict } from '../verdict';
import { madeOn, type ArchitectureFactors } from './grid';

type ArchitectureRuns = readonly GridRun<ArchitectureFactors>[];

/** 'About 10 % higher accuracy', taken as points. */
const claimed = 10;

/**
 * HaBa, with a single channel where it is not there in colour, against images of equal floats: on all networks but the one that sets
 * were distilled on together, then on each.
 */
export function architectureVerdicts(runs: ArchitectureRuns): Verdict[] {
  const haba = plainHaba(runs.map(({ factors }) => factors))?.kind ?? 'HaBa';
  const compared = runs.filter(({ factors: { kind } }) => kind === haba || kind === 'images');
  const networks = [...new Set(compared.map(({ factors }) => factors.network))];
  const others = networks.filter((network) => network !== madeOn);
  const rows: [claim: string, among: string[]][] = [
    ...(others.length > 1 ? [[`mean of ${others.join(', ')}`, others] as [string, string[]]] : []),
    ...networks.map((network): [string, string[]] => [network, [network]]),
  ];
  return rows.map(([where, among]) => {
    const involved = compared.filter(({ factors }) => among.includes(factors.network));
    const seeded = (kind: string) =>
      valuesOf(
        involved.filter(({ factors }) => factors.kind === kind),
        among.length,
      );
    return verdictOn(
      {
        claim: `${where}: ${haba} is ahead of images by about ${claimed} points at equal floats`,
        ...{ states: 'size', effect: claimed, source: "the paper's abstract", unit: 'points' },
      },
      findingOf(pairedDifference(seeded(haba), seeded('images')), resultsOf({ runs: involved }), 100),
    );
  });
}

/** Means over networks for each seed that all of them have. */
function valuesOf(runs: ArchitectureRuns, networks: number): { seed: number; value: number }[] {
  const seeds = [...new Set(runs.map(({ factors: { seed } }) => seed))];
  return seeds.flatMap((seed) => {
    const values = runs.flatMap(({ factors, result }) => (factors.seed === seed ? [result.accuracy.mean] : []));
    return values.length === networks ? [{ seed, value: mean(values) }] : [];
  });
}

/** See {@link architectureVerdicts}; the rule stands in `questions/verdict.ts`. */
export function architectureVerdictTable(name: string, runs: ArchitectureRuns): ReportTable {
  return verdictTable(name, architectureVerdicts(runs), foldersOf(resultsOf({ runs })));
}
