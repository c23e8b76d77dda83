/** RQ4: whether the adversary's view changes: L_cos from the first iterations to the last, and what the adversary comes to know. */
import { existsSync } from 'node:fs';
import { from } from 'arquero';
import { mean } from 'simple-statistics';
import { readAdversary } from '../../distillation/checkpoint';
import { accuracyMeter } from '../../evaluation/accuracy';
import { distilledTrainingSet } from '../../evaluation/training-set';
import type { GridRun } from '../../experiments/grid';
import { createAdversary } from '../../factorization/adversary';
import { dataAtHand } from '../../runs/data-at-hand';
import { readResultsSet } from '../../runs/distilled-file';
import { advice, hashInName, readMetrics, setFiles } from '../../runs/run-files';
import type { RunResult } from '../../runs/train-students';
import { disposeAll } from '../../tensor/parameters';
import type { LossCurve } from '../../report/loss-chart';
import { rounded } from '../../report/number-text';
import { differenceColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import { pairedDifference } from '../../report/paired';
import { groupSeeds } from '../../report/seed-groups';
import type { ReportTable } from '../../report/tables';
import type { ConstraintFactors } from './grid';

/** What the adversary of one run saw. */
export interface AdversaryView {
  /** L_cos of each iteration, from 0 (opposite) to 1 (identical). */
  cosine: number[];
  /**
   * Accuracy of the adversary after the last iteration, as fractions: on all hallucinations of the set, as they are stored, and on the
   * real test images. Absent where the run's checkpoint, which holds the adversary, was removed.
   */
  accuracy?: { hallucinations: number; test: number };
}

export type AdversaryRun = GridRun<ConstraintFactors> & { view: AdversaryView };

/** Looks at every run that has an adversary; those without L_cos have none. @param options folder of the datasets */
export async function measureAdversaries(
  runs: readonly GridRun<ConstraintFactors>[],
  { data }: { data?: string } = {},
): Promise<AdversaryRun[]> {
  const found: AdversaryRun[] = [];
  for (const run of runs) {
    const cosine = readMetrics(run.result.run).flatMap((metrics) => metrics.cosine ?? []);
    if (cosine.length === 0) continue;
    const accuracy = await accuracyOf(run.result, data);
    found.push({ ...run, view: { cosine, ...(accuracy ? { accuracy } : {}) } });
  }
  return found;
}

async function accuracyOf(result: RunResult, folder?: string): Promise<AdversaryView['accuracy']> {
  const { run, configuration } = result;
  const { checkpoint } = setFiles(run);
  if (!existsSync(checkpoint)) return undefined;
  const { dataset, whitening, holdOut, constraints } = configuration;
  const data = await dataAtHand(dataset, { data: folder, whitening, holdOut });
  const { imageShape, classCount } = data.train;
  const network = createAdversary({ ...constraints.adversary, imageShape, classCount });
  const adversary = readAdversary(checkpoint, { identity: hashInName(run), advice: advice(run) });
  const distilled = readResultsSet(result);
  const training = distilledTrainingSet(distilled.set, distilled.parameters);
  const count = distilled.set.views * training.count;
  const labels = training.labels(Int32Array.from({ length: count }, (_, row) => row));
  const accuracies: number[] = [];
  try {
    const hallucinations = { count, labels, batch: (rows: ArrayLike<number>) => training.batch(Int32Array.from(rows)) };
    for (const source of [hallucinations, data.test]) {
      const meter = accuracyMeter(network, source);
      try {
        accuracies.push(await meter(adversary));
      } finally {
        meter.dispose();
      }
    }
  } finally {
    training.dispose();
    distilled.dispose();
    disposeAll(adversary);
  }
  return { hallucinations: accuracies[0], test: accuracies[1] };
}

/** Means over the first and the last tenth of the iterations. */
function tenths(cosine: readonly number[]): { first: number; last: number } {
  const size = Math.max(1, Math.floor(cosine.length / 10));
  return { first: mean(cosine.slice(0, size)), last: mean(cosine.slice(-size)) };
}

/** A row a setting with an adversary: L_cos at the beginning and at the end, their difference within seeds, and the adversary's accuracy. */
export function adversaryTable(name: string, runs: readonly AdversaryRun[]): ReportTable {
  const rows = groupSeeds(runs).map(({ setting, runs: own }) => {
    const ends = own.map(({ factors: { seed }, view }) => ({ seed, ...tenths(view.cosine) }));
    const [before, after] = (['first', 'last'] as const).map((key) =>
      ends.map((one) => ({ seed: one.seed, value: one[key] })),
    );
    const change = differenceColumns([pairedDifference(after, before)], {
      ...{ baseline: 'the first tenth', scale: 1, unit: '', digits: 3 },
    });
    const accuracies = own.flatMap(({ view }) => view.accuracy ?? []);
    const percent = (of: 'hallucinations' | 'test') =>
      accuracies.length < own.length ? 'checkpoint removed' : (100 * mean(accuracies.map((one) => one[of]))).toFixed(1);
    return {
      constraints: setting.constraints,
      'L_cos, first tenth': rounded(mean(ends.map(({ first }) => first)), 3),
      'L_cos, last tenth': rounded(mean(ends.map(({ last }) => last)), 3),
      ...Object.fromEntries(Object.entries(change).map(([title, [cell]]) => [title, cell])),
      'adversary on hallucinations (%)': percent('hallucinations'),
      'adversary on test images (%)': percent('test'),
    };
  });
  return { name, runs: foldersOf(resultsOf({ runs })), table: from(rows) };
}

/** L_cos over iterations for `lossChart`: a curve a setting, the mean over its seeds. */
export function cosineCurves(runs: readonly AdversaryRun[]): LossCurve[] {
  return groupSeeds(runs).map(({ setting, runs: own }) => {
    const length = Math.min(...own.map(({ view }) => view.cosine.length));
    return {
      label: setting.constraints,
      metrics: Array.from({ length }, (_, place) => ({
        iteration: place + 1,
        loss: mean(own.map(({ view }) => view.cosine[place])),
      })),
    };
  });
}
