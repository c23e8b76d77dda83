/** Whether sets leave the range of pictures as iterations go on: no loss keeps their values between black and white. */
import { table } from 'arquero';
import { shareBeyondPixels } from '../../data/pixels';
import { distilledTrainingSet } from '../../evaluation/training-set';
import { foldersOf, measuredColumns, resultsOf } from '../../report/over-seeds';
import { groupSeeds } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import { readResultsSet } from '../../runs/distilled-file';
import type { CurvePoint } from './measure';
import { pointColumns } from './table';

/** Of all images that the set of a run, or of a point of a curve, decodes to: the fraction of values that no picture can show. */
export function saturationOf({ result }: Pick<CurvePoint, 'result'>): number {
  const distilled = readResultsSet(result);
  const { set, parameters, statistics } = distilled;
  const images = distilledTrainingSet(set, parameters);
  const batch = images.batch(Int32Array.from({ length: set.views * images.count }, (_, row) => row));
  try {
    return shareBeyondPixels(batch, statistics);
  } finally {
    batch.dispose();
    images.dispose();
    distilled.dispose();
  }
}

/** A row a point: its values beyond black and white, over seeds. */
export function saturationTable(name: string, points: readonly CurvePoint[]): ReportTable {
  const groups = groupSeeds(points);
  const shares = groups.map(({ runs }) => runs.map((run) => 100 * saturationOf(run)));
  return {
    name,
    runs: foldersOf(resultsOf({ runs: points })),
    table: table({
      ...pointColumns(groups),
      ...measuredColumns(shares, {
        title: 'values beyond black and white (%)',
        intervalTitle: '95 % interval over seeds (%)',
        text: (value) => value.toFixed(1),
      }),
      seeds: groups.map(({ runs }) => runs.length),
    }),
  };
}
