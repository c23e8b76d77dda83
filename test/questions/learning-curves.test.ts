/** Learning curves: the grid's cells, and tables and a chart of made-up curves whose crossings are known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configureTask } from '../../lib/experiments/look-up';
import { setTaskOf } from '../../lib/experiments/task';
import { learningCurves, usualSnapshots } from '../../lib/questions/learning-curves/grid';
import type { CurvePoint } from '../../lib/questions/learning-curves/measure';
import { crossingsTable, learningCurvesTable } from '../../lib/questions/learning-curves/table';
import { learningCurvesChart } from '../../lib/questions/learning-curves/chart';
import { chartFigure } from '../../lib/report/figure';
import { tableMacros } from '../../lib/report/table-text';
import { columnWidth } from '../../lib/report/style';
import { setHash } from '../../lib/runs/identity';
import { chartMarks } from '../report/chart-marks';
import { madeUpRun } from '../report/made-up-run';
import { assertReadable, textBoxes } from '../report/text-boxes';

const quick = { profile: 'quick', dataset: 'cifar10' } as const;

test('images and HaBa at each budget and loss, with three paired seeds; a point every snapshot and one at the end', () => {
  const cells = learningCurves(quick);
  assert.equal(new Set(cells.map(({ label }) => label)).size, cells.length);
  const seen = (key: 'method' | 'budget' | 'seed' | 'kind') => [...new Set(cells.map(({ factors }) => factors[key]))];
  assert.deepEqual(
    [seen('method'), seen('budget'), seen('seed')],
    [
      ['MTT', 'DSA', 'DM'],
      [1, 2, 10],
      [0, 1, 2],
    ],
  );
  assert.deepEqual(seen('kind'), ['images', 'HaBa, single-channel', 'HaBa']);
  for (const budget of [1, 2, 10]) {
    const kinds = cells.flatMap(({ factors }) => (factors.budget === budget ? [factors.kind] : []));
    assert.equal(new Set(kinds).size, 2, `budget ${budget}`);
  }
  for (const { factors, task } of cells) {
    const { made, others, snapshot } = configureTask(task);
    assert.equal(snapshot ?? made.iterations, factors.iteration);
    assert.deepEqual([made.evaluation.split, made.holdOut, made.evaluation.updates], ['validation', true, 300]);
    // Students of a snapshot are as many and as long as those of the last set.
    if (others) assert.deepEqual(others.evaluation, made.evaluation);
  }
});

test('all points of a curve are of one distillation, that of the same run without snapshots', () => {
  const own = learningCurves(quick, { budgets: [10], methods: ['dm'], kinds: ['images'], seeds: [4] });
  assert.deepEqual(
    own.map(({ factors }) => factors.iteration),
    [3, 10, 30, 100, 300],
  );
  const hashes = own.map(({ task }) => {
    const { made } = configureTask(task);
    return setHash({ kind: 'distillation', configuration: made, dataChecksum: 'ab' });
  });
  const { made } = configureTask({ kind: 'run', input: { ...setTaskOf(own[0].task).input, snapshots: undefined } });
  hashes.push(setHash({ kind: 'distillation', configuration: made, dataChecksum: 'ab' }));
  assert.equal(new Set(hashes).size, 1);
});

test('so many times as long as in the profile, each method by its own; iterations that are given say how long', () => {
  const given = { budgets: [10], methods: ['mtt', 'dm'], kinds: ['images'], seeds: [0], times: 3 } as const;
  const last = (options: object) =>
    [...new Set(learningCurves(quick, { ...given, ...options }).map(({ task }) => configureTask(task).made))].map(
      ({ matching, iterations }) => `${matching.method} ${iterations}`,
    );
  assert.deepEqual([...new Set(last({}))], ['mtt 600', 'dm 900']);
  assert.deepEqual([...new Set(last({ iterations: 40 }))], ['mtt 40', 'dm 40']);
});

test('lengths, snapshots, kinds and recipes can be chosen; where a profile counts epochs, updates are as many', () => {
  const cells = learningCurves(quick, {
    ...{ budgets: [2], methods: [{ method: 'dm', realBatch: 8 }], kinds: ['multi-formation'], seeds: [0] },
    ...{
      iterations: 50,
      snapshots: [0, 20, 50],
      evaluation: { updates: 7 },
      configuration: { network: { width: 64 } },
    },
  });
  assert.deepEqual(
    cells.map(({ factors }) => [factors.kind, factors.iteration]),
    [
      ['multi-formation', 0],
      ['multi-formation', 20],
      ['multi-formation', 50],
    ],
  );
  const { made } = configureTask(cells[0].task);
  assert.deepEqual([made.iterations, made.evaluation.updates, made.snapshots], [50, 7, [0, 20]]);
  assert.equal((made.network as { width?: number }).width, 64);
  const [paper] = learningCurves({ ...quick, profile: 'paper' }, { methods: ['dm'], budgets: [1] });
  const { evaluation } = configureTask(paper.task).made;
  assert.deepEqual([evaluation.epochs, evaluation.updates], [undefined, 1000]);
});

test('usual snapshots: ones and threes of the last two decades', () => {
  assert.deepEqual(usualSnapshots(300), [3, 10, 30, 100]);
  assert.deepEqual(usualSnapshots(15000), [300, 1000, 3000, 10000]);
  assert.deepEqual(usualSnapshots(10), [1, 3]);
  assert.deepEqual(usualSnapshots(1), []);
});

/**
 * At 1, 10 and 100 iterations: images 20, 30 and 40 %, HaBa 10, 30 + 5 and 60, moved by `apart` with each seed. HaBa takes twice the
 * seconds, which are those of iterations for images.
 */
