/** Whether memory holds a run, said before it is tried. */
import type { PreparedDataset } from '../../data/image-source';
import type { Configuration } from '../../distillation/configuration';
import { estimateRun, type RunEstimate } from '../../distillation/estimate';
import type { Untried } from './measurement';
import { trajectoryOf } from './parts';

export interface FittedRun {
  configuration: Configuration;
  /** Absent where nothing can be told, as on a GPU. */
  estimate?: RunEstimate;
  /** Why it cannot be tried. */
  lacking?: Untried;
}

/**
 * The configuration as it is, where memory holds it by the estimate; else, under trajectory matching, with its unroll walked back step
 * by step, where that fits.
 * @param freeBytes that may be taken
 */
export function fitToMemory(configuration: Configuration, data: PreparedDataset, freeBytes: number): FittedRun {
  const estimate = estimateRun(configuration, data);
  if (estimate === undefined || estimate.ownBytes <= freeBytes) return { configuration, estimate };
  const { matching } = configuration;
  if (trajectoryOf({ configuration })?.unroll === 'full') {
    return fitToMemory(
      { ...configuration, matching: { ...matching, unroll: 'stepwise' } as typeof matching },
      data,
      freeBytes,
    );
  }
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const { ownBytes: bytes } = estimate;
  const why = `it needs about ${gigabytes(bytes)} of memory, and ${gigabytes(freeBytes)} were free`;
  return { configuration, estimate, lacking: { why, bytes } };
}
