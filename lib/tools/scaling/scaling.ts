/** What the paper's table takes on this machine: a piece of each row really run, and hours reckoned from it. */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { shapeOf } from '../../data/dataset-names';
import { iterationOperations } from '../../distillation/estimate';
import { hashOf } from '../../files/canonical-json';
import { makeFolder } from '../../files/file-error';
import { resultsFolder } from '../../files/results-folder';
import { readSealed, writeSealed } from '../../files/sealed-json';
import { RunStopped } from '../../runs/context';
import { computingThreads, useBackend } from '../../tensor/backend';
import { freeMemory } from '../../tensor/memory';
import { listenForInterrupt } from '../../terminal/interrupt';
import { createProgress, type ProgressReporter } from '../../terminal/progress';
import { measureApart, ProcessKilled } from './measure-apart';
import { measurementSchemas, type ExpertMeasurement, type RunMeasurement } from './measurement';
import { expertOf, runOf, trajectoryOf, type Part } from './parts';
import { reckonIterations, type ReckonedIteration } from './reckoning';
import { scalingRows, type ScalingRow } from './rows';

export interface ScalingOptions {
  /** Default: those of the paper's table. */
  rows?: readonly ScalingRow[];
  /** Where measurements are kept. Default: results/scaling. */
  folder?: string;
  /** Measures what was measured before, too. Default false. */
  again?: boolean;
  /** Iterations that would take longer, by the estimate, are not tried. Default 600. */
  longestSeconds?: number;
  progress?: ProgressReporter;
  signal?: AbortSignal;
}

export interface ScaledRow {
  row: ScalingRow;
  measurement: RunMeasurement;
  iteration: ReckonedIteration;
}

/** The experts of one dataset, which all its rows share. */
export interface ScaledExperts {
  /** As tables have it. */
  dataset: string;
  count: number;
  /** As many as the longest of the rows' needs. */
  epochs: number;
  /** That an epoch shows. */
  images: number;
  measurement: ExpertMeasurement;
}

export interface Scaling {
  rows: ScaledRow[];
  experts: ScaledExperts[];
}

/**
 * Measures rows one after the other, each in a process of its own; what is measured is kept, on a machine like this. Rows of equal
 * shapes are measured once. A row that memory does not hold, by the estimate, is not tried: its hours are then reckoned from the others'; a row of
 * trajectory matching is first tried with its unroll walked back step by step. Where the system ends a process all the same, the row
 * counts as not tried.
 * @throws RunStopped after an interrupt; what is measured is kept, and the same again goes on
 */
export async function scaling(options: ScalingOptions = {}): Promise<Scaling> {
  const { rows = scalingRows(), folder = resultsFolder('scaling'), again = false, longestSeconds = 600 } = options;
  const progress = options.progress ?? createProgress();
  const interrupt = listenForInterrupt(options.signal);
  const { signal } = interrupt;
  makeFolder(folder, { instead: 'HABA_RESULTS' });
  const parts = new Map<string, Part>();
  for (const part of [...rows.map(expertOf), ...rows.map(runOf)]) {
    if (part && !parts.has(part.key)) parts.set(part.key, part);
  }
  const measured = { run: new Map<string, RunMeasurement>(), expert: new Map<string, ExpertMeasurement>() };
  let done = 0;
  try {
    progress.stage({ name: 'measuring', total: parts.size });
    for (const part of parts.values()) {
      const { kind, name, key, row } = part;
      const { configuration, size } = row;
      const request = { kind, configuration, size, longestSeconds };
      const onNote = (message: string) => progress.note(`${name}: ${message}`);
      const kept = keptIn(folder, part);
      const before = again ? undefined : kept.read();
      // What was not tried may be now.
      const found = before && isWorthTrying(before, longestSeconds) ? undefined : before;
      const apart = async () => {
        try {
          return await measureApart(request, { onNote, signal });
        } catch (error) {
          if (kind !== 'run' || !(error instanceof ProcessKilled)) throw error;
          onNote(error.message);
          return measureApart({ ...request, untried: { why: error.message } }, { onNote, signal });
        }
      };
      const measurement = found ?? (await apart().catch(explain(name)));
      if (measurement !== found) kept.write(measurement);
      (measured[kind] as Map<string, typeof measurement>).set(key, measurement);
      done += 1;
      progress.update(done);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new RunStopped(
      `Stopped: ${done} of ${parts.size} are measured, and kept in ${folder}; the same again goes on.`,
    );
  } finally {
    progress.end();
    interrupt.release();
  }
  await useBackend();
  const found = rows.map((row) => ({ row, measurement: measured.run.get(runOf(row).key)! }));
  const iterations = reckonIterations(
    found.map(({ row, measurement }) => ({ loss: row.loss, operations: operationsOf(row, measurement), measurement })),
    computingThreads(),
  );
  return {
    rows: found.map((one, place) => ({ ...one, iteration: iterations[place] })),
    experts: expertsOf(rows, (row) => measured.expert.get(expertOf(row)!.key)!),
  };
}

/** Of an iteration as it was, or would have been, measured. */
function operationsOf({ configuration }: ScalingRow, { unroll }: RunMeasurement): number | undefined {
  const { matching } = configuration;
  const asMeasured = unroll === undefined ? matching : ({ ...matching, unroll } as typeof matching);
  return iterationOperations({ ...configuration, matching: asMeasured }, shapeOf(configuration.dataset));
}

/** Whether what was too long, or too large, is so no more. */
function isWorthTrying(kept: RunMeasurement | ExpertMeasurement, longestSeconds: number): boolean {
  if (!('untried' in kept) || kept.untried === undefined) return false;
  const { seconds = 0, bytes = 0 } = kept.untried;
  return seconds <= longestSeconds && bytes <= freeMemory();
}

function explain(name: string) {
  return (error: unknown): never => {
    throw new Error(`${name} could not be measured: ${(error as Error).message}`, { cause: error });
  };
}

/** For each dataset, as many experts and epochs as the most demanding of its rows asks for. */
function expertsOf(rows: readonly ScalingRow[], measured: (row: ScalingRow) => ExpertMeasurement): ScaledExperts[] {
  const datasets = [...new Set(rows.filter(trajectoryOf).map(({ dataset }) => dataset))];
  return datasets.map((dataset) => {
    const own = rows.filter((row) => row.dataset === dataset && trajectoryOf(row));
    const experts = own.map((row) => trajectoryOf(row)!.experts);
    return {
      dataset,
      count: Math.max(...experts.map(({ count }) => count)),
      epochs: Math.max(...experts.map(({ epochs }) => epochs)),
      images: own[0].size.train,
      measurement: measured(own[0]),
    };
  });
}

/** The measurement of one part on a machine like this one, as a file. */
function keptIn(folder: string, { kind, name, key }: Part) {
  const machine = [cpus()[0]?.model, availableParallelism(), computingThreads()];
  const hash = hashOf([key, machine], 10);
  const file = path.join(folder, `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${hash}.json`);
  const schema: z.ZodType<RunMeasurement | ExpertMeasurement> = measurementSchemas[kind];
  return {
    read: () =>
      existsSync(file) ? readSealed(file, schema, { identity: hash, advice: 'Remove it to measure anew.' }) : undefined,
    write: (measurement: object) => writeSealed(file, hash, measurement),
  };
}
