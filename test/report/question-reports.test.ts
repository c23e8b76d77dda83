/** Tables and charts of the four questions, from runs made up here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopLevelSpec } from 'vega-lite';
import type { Diversity, DiversityJudge } from '../../lib/experiments/diversity-of-runs';
import type { GridRun } from '../../lib/experiments/grid';
import type { ArchitectureFactors } from '../../lib/experiments/questions/cross-architecture';
import type { ConstraintFactors } from '../../lib/experiments/questions/constraint-ablation';
import type { DiversityFactors } from '../../lib/experiments/questions/diversity';
import { setKinds } from '../../lib/experiments/questions/sets-at-budget';
import type { StorageFactors } from '../../lib/experiments/questions/storage-efficiency';
import type { TuningFactors } from '../../lib/experiments/questions/tuning';
import type { RunResult } from '../../lib/runs/train-students';
import { ablationChart, ablationRows, ablationTable } from '../../lib/report/ablation-report';
import { architectureChart, architectureTable } from '../../lib/report/architecture-report';
import {
  diversityTable,
  embeddingChart,
  hallucinatorCountChart,
  measureDiversity,
} from '../../lib/report/diversity-report';
import { chartFigure } from '../../lib/report/figure';
import {
  equalAccuracyTable,
  floatsForAccuracy,
  publishedTable,
  storageChart,
  storageTable,
} from '../../lib/report/storage-report';
import { columnWidths, points } from '../../lib/report/theme';
import { tuningChart, tuningTable } from '../../lib/report/tuning-report';
import { assertReadable, textBoxes } from './text-boxes';

const result = (name: string, mean: number, storedFloats = 30720): RunResult =>
  ({
    run: `results/runs/${name}`,
    accuracy: { mean, std: 0.01, runs: [mean - 0.01, mean, mean + 0.01] },
    storedFloats,
    imagesPerClass: storedFloats / 30720,
    seconds: 60,
  }) as RunResult;

function judge(measured: (run: RunResult) => Partial<Diversity>): DiversityJudge {
  return {
    measure: (run) => ({
      images: 450,
      spreadOfBasis: 0.4,
      spreadOfClass: 0.9,
      effectiveRank: 60,
      coverage: 0.3,
      ...measured(run),
    }),
    place: () => Array.from({ length: 40 }, (_, row) => ({ x: Math.sin(row), y: Math.cos(3 * row), label: 'cat' })),
    dispose: () => undefined,
  };
}

/** Draws a chart and checks that it can be read, is no wider than two columns, and holds these texts. */
async function assertDrawn(specification: TopLevelSpec, expected: string[]): Promise<void> {
  const figure = await chartFigure('chart', specification, []);
  assertReadable(figure);
  assert.ok(figure.width <= points(columnWidths.double) + 8, `${figure.width} points wide`);
  const said = textBoxes(figure.svg).map(({ content }) => content);
  for (const text of expected) assert.ok(said.includes(text), `${text} is not among ${said.join(' | ')}`);
}

const storageRuns: GridRun<StorageFactors>[] = [1, 10].flatMap((budget) => [
  {
    label: '',
    factors: { method: 'none', kind: 'random real images', budget },
    result: result('random', 0.1 + budget / 100, budget * 30720),
  },
  ...(['DM', 'MTT'] as const).flatMap((method) =>
    setKinds.map((kind, place) => ({
      label: '',
      factors: { method, kind, budget },
      result: result(`${method}-${place}`, 0.2 + budget / 50 + place / 100, budget * 30000 + 720),
    })),
  ),
]);

test('storage efficiency: a panel a method, all kinds named, axes with units', () =>
  assertDrawn(storageChart(storageRuns, { caption: 'CIFAR-10' }), [
    'DM',
    'MTT',
    'test accuracy (%)',
    'stored floats, in images per class',
    ...setKinds,
    'random real images',
    'CIFAR-10',
  ]));

