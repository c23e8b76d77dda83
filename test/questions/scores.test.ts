/** The table of scores against numbers reckoned by hand; and the grid that asks for what it needs, run in small. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { shapeOf } from '../../lib/data/dataset-names';
import { scoredSets, scoresGrid } from '../../lib/questions/scores/grid';
import { lossCorrelationTable, scoresTable, type ScoredSet } from '../../lib/questions/scores/table';
import { runGrid } from '../../lib/experiments/grid';
import { setTaskOf } from '../../lib/experiments/task';
import { readMetrics } from '../../lib/runs/run-files';
import { run } from '../../lib/runs/run';
import type { RunOptions } from '../../lib/runs/context';
import type { RunResult } from '../../lib/runs/train-students';
import { createProgress } from '../../lib/terminal/progress';
import { madeUpRun } from '../report/made-up-run';

let options: RunOptions & { runs: string };
before(() => {
  options = { runs: mkdtempSync(path.join(tmpdir(), 'haba-scores-')), progress: createProgress({ form: 'silent' }) };
});
after(() => rmSync(options.runs, { recursive: true, force: true }));

/** A run on real images, an accuracy a seed. */
const runs = (name: string, accuracies: number[], evaluation: object = {}): RunResult[] =>
  accuracies.map((accuracy, seed) => {
    const recipe = { updates: 300, split: 'test', augmentation: 'flip', learningRate: 0.01, ...evaluation } as const;
    const made = madeUpRun(`${name}-${seed}`, { students: [accuracy], seed, evaluation: recipe });
    return { ...made, kind: 'random' as const, trainingImages: 100, updates: 300 };
  });
const plainly = (name: string, accuracies: number[]) => runs(`${name}-plain`, accuracies, { augmentation: 'none' });

const full = runs('full', [0.84]).concat(runs('full-more', [0.86]));
const random: Omit<ScoredSet, 'label'> = {
  augmented: runs('random', [0.3, 0.32]),
  plain: plainly('random', [0.25, 0.25]),
};
const herding: ScoredSet = {
  label: 'herding',
  augmented: runs('herding', [0.6, 0.6]),
  plain: plainly('herding', [0.35, 0.37]),
};

test('scores are reckoned within seeds, then put together: means and intervals', () => {
  const [row] = scoresTable('scores', [herding], { full, random }).table.objects() as Record<string, unknown>[];
  assert.equal(row['training set'], 'herding');
  // 0.85 - 0.6 with both seeds; 0.3 and 0.28, whose interval is 0.29 +- 12.706 x 0.014142 / sqrt 2 = 0.12706.
  assert.deepEqual([row['HLR (%)'], row['95 % interval of HLR (%)']], ['25.0', '25.0 to 25.0']);
  assert.deepEqual([row['IOR (%)'], row['95 % interval of IOR (%)']], ['29.0', '16.3 to 41.7']);
  // alpha = (0.3 - 0.25) / 2 = 0.025 and (0.28 - 0.25) / 2 = 0.015: exp 1.0253151 and 1.0151131, so LRS 0.27971 and 0.27537.
  assert.equal(row.LRS, '0.278');
  // beta = (0.3 + 0.1) / 2 = 0.2 and (0.28 + 0.12) / 2 = 0.2: (1.2214028 - 0.3678794) / 2.3504024 = 0.363.
  assert.deepEqual([row.ARS, row['95 % interval of ARS']], ['0.363', '0.363 to 0.363']);
  assert.deepEqual([row['seeds scored'], row['decoded images'], row['updates of a student']], [2, 100, 300]);
  assert.equal(row['peak memory (GB)'], 1);
});

test('without students of both sides there is no ARS, without a shared seed no score, and the table says so', () => {
  const few: ScoredSet[] = [
    { label: 'augmented alone', augmented: herding.augmented },
    { label: 'one seed', augmented: herding.augmented.slice(1), plain: herding.plain },
    {
      label: 'other seeds',
      augmented: herding.augmented.map((one) => ({ ...one, configuration: seeded(one, 7) })).slice(1),
    },
  ];
  const rows = scoresTable('scores', few, { full, random }).table.objects() as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => [row['seeds scored'], row['IOR (%)'], row.ARS, row['95 % interval of ARS']]),
    [
      [2, '29.0', 'no pair', 'no pair'],
      [1, '28.0', '0.363', 'one seed'],
      [0, 'no pair', 'no pair', 'no pair'],
    ],
  );
});

test('what is not labelled alike is not scored, and the table says what each is labelled with', () => {
  const softly = (result: RunResult): RunResult => ({
    ...result,
    configuration: { ...result.configuration, labels: { kind: 'experts' } as RunResult['configuration']['labels'] },
  });
  const soft: ScoredSet = {
    label: 'soft',
    augmented: herding.augmented.map(softly),
    plain: herding.plain!.map(softly),
  };
  const rowOf = (set: ScoredSet, others: Omit<ScoredSet, 'label'>) => {
    const [row] = scoresTable('scores', [set], { full, random: others }).table.objects() as Record<string, unknown>[];
    return [row.labels, row['HLR (%)'], row['IOR (%)'], row.LRS, row.ARS, row['seeds scored']];
  };
  const other = 'random images are labelled hard';
  assert.deepEqual(rowOf(soft, random), ['soft, by experts', 'soft labels', other, 'soft labels', other, 0]);
  const alike = { augmented: random.augmented.map(softly), plain: random.plain!.map(softly) };
  assert.deepEqual(rowOf(soft, alike), ['soft, by experts', 'soft labels', '29.0', 'soft labels', '0.363', 2]);
  assert.deepEqual(rowOf(herding, random), ['hard', '25.0', '29.0', '0.278', '0.363', 2]);
});