const points: CurvePoint[] = [0, 1, 2].flatMap((seed) =>
  (['DM', 'MTT'] as const).flatMap((method) =>
    [1, 10, 100].flatMap((iteration, place) => {
      const common = { method, budget: 10, iteration, seed };
      const apart = 0.01 * (seed - 1);
      const point = (kind: string, accuracy: number, seconds: number): CurvePoint => ({
        label: '',
        factors: { ...common, kind },
        result: madeUpRun(`${kind}-${method}-${seed}`, {
          ...{ students: [accuracy], seed, evaluation: { updates: 300, split: 'validation' as const } },
        }),
        seconds,
      });
      const ahead = method === 'DM' ? [-0.1, 0.05, 0.2][place] : 0.1;
      const images = 0.2 + 0.1 * place;
      return [
        point('images', images, iteration),
        point('HaBa', images + ahead + (method === 'DM' ? apart : 0), 2 * iteration),
      ];
    }),
  ),
);

test('a row a point: accuracy over seeds on the validation images, and the difference after as many iterations', () => {
  const { table, runs } = learningCurvesTable('curves', points);
  assert.deepEqual([table.numRows(), runs.length], [12, 2 * 12]);
  const rows = table.objects() as Record<string, unknown>[];
  const row = rows.find((one) => one.loss === 'DM' && one['training set'] === 'HaBa' && one.iteration === 10)!;
  // 34, 35 and 36 % against 30 each: 5 +- t(2) x 1 / sqrt 3 = 2.48.
  assert.deepEqual(
    [row['validation accuracy (%)'], row['difference to images (%)'], row['95 % interval of the difference (%)']],
    [35, '+5.0', '+2.5 to +7.5'],
  );
  assert.equal(row['seconds of distillation'], 20);
  assert.equal(rows.find((one) => one['training set'] === 'images')!['difference to images (%)'], '');
  assert.match(tableMacros({ name: 'curves', table }), /habaCurves/);
});

test('crossings with images, over iterations and over seconds, with their intervals over seeds', () => {
  const { table } = crossingsTable('crossings', points);
  const rows = table.objects() as Record<string, unknown>[];
  const [iterations, seconds, ...never] = rows;
  // Two thirds of the decade: 10^(2/3) = 4.64; t(2) x 1 / sqrt 3 = 2.4843 points of 15 a decade, 0.16562 of it, to either side.
  assert.deepEqual(
    [iterations.loss, iterations.against, iterations.at, iterations.then, iterations['95 % interval over seeds']],
    ['DM', 'iterations', '4.6', 'ahead of images', '3.2 to 6.8'],
  );
  assert.deepEqual([iterations['measured from'], iterations['measured to'], iterations.pairs], ['1', '100', '3']);
  // Over v = log10 of seconds HaBa is 10 + 25 (v - log10 2) from 2 to 20, images 20 + 10 v: v = 1.16838, 14.7 seconds.
  assert.deepEqual(
    [seconds.against, seconds.at, seconds['measured from'], seconds['measured to']],
    ['seconds', '15', '2', '100'],
  );
  assert.deepEqual(
    never.map((row) => [row.loss, row.against, row.at]),
    [
      ['MTT', 'iterations', 'nowhere: ahead of images throughout'],
      ['MTT', 'seconds', 'nowhere: ahead of images throughout'],
    ],
  );
  assert.match(tableMacros({ name: 'crossings', table }), /habaCrossings/);
});

test('without images there is nothing to compare with, and one seed has no interval', () => {
  const alone = crossingsTable(
    'crossings',
    points.filter(({ factors }) => factors.kind === 'HaBa' && factors.method === 'DM'),
  );
  assert.deepEqual([...alone.table.array('at')], ['no images to compare with', 'no images to compare with']);
  const one = crossingsTable(
    'crossings',
    points.filter(({ factors }) => factors.seed === 1 && factors.method === 'DM'),
  );
  assert.deepEqual([one.table.get('at', 0), one.table.get('95 % interval over seeds', 0)], ['4.6', 'one seed']);
});

for (const against of ['iterations', 'seconds'] as const) {
  test(`the chart against ${against}: a panel a loss and budget, kinds named, what bands are; no wider than two columns`, async () => {
    const figure = await chartFigure('curves', learningCurvesChart(points, { caption: 'CIFAR-10', against }), []);
    assertReadable(figure);
    assert.ok(figure.width <= columnWidth('double') + 8, `${figure.width} points wide`);
    const said = textBoxes(figure.svg)
      .map(({ content }) => content)
      .join(' ');
    for (const text of [
      ...['DM, 10 images a class', 'MTT, 10 images a class', 'validation accuracy (%)', 'HaBa', 'images', 'CIFAR-10'],
      against === 'iterations' ? 'iteration' : 'seconds of distillation',
      'means over 3 seeds; bands: their 95 % confidence intervals over seeds (t)',
      'tested on the validation images',
    ])
      assert.ok(said.includes(text), `${text} is not in ${said}`);
  });
}

test('each point tells the runs behind it: names, seeds, configuration', async () => {
  const marks = await chartMarks(learningCurvesChart(points));
  const told = marks.filter(({ type }) => type === 'symbol').map(({ tooltip }) => tooltip!);
  assert.equal(told.length, 12);
  for (const { kind, method, seed, run, configuration } of told as Record<string, string>[]) {
    assert.deepEqual([seed, run], ['0, 1, 2', [0, 1, 2].map((one) => `${kind}-${method}-${one}`).join(', ')]);
    assert.match(configuration, /^shapes, images by dm, 10 iterations, profile smoke$/);
  }
});
