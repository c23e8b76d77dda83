/** What of the table is measured: rows of equal shapes do the same but for the number of their images, and are measured once. */
import { shapeOf } from '../../data/dataset-names';
import { canonicalJson } from '../../files/canonical-json';
import type { TrajectoryOptions } from '../../matching/mtt';
import type { ScalingRow } from './rows';

/** One thing to measure: a run, or an expert. */
export interface Part {
  kind: 'run' | 'expert';
  /** E.g. 'MTT, HaBa, 10, 100 classes'. */
  name: string;
  /** All that its time and memory depend on, the machine and the number of real images apart. */
  key: string;
  /** A row that it is a part of. */
  row: ScalingRow;
}

/** The run of a row, with a single expert, which stands in for all: an iteration reads one, however many there are. */
export function runOf(row: ScalingRow): Part {
  const { matching } = row.configuration;
  const trajectory = trajectoryOf(row);
  const single = trajectory && { ...matching, experts: { ...trajectory.experts, count: 1 } };
  const configuration = { ...row.configuration, matching: (single ?? matching) as typeof matching };
  const { dataset, ...settings } = configuration;
  const { imageShape, classCount } = shapeOf(dataset);
  return {
    kind: 'run',
    name: `${row.loss}, ${row.set}, ${row.nominal}, ${classCount} classes`,
    key: canonicalJson(['run', settings, imageShape, classCount]),
    row: { ...row, configuration },
  };
}

/** An expert of a row under trajectory matching; undefined of others. */
export function expertOf(row: ScalingRow): Part | undefined {
  const trajectory = trajectoryOf(row);
  if (trajectory === undefined) return undefined;
  const { network, augmentation, whitening, dataset } = row.configuration;
  const { imageShape, classCount } = shapeOf(dataset);
  const { batchSize } = trajectory.experts;
  return {
    kind: 'expert',
    name: `expert, ${classCount} classes`,
    key: canonicalJson(['expert', network, augmentation, whitening, batchSize, imageShape, classCount]),
    row,
  };
}

/** Options of trajectory matching; undefined of other losses. */
export function trajectoryOf({ configuration: { matching } }: Pick<ScalingRow, 'configuration'>) {
  return matching.method === 'mtt' ? (matching as unknown as TrajectoryOptions) : undefined;
}