const seeded = ({ configuration }: RunResult, seed: number) => ({ ...configuration, seed });

test('scores of recipes instead of sets are refused: other students, other splits, augmentation on the wrong side', () => {
  const scored = (set: Partial<ScoredSet>) => () => scoresTable('scores', [{ ...herding, ...set }], { full, random });
  assert.throws(
    scored({ plain: herding.augmented }),
    /with the augmentation 'flip'; those of 'plain' are trained with 'none'/,
  );
  assert.throws(
    scored({ augmented: herding.plain }),
    /with the augmentation 'none'; those of 'augmented' are trained with some/,
  );
  const evaluated = (evaluation: object) => runs('herding', [0.6, 0.6], evaluation);
  assert.throws(scored({ augmented: evaluated({ updates: 900 }) }), /are not trained as those of .*random-0/);
  assert.throws(scored({ augmented: evaluated({ learningRate: 0.1 }) }), /are not trained as those of/);
  assert.throws(scored({ augmented: evaluated({ split: 'validation' }) }), /are not trained as those of/);
  // What trajectory matching learned belongs to the set.
  assert.ok(scored({ augmented: evaluated({ learningRate: 'learned' }) })());
  assert.throws(scored({ augmented: [...herding.augmented, ...herding.augmented] }), /seed 0 is there twice/);
  const validated = runs('full', [0.85], { split: 'validation' });
  assert.throws(() => scoresTable('scores', [herding], { full: validated, random }), /both splits/);
  assert.throws(() => scoresTable('scores', [herding], { full: [], random }), /a run on the full data, got none/);
});

const small = { network: { width: 4, depth: 1 }, evaluation: { students: 1, updates: 2 } } as const;
const smoke = { profile: 'smoke', dataset: 'shapes' } as const;
const haba = (basesPerClass: number) => ({
  ...{ iterations: 2, matching: { method: 'dm', realBatch: 2 } as const },
  set: { kind: 'haba', basesPerClass, hallucinators: 2 } as const,
});

test('the grid asks for the full data once, and for everything else with augmentation and without, of one set', async () => {
  const sets = { HaBa: haba(1), 'HaBa, more': haba(2), herding: { baseline: 'herding' } as const };
  const cells = scoresGrid(smoke, { sets, ipc: 2, seeds: [3, 4], ...small });
  assert.equal(cells.length, 1 + 2 * 4 * 2);
  assert.equal(new Set(cells.map(({ label }) => label)).size, cells.length);
  const [whole, ...others] = cells;
  assert.deepEqual(whole.factors, { set: 'full data', augmentation: 'with', seed: 3 });
  // Its students are as long as the profile's, for hundreds of times the images.
  const evaluationOf = ({ task }: (typeof cells)[number]) => setTaskOf(task).input.evaluation!;
  assert.deepEqual([evaluationOf(whole).updates, evaluationOf(whole).students], [undefined, 1]);
  assert.equal(evaluationOf(others.find(({ factors }) => factors.set === 'herding')!).updates, 2);

  const found = await runGrid(
    others.filter(({ factors }) => factors.seed === 3 && factors.set !== 'herding'),
    options,
  );
  for (const set of ['random real images', 'HaBa', 'HaBa, more']) {
    const [augmented, plain] = found.filter(({ factors }) => factors.set === set).map(({ result }) => result);
    // No set is made twice for the students without augmentation.
    assert.equal(augmented.run, plain.run);
    assert.notEqual(augmented.configuration.evaluation.augmentation, 'none');
    assert.equal(plain.configuration.evaluation.augmentation, 'none');
    assert.deepEqual([augmented.updates, plain.updates], [2, 2]);
  }

  const fullData = { ...whole, result: madeUpRun('full', { students: [0.9] }) };
  const table = scoresTable('scores', ...scoredSets([fullData, ...found])).table;
  const rows = table.objects() as Record<string, unknown>[];
  // Two and four bases of each of shapes' classes, through two hallucinators.
  const { classCount } = shapeOf('shapes');
  assert.deepEqual(
    rows.map((row) => [row['training set'], row['seeds scored'], row['decoded images']]),
    [
      ['HaBa', 1, 2 * classCount],
      ['HaBa, more', 1, 4 * classCount],
    ],
  );
  const accuracy = (set: string, augmentation: string) =>
    found.find(({ factors }) => factors.set === set && factors.augmentation === augmentation)!.result.accuracy.mean;
  const ahead = accuracy('HaBa', 'with') - accuracy('random real images', 'with');
  assert.equal(rows[0]['IOR (%)'], (100 * ahead).toFixed(1));
});

test('loss and accuracy are correlated over the runs of a method, by the loss that they end with', async () => {
  const made = [];
  for (const basesPerClass of [1, 2, 3])
    made.push(await run({ ...smoke, ...small, seed: 3, ...haba(basesPerClass) }, options));
  const ends = made.map((one) => readMetrics(one.run).at(-1)!.loss);
  // Accuracies that fall as losses rise.
  const told = made.map((one, place) => ({
    ...one,
    accuracy: { ...one.accuracy, mean: ends.filter((loss) => loss > ends[place]).length / 10 },
  }));
  const { table, runs: folders } = lossCorrelationTable('loss', [...told, ...random.augmented]);
  assert.deepEqual(table.objects(), [{ method: 'DM', runs: 3, 'rank correlation of loss and accuracy': '-1.00' }]);
  assert.equal(folders.length, 2 * 3);
});

test('a set whose name the grid has already, and a setting that there is not, are refused before anything is run', () => {
  assert.throws(() => scoresGrid(smoke, { sets: { 'full data': {} } }), /'full data' is in the grid in any case/);
  assert.throws(() => scoresGrid(smoke, { sets: { 'DM, few': { iterations: -1 } } }), /iterations/);
});
