/** Accuracy against what a training set costs to store, over a logarithm: layers of a panel, the same whichever unit is counted. */
import type { UnitSpec } from 'vega-lite/build/src/spec';
import type { Interval } from './confidence';
import { intervalLayers } from './interval-layers';
import { wholeLegend } from './labels';
import type { RunDetails } from './run-details';
import { kindScales } from './theme';

/** A set, over its seeds. */
export interface StorageRow extends Interval {
  kind: string;
  /** Of sets that one line joins. Default: the kind. */
  line?: string;
  /** In the unit of the axis. */
  storage: number;
  values: number[];
  of: RunDetails[];
}

export interface StorageLayersOptions {
  /** In the order of the legend. */
  kinds: readonly string[];
  /** Titles of the axes; null for none, beside a panel that has them. */
  storageTitle: string | null;
  accuracyTitle: string | null;
  /** Ticks of storage. */
  ticks: readonly number[];
  /** Width of the legend under the panels, in points. */
  legendWidth: number;
}

/** A point and an interval a set, a colour and shape a kind, and a faint line through the sets of each. */
export function storageLayers(rows: readonly StorageRow[], options: StorageLayersOptions): UnitSpec<string>[] {
  const { kinds, storageTitle, accuracyTitle, ticks, legendWidth } = options;
  const scales = kindScales(kinds);
  const legend = { orient: 'bottom' as const, ...wholeLegend(kinds, legendWidth) };
  return intervalLayers(rows, {
    along: 'y',
    axis: { title: accuracyTitle, scale: { zero: false }, axis: { tickCount: 5 } },
    joined: true,
    encoding: {
      x: {
        field: 'storage',
        type: 'quantitative',
        title: storageTitle,
        scale: { type: 'log', nice: false, padding: 8 },
        axis: { values: [...ticks], format: '~s', grid: false },
      },
      color: { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend },
      ...(rows.some(({ line }) => line !== undefined) ? { detail: { field: 'line', type: 'nominal' } } : {}),
    },
    pointEncoding: { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape, legend } },
  });
}

/**
 * Multiples of every power of ten around some numbers.
 * @param steps which. Default 1, 2 and 5; over more than two powers, 1 alone
 */
export function ticksOver(numbers: readonly number[], steps?: readonly number[]): number[] {
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)].map((number) => Math.floor(Math.log10(number)));
  const multiples = steps ?? (last - first > 2 ? [1] : [1, 2, 5]);
  return Array.from({ length: last - first + 2 }, (_, power) =>
    multiples.map((multiple) => multiple * 10 ** (first + power)),
  ).flat();
}
