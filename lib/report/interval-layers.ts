/** What most charts here draw: a mean, how sure it is, and the measurements behind it. */
import type { PositionFieldDef } from 'vega-lite/build/src/channeldef';
import type { Encoding } from 'vega-lite/build/src/encoding';
import type { UnitSpec } from 'vega-lite/build/src/spec';
import type { Interval } from './confidence';
import { togetherDetails, type RunDetails } from './run-details';

/** A row of such a chart. Further keys serve as further channels. */
export interface IntervalRow extends Interval {
  /** Each measurement, e.g. of a student or a seed. */
  values: readonly number[];
  /** The run that each measurement is of: shown where a reader points at it, and all of them at the mean. Default: the row's factors alone. */
  of?: readonly RunDetails[];
  /** The field of each measurement: no factor may be called so. */
  value?: never;
}

/** Channels whose fields are keys of a row. */
type Channels<Row> = Encoding<keyof Row & string>;

interface LayersOptions<Row> {
  /** Definition of the channel on which values lie, less its field. */
  axis: Omit<PositionFieldDef<string>, 'field' | 'type'>;
  /** Channels of the mean's point alone, e.g. its shape. */
  pointEncoding?: Channels<Row>;
  /** Area of a mean's point. Default 40. */
  size?: number;
  /** Whether a faint line joins the means. Default false. */
  joined?: boolean;
}

/** `along`: the channel on which values lie, by default 'x'; `encoding`: all other channels. */
export type IntervalLayersOptions<Row> = LayersOptions<Row> &
  (
    | { along?: 'x'; encoding: Omit<Channels<Row>, 'x' | 'x2'> }
    | { along: 'y'; encoding: Omit<Channels<Row>, 'y' | 'y2'> }
  );

/**
 * Layers: a line from low to high, a faint tick for each measurement, a point for the mean.
 * @param rows factors of a row beside its interval; they can be used as fields
 */
export function intervalLayers<Row extends IntervalRow>(
  rows: readonly Row[],
  options: IntervalLayersOptions<Row>,
): UnitSpec<string>[] {
  const { along = 'x', axis, encoding, pointEncoding = {}, size = 40, joined = false } = options;
  const means = rows.map(({ of = [], ...row }) => ({ ...row, values: undefined, ...togetherDetails(of) }));
  const measurements = rows.flatMap(({ values, of = [], ...row }) =>
    values.map((value, place) => ({ ...row, value, ...of[place] })),
  );
  const on = (field: keyof Interval | 'value'): Encoding<string> => {
    const values = { type: 'quantitative' as const, field, ...axis };
    return along === 'x' ? { ...encoding, x: values } : { ...encoding, y: values };
  };
  const line: UnitSpec<string> = {
    data: { values: means },
    // A line is of many rows.
    mark: { type: 'line', strokeWidth: 0.8, opacity: 0.6, tooltip: null },
    encoding: on('mean'),
  };
  return [
    ...(joined ? [line] : []),
    {
      data: { values: means },
      mark: { type: 'rule', strokeWidth: 1.2 },
      encoding: { ...on('low'), ...(along === 'x' ? { x2: { field: 'high' } } : { y2: { field: 'high' } }) },
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