test('storage efficiency: a row a run', () => {
  const { table, runs } = storageTable('storage', storageRuns);
  assert.equal(table.numRows(), 22);
  assert.equal(runs.length, 22);
  assert.equal(table.get('test accuracy (%)', 0), 11);
});

test('floats for an accuracy: between two measurements over the logarithm, at them, and outside of them', () => {
  const curve = [
    { floats: 1000, accuracy: 0.4 },
    { floats: 10, accuracy: 0.2 },
  ];
  // Half of the way from 10 to 1,000 on a logarithmic axis is 100.
  assert.ok(Math.abs((floatsForAccuracy(curve, 0.3) as number) - 100) < 1e-6);
  assert.equal(floatsForAccuracy(curve, 0.2), 10);
  assert.equal(floatsForAccuracy(curve, 0.41), 'more than 1000');
  assert.equal(floatsForAccuracy(curve, 0.1), 'less than 10');
  assert.equal(floatsForAccuracy([], 0.1), 'not measured');
});

test('equal accuracy: a set as good as images of twice the floats stores half of them', () => {
  const run = (kind: StorageFactors['kind'], mean: number, floats: number): GridRun<StorageFactors> => ({
    label: '',
    factors: { method: 'DM', kind, budget: 1 },
    result: result(kind, mean, floats),
  });
  const runs = [run('images', 0.2, 1000), run('images', 0.4, 4000), run('HaBa', 0.3, 1000)];
  const { table } = equalAccuracyTable('equal', runs);
  assert.equal(table.numRows(), 1);
  assert.equal(table.get('floats of images for this accuracy', 0), '2000');
  assert.equal(table.get('fraction of them', 0), '0.50');
});

test('published numbers: HaBa counts its hallucinators, every row has a source, nothing unverified', () => {
  const { table } = publishedTable('published', 'cifar10');
  const rows = table.objects() as Record<string, unknown>[];
  const haba = rows.filter((row) => row['method (published)'] === 'HaBa on MTT');
  // 48.3 / 69.9 / 74.0 at 1.906 / 10.906 / 50.906 images per class.
  assert.deepEqual(
    haba.map((row) => [row['images per class, all floats'], row['test accuracy (%)']]),
    [
      [1.91, 48.3],
      [10.91, 69.9],
      [50.91, 74],
    ],
  );
  assert.ok(rows.every(({ source }) => typeof source === 'string' && source.length > 5));
  const svhn = publishedTable('published', 'svhn').table.objects() as Record<string, unknown>[];
  assert.ok(!svhn.some((row) => /MTT|HaBa/.test(String(row['method (published)']))));
});

const diversityRuns: GridRun<DiversityFactors>[] = [
  { label: 'images', factors: { set: 'images', hallucinators: 0, perClass: 10 }, result: result('images', 0.4) },
  ...[1, 2, 3, 5, 8].map((hallucinators) => ({
    label: `HaBa, ${hallucinators} hallucinators`,
    factors: { set: 'HaBa' as const, hallucinators, perClass: 9 },
    result: result(`haba-${hallucinators}`, 0.4 + hallucinators / 1000),
  })),
  {
    label: 'random real images',
    factors: { set: 'random real images', hallucinators: 0, perClass: 10 },
    result: result('random', 0.3),
  },
  {
    label: 'full training set',
    factors: { set: 'full training set', hallucinators: 0, perClass: 0 },
    result: result('full', 0.7),
  },
];

