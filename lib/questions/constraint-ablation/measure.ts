/** RQ4 measured: accuracy and diversity of each setting over seeds, and their differences within them. */
import type { Diversity, DiversityJudge } from '../diversity/judge';
import type { GridRun } from '../../experiments/grid';
import type { ConstraintFactors } from './grid';
import { groupSeeds } from '../../report/seed-groups';
import type { RunResult } from '../../runs/train-students';
import { confidenceInterval, type Interval } from '../../report/confidence';
import { recipesOf } from '../../report/over-seeds';
import { pairedDifference, type PairedDifference } from '../../report/paired';
import { accuracyTitle } from '../../report/students-column';

type MeasuredRun = GridRun<ConstraintFactors> & { diversity: Diversity };

export const measureNames = ['accuracy', 'spreadOfBasis', 'effectiveRank'] as const;

export type Measure = (typeof measureNames)[number];

/** How a measure is taken, and how it is printed. */
export const measures: Record<Measure, { of: (run: MeasuredRun) => number; scale: number; digits: number }> = {
  accuracy: { of: ({ result }) => result.accuracy.mean, scale: 100, digits: 1 },
  spreadOfBasis: { of: ({ diversity }) => diversity.spreadOfBasis, scale: 1, digits: 3 },
  effectiveRank: { of: ({ diversity }) => diversity.effectiveRank, scale: 1, digits: 2 },
};

/** One setting of the constraints over its seeds. */
export interface AblationRow {
  constraints: string;
  /** The setting that others are compared with. */
  baseline: string;
  measures: Record<Measure, MeasureOverSeeds>;
  /** A seed each. */
  results: RunResult[];
}

/** Accuracies are fractions. */
export interface MeasureOverSeeds {
  /** A value a seed, and their mean with a 95 % confidence interval, of no width with one seed. */
  over: Interval & { values: number[] };
  /** Within seeds, to the baseline; nothing for the baseline itself. */
  difference?: PairedDifference;
}

export interface AblationOptions {
  /** The setting that others are compared with. Default 'none'. */
  baseline?: string;
}

/**
 * Puts the seeds of each setting together, and compares settings within seeds.
 * @throws RangeError where the baseline is not among the settings
 */
export function ablationRows(
  runs: readonly GridRun<ConstraintFactors>[],
  judge: DiversityJudge,
  { baseline = 'none' }: AblationOptions = {},
): AblationRow[] {
  const groups = groupSeeds(runs.map((run): MeasuredRun => ({ ...run, diversity: judge.measure(run.result) })));
  const names = groups.map(({ setting }) => setting.constraints);
  const base = groups.find(({ setting }) => setting.constraints === baseline);
  if (!base) {
    throw new RangeError(
      `ablationRows: there is no setting '${baseline}' to compare with; give as baseline one of ${names.join(', ')}.`,
    );
  }
  return groups.map((group) => {
    const overSeeds = (measure: Measure): MeasureOverSeeds => {
      const { of } = measures[measure];
      const seeded = (own: readonly MeasuredRun[]) => own.map((run) => ({ seed: run.factors.seed, value: of(run) }));
      const values = group.runs.map(of);
      return {
        over: { ...confidenceInterval(values), values },
        ...(group === base ? {} : { difference: pairedDifference(seeded(group.runs), seeded(base.runs)) }),
      };
    };
    return {
      constraints: group.setting.constraints,
      baseline,
      measures: {
        accuracy: overSeeds('accuracy'),
        spreadOfBasis: overSeeds('spreadOfBasis'),
        effectiveRank: overSeeds('effectiveRank'),
      },
      results: group.runs.map(({ result }) => result),
    };
  });
}

/** What the axes and rows of a measure are called. */
export function titleOf(measure: Measure, rows: readonly AblationRow[]): string {
  if (measure === 'accuracy') return accuracyTitle(recipesOf(rows.flatMap(({ results }) => results)));
  return measure === 'spreadOfBasis' ? 'spread of a basis' : 'effective rank';
}

/** The setting that others are compared with. */
export const baselineOf = ([first]: readonly AblationRow[]) => first?.baseline ?? 'none';
