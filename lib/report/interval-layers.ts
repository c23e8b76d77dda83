/** What most charts here draw: a mean, how sure it is, and the measurements behind it. */
import type { Interval } from './confidence';

/** A row of such a chart. Further keys serve as further channels. */
export interface IntervalRow extends Interval {
  /** Each measurement, e.g. of a student or a seed. */
  values: readonly number[];
  /** The field of each measurement: no factor may be called so. */
  value?: never;
}

export interface IntervalLayersOptions {
  /** Channel on which values lie. Default 'x'. */
  along?: 'x' | 'y';
  /** Definition of that channel, less its field. */
  axis: Record<string, unknown>;
  /** All other channels. */
  encoding: Record<string, unknown>;
  /** Channels of the mean's point alone, e.g. its shape. */
  pointEncoding?: Record<string, unknown>;
  /** Area of a mean's point. Default 40. */
  size?: number;
}

/**
 * Layers: a line from low to high, a faint tick for each measurement, a point for the mean.
 * @param rows factors of a row beside its interval; they can be used as fields
 */
export function intervalLayers<Row extends IntervalRow>(rows: readonly Row[], options: IntervalLayersOptions) {
  const { along = 'x', axis, encoding, pointEncoding = {}, size = 40 } = options;
  const means = rows.map((row) => ({ ...row, values: undefined }));
  const measurements = rows.flatMap(({ values, ...row }) => values.map((value) => ({ ...row, value })));
  const on = (field: string) => ({ ...encoding, [along]: { type: 'quantitative', field, ...axis } });
  return [
    {
      data: { values: means },
      mark: { type: 'rule', strokeWidth: 1.2 },
      encoding: { ...on('low'), [`${along}2`]: { field: 'high' } },
    },
    {
      data: { values: measurements },
      mark: { type: 'tick', opacity: 0.5, thickness: 1, size: 8, orient: along === 'x' ? 'vertical' : 'horizontal' },
      encoding: on('value'),
    },
    {
      data: { values: means },
      mark: { type: 'point', filled: true, size, opacity: 1 },
      encoding: { ...on('mean'), ...pointEncoding },
    },
  ];
}
