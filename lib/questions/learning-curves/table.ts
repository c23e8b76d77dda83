/** Learning curves as tables: every point, and where curves cross. */
import { from, table } from 'arquero';
import { mean } from 'simple-statistics';
import type { Crossing, CurveComparison } from '../../report/crossing';
import { rounded } from '../../report/number-text';
import { accuracyColumns, accuracyDifferences, differenceColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import { groupSeeds, type SeedGroup, type Setting } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import type { CurveFactors } from './grid';
import { compareWithImages, type CurvePoint } from './measure';

/** A row a point: accuracy over seeds, and how far it is ahead of images after as many iterations. */
export function learningCurvesTable(name: string, points: readonly CurvePoint[]): ReportTable {
  const groups = groupSeeds(points);
  const comparisons = accuracyDifferences(groups, ({ method, budget, iteration }) => ({
    ...{ method, budget, iteration },
    kind: 'images',
  }));
  return {
    name,
    runs: foldersOf(resultsOf({ runs: points })),
    table: table({
      ...pointColumns(groups),
      'seconds of distillation': groups.map(({ runs }) => rounded(mean(runs.map(({ seconds }) => seconds)), 1)),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        comparisons.map(({ difference }) => difference),
        { baseline: 'images' },
      ),
    }),
  };
}

/** Which point each row is. */
export function pointColumns(groups: readonly SeedGroup<CurvePoint>[]) {
  const column = (key: keyof Setting<CurveFactors>) => groups.map(({ setting }) => setting[key]);
  return {
    loss: column('method'),
    'training set': column('kind'),
    'budget (images per class)': column('budget'),
    iteration: column('iteration'),
  };
}

/**
 * A row a crossing with images, of the mean curves, straight between points over the logarithm; or a row that says that there is none
 * between the points that were measured.
 */
export function crossingsTable(name: string, points: readonly CurvePoint[]): ReportTable {
  const rows = compareWithImages(points).flatMap(({ method, budget, kind, against, images, comparison }) => {
    const setting = { loss: method, 'training set': kind, 'budget (images per class)': budget, against };
    if (!comparison) {
      const why = images ? `measured at no ${against} in common` : 'no images to compare with';
      return [{ ...setting, crossing: '', at: why, ...nothing }];
    }
    const { crossings, from: first, to: last, seeds, leftOut } = comparison;
    const common = {
      'measured from': roundText(first),
      'measured to': roundText(last),
      pairs: leftOut.length === 0 ? String(seeds.length) : `${seeds.length} (${leftOut.length} left out)`,
    };
    if (crossings.length === 0)
      return [
        {
          ...setting,
          crossing: '',
          at: `nowhere: ${throughout(comparison)}`,
          [intervalTitle]: '',
          then: '',
          ...common,
        },
      ];
    return crossings.map((crossing, place) => ({
      ...setting,
      crossing: String(place + 1),
      at: roundText(crossing.at),
      [intervalTitle]: intervalOf(crossing, comparison),
      then: crossing.ahead ? 'ahead of images' : 'behind images',
      ...common,
    }));
  });
  return { name, runs: foldersOf(resultsOf({ runs: points })), table: from(rows) };
}

const intervalTitle = '95 % interval over seeds';
const nothing = { [intervalTitle]: '', then: '', 'measured from': '', 'measured to': '', pairs: '' };

function throughout({ begins, ends }: CurveComparison): string {
  const side = begins === 0 ? ends : begins;
  return side === 0 ? 'level throughout' : side > 0 ? 'ahead of images throughout' : 'behind images throughout';
}

function intervalOf({ interval }: Crossing, { from: first, to: last }: CurveComparison): string {
  if (!interval) return 'one seed';
  const low = interval.low === undefined ? `before ${roundText(first)}` : roundText(interval.low);
  return `${low} to ${interval.high === undefined ? `after ${roundText(last)}` : roundText(interval.high)}`;
}

/** Whole numbers, from ten on; below with a digit after the point. */
const roundText = (value: number) => (value >= 9.95 ? value.toFixed(0) : String(rounded(value, 1)));
