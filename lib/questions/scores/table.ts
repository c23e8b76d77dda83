/** Scores as tables: sets beside the full data and random real images, and whether a smaller loss means a better set. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import {
  augmentationRobustScore,
  hardLabelRecovery,
  improvementOverRandom,
  labelRobustScore,
  rankCorrelation,
} from '../../evaluation/scores';
import { confidenceInterval } from '../../report/confidence';
import { labelsTexts } from '../../report/labels-text';
import { intervalText, rounded } from '../../report/number-text';
import { accuracyColumns, foldersOf, recipesOf } from '../../report/over-seeds';
import { accuracyTitle } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';
import { readResultsSet } from '../../runs/distilled-file';
import type { RunResult } from '../../runs/train-students';
import { endingLoss } from '../ending-loss';

/** A set that is scored. */
export interface ScoredSet {
  /** As the table calls it. */
  label: string;
  /** With students that were trained with augmentation, a seed each. */
  augmented: readonly RunResult[];
  /** The same sets with students that were trained without: `evaluateRun(run, { evaluation: { augmentation: 'none' } })`. Without them there is no ARS. */
  plain?: readonly RunResult[];
}

export interface ScoresOptions {
  /** Runs on the full data; their mean is what HLR is taken from, in every seed. */
  full: readonly RunResult[];
  /** Random real images of the same budget, with the seeds of the sets. */
  random: Omit<ScoredSet, 'label'>;
  /** w of LRS. Default 1/2. */
  labelWeight?: number;
  /** g of ARS. Default 1/2. */
  augmentationWeight?: number;
}

/**
 * A row a set: accuracy, HLR, IOR, LRS and ARS, what it decodes to and what it took. Scores are reckoned within seeds, for those that
 * the set and the random images both have; then mean and interval over seeds by Student's t. Scores that compare what is not labelled
 * alike are left out and say so: HLR and LRS are of hard labels, and IOR and ARS of sets whose labels are those of the random images.
 * @throws RangeError where students are not trained alike, so that scores would be of recipes and not of sets; for a run among those
 * with augmentation that was trained without, or the other way round; and where a seed is there twice
 * @see lib/evaluation/scores.ts for the formulas
 */
export function scoresTable(name: string, sets: readonly ScoredSet[], options: ScoresOptions): ReportTable {
  const { full, random } = options;
  if (full.length === 0) throw new RangeError('scoresTable: expected a run on the full data, got none.');
  const compared = [random, ...sets];
  const augmented = compared.flatMap((set) => set.augmented);
  const plain = compared.flatMap((set) => set.plain ?? []);
  requireAugmentation(augmented, true);
  requireAugmentation(plain, false);
  requireAlike(augmented);
  requireAlike(plain);
  accuracyTitle(recipesOf([...full, ...augmented, ...plain]));
  const rows = sets.map((set) => ({ ...set, scores: scoresOf(set, options) }));
  const results = rows.map((row) => row.augmented);
  return {
    name,
    runs: foldersOf([...full, ...augmented, ...plain]),
    table: table({
      'training set': rows.map(({ label }) => label),
      labels: results.map(labelsTexts),
      ...accuracyColumns(results),
      ...scoreColumns(
        'HLR',
        100,
        rows.map(({ scores }) => scores.recovery),
      ),
      ...scoreColumns(
        'IOR',
        100,
        rows.map(({ scores }) => scores.improvement),
      ),
      ...scoreColumns(
        'LRS',
        1,
        rows.map(({ scores }) => scores.labels),
      ),
      ...scoreColumns(
        'ARS',
        1,
        rows.map(({ scores }) => scores.augmentation),
      ),
      'seeds scored': rows.map(({ scores }) => scores.seeds),
      'images per class': results.map((own) => rounded(own[0].imagesPerClass, 2)),
      'decoded images': results.map((own) => decodedImages(own[0])),
      'updates of a student': results.map((own) => own[0].updates),
      'seconds of a run': results.map((own) => Math.round(mean(own.map(({ seconds }) => seconds)))),
      'peak memory (GB)': results.map((own) => rounded(Math.max(...own.map(({ peakBytes }) => peakBytes)) / 1e9, 1)),
    }),
  };
}

/** Scores, a seed each; or why there are none. */
interface SeededScores {
  seeds: number;
  recovery: number[] | string;
  improvement: number[] | string;
  labels: number[] | string;
  augmentation: number[] | string;
}