test('diversity: a row a set, the full training set being the judge', async () => {
  const ours = judge(({ run }) => ({ spreadOfBasis: Number(/haba-(\d)/.exec(run)?.[1] ?? 0) / 10 }));
  const measured = measureDiversity(diversityRuns, ours);
  const { table } = diversityTable('diversity', measured);
  assert.equal(table.numRows(), 7);
  assert.equal(table.get('spread of a basis', 5), 0.8);
  assert.equal(table.get('coverage (%)', 0), 30);
  const caption = 'DM on CIFAR-10';
  await assertDrawn(hallucinatorCountChart(measured, { caption }), [
    'hallucinators',
    'test accuracy (%)',
    'spread of a basis',
    'effective rank',
    'coverage (%)',
    'dashed: images of equal floats',
  ]);
  const shown = measured.filter(({ factors }) => factors.hallucinators === 0 || factors.hallucinators === 8);
  await assertDrawn(embeddingChart(shown, ours, { caption }), ['component 1', 'component 2', 'HaBa', 'images']);
});

const networks = ['ConvNet', 'AlexNet', 'VGG11', 'ResNet18'] as const;
const architectureRuns = networks.flatMap((network, place): GridRun<ArchitectureFactors>[] =>
  (['random real images', 'images', 'HaBa'] as const).map((kind, order) => ({
    label: '',
    factors: { kind, network },
    result: result(`${kind}-${network}`, 0.4 - place / 20 + order / 50),
  })),
);

test('other architectures: a row a network, and how far HaBa is ahead', async () => {
  const { table } = architectureTable('cross-architecture', architectureRuns);
  assert.equal(table.numRows(), 4);
  assert.equal(table.get('HaBa (%)', 1), 39);
  assert.equal(table.get('HaBa less images (%)', 1), 2);
  await assertDrawn(architectureChart(architectureRuns), ['test accuracy (%)', ...networks, 'HaBa', 'images']);
});

test('the ablation: seeds put together, with the interval that three seeds allow', async () => {
  const runs = ['none', 'both'].flatMap((constraints, place): GridRun<ConstraintFactors>[] =>
    [0, 1, 2].map((seed) => ({
      label: '',
      factors: { constraints, seed },
      result: result(`${constraints}-${seed}`, 0.3 + place / 10 + seed / 100),
    })),
  );
  const rows = ablationRows(
    runs,
    judge(({ run }) => ({ spreadOfBasis: 0.3 + Number(run.at(-1)) / 50, effectiveRank: 60 + Number(run.at(-1)) })),
  );
  const { table, runs: folders } = ablationTable('ablation', rows);
  assert.equal(folders.length, 6);
  assert.equal(table.get('test accuracy (%)', 1), 41);
  // A deviation of one percent: 4.303 / sqrt 3.
  assert.equal(table.get('+- (test accuracy (%))', 1), 2.48);
  await assertDrawn(ablationChart(rows), ['none', 'both', 'test accuracy (%)', 'spread of a basis', 'effective rank']);
});

const tuningRuns: GridRun<TuningFactors>[] = (['images', 'HaBa'] as const).flatMap((kind, place) =>
  (['rate of images or bases', 'iterations', 'epochs of students'] as const).flatMap((part) =>
    [1, 3, 10].map((value) => ({
      label: '',
      factors: { kind, part, value, isDefault: value === 3 },
      result: result(
        value === 3 ? kind : `${kind}-${part}-${value}`,
        0.3 + place / 100 + (value === 3 ? 0 : value / 100),
      ),
    })),
  ),
);

test('tuning: a row a setting that was tried, runs named once, the best of each kind marked', () => {
  const { table, runs } = tuningTable('tuning', tuningRuns);
  assert.equal(table.numRows(), 18);
  assert.equal(runs.length, 2 * (3 * 2 + 1));
  const best = (table.objects() as Record<string, unknown>[]).filter((row) => row.best === 'yes');
  assert.deepEqual(
    best.map((row) => row['test accuracy (%)']),
    [40, 40, 40, 41, 41, 41],
  );
});

test('tuning: a panel a setting, both kinds named', () =>
  assertDrawn(tuningChart(tuningRuns, { caption: 'DM on CIFAR-10' }), [
    'rate of images or bases',
    'iterations',
    'epochs of students',
    'test accuracy (%)',
    'images',
    'HaBa',
    'DM on CIFAR-10',
  ]));