function scoresOf(
  set: ScoredSet,
  { full: fullRuns, random, labelWeight, augmentationWeight }: ScoresOptions,
): SeededScores {
  const full = mean(fullRuns.map(({ accuracy }) => accuracy.mean));
  const [own, others] = [bySeed(set.augmented), bySeed(random.augmented)];
  const [plain, othersPlain] = [bySeed(set.plain ?? []), bySeed(random.plain ?? [])];
  const scores = { recovery: [], improvement: [], labels: [], augmentation: [] } as Record<string, number[]>;
  for (const [seed, distilled] of own) {
    const other = others.get(seed);
    if (other === undefined) continue;
    scores.recovery.push(hardLabelRecovery(full, distilled));
    scores.improvement.push(improvementOverRandom(distilled, other));
    scores.labels.push(labelRobustScore({ full, distilled, random: other }, labelWeight));
    const without = { distilled: plain.get(seed), random: othersPlain.get(seed) };
    if (without.distilled === undefined || without.random === undefined) continue;
    const pair = { distilled: without.distilled, random: without.random };
    scores.augmentation.push(augmentationRobustScore({ distilled, random: other }, pair, augmentationWeight));
  }
  const [labels, othersLabels] = [set, random].map(({ augmented, plain = [] }) =>
    labelsTexts([...augmented, ...plain]),
  );
  const alike = (values: number[]) => (labels === othersLabels ? values : `random images are labelled ${othersLabels}`);
  const hard = <Values>(values: Values) => (labels === 'hard' ? values : 'soft labels');
  return {
    seeds: labels === othersLabels ? scores.improvement.length : 0,
    recovery: hard(scores.recovery),
    improvement: alike(scores.improvement),
    labels: hard(alike(scores.labels)),
    augmentation: alike(scores.augmentation),
  };
}

function bySeed(runs: readonly RunResult[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const { configuration, accuracy, run } of runs) {
    const { seed } = configuration;
    if (found.has(seed)) {
      throw new RangeError(`scoresTable: seed ${seed} is there twice for one set, e.g. in ${run}; give a run a seed.`);
    }
    found.set(seed, accuracy.mean);
  }
  return found;
}

/** Mean and interval; HLR and IOR in percent, as accuracies are. */
function scoreColumns(score: string, scale: 1 | 100, rows: readonly (number[] | string)[]): Record<string, string[]> {
  const [unit, digits] = scale === 100 ? [' (%)', 1] : ['', 3];
  const text = (value: number) => (scale * value).toFixed(digits);
  const cells = (of: (values: number[]) => string) =>
    rows.map((values) => (typeof values === 'string' ? values : values.length === 0 ? 'no pair' : of(values)));
  return {
    [`${score}${unit}`]: cells((values) => text(mean(values))),
    [`95 % interval of ${score}${unit}`]: cells((values) =>
      values.length > 1 ? intervalText(confidenceInterval(values), text) : 'one seed',
    ),
  };
}

function requireAugmentation(runs: readonly RunResult[], wanted: boolean): void {
  const wrong = runs.find(({ configuration }) => (configuration.evaluation.augmentation !== 'none') !== wanted);
  if (!wrong) return;
  const { augmentation } = wrong.configuration.evaluation;
  throw new RangeError(
    `scoresTable: the students of ${wrong.run} were trained with the augmentation '${augmentation}'; those of '${wanted ? 'augmented' : 'plain'}' are trained ${wanted ? 'with some' : "with 'none'"}.`,
  );
}

/** Students of one recipe: their number apart, and the step size that trajectory matching learns, which comes with the set. */
function requireAlike(runs: readonly RunResult[]): void {
  const recipeOf = ({ configuration: { network, evaluation } }: RunResult, learningRate: unknown) =>
    JSON.stringify({ network, ...evaluation, students: undefined, learningRate });
  const rateOf = ({ configuration }: RunResult) => configuration.evaluation.learningRate;
  const fixed = runs.find((run) => rateOf(run) !== 'learned');
  const [first] = runs;
  const other = runs.find(
    (run) =>
      recipeOf(run, 'any') !== recipeOf(first, 'any') ||
      (fixed && rateOf(run) !== 'learned' && rateOf(run) !== rateOf(fixed)),
  );
  if (!other) return;
  throw new RangeError(
    `scoresTable: the students of ${other.run} are not trained as those of ${first.run}; scores compare sets with one network and one 'evaluation'.`,
  );
}

/** Different training images that a set yields: with HaBa, of every basis through every hallucinator. */
function decodedImages({ kind, trainingImages, ...result }: RunResult): number {
  if (kind !== 'distillation') return trainingImages;
  const distilled = readResultsSet(result);
  distilled.dispose();
  const { set } = distilled;
  return set.views * set.formations * set.itemCount;
}

/**
 * Whether a smaller distillation loss means a better set: Spearman's correlation of the loss with the accuracy, over the runs of a grid,
 * each method by itself, since their losses are other quantities. The loss is {@link endingLoss}.
 * @param runs distillations; others are left out
 */
export function lossCorrelationTable(name: string, runs: readonly RunResult[]): ReportTable {
  const distilled = runs.filter(({ kind }) => kind === 'distillation');
  const methods = [...new Set(distilled.map(({ configuration }) => configuration.matching.method))];
  const groups = methods.map((method) =>
    distilled.filter(({ configuration }) => configuration.matching.method === method),
  );
  return {
    name,
    runs: foldersOf(distilled),
    table: table({
      method: methods.map((method) => method.toUpperCase()),
      runs: groups.map(({ length }) => length),
      'rank correlation of loss and accuracy': groups.map((group) => {
        const accuracies = group.map(({ accuracy }) => accuracy.mean);
        const correlation = rankCorrelation(
          group.map((result) => endingLoss({ result })),
          accuracies,
        );
        return correlation === undefined ? 'none' : correlation.toFixed(2);
      }),
    }),
  };
}
