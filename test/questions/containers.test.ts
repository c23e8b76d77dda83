/** The grid of containers: what it asks for; and its tables and charts, from runs made up here and reckoned by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GridRun } from '../../lib/experiments/grid';
import { storedCell } from '../../lib/questions/cells';
import { containerBitsChart } from '../../lib/questions/containers/chart';
import { containers, type ContainerFactors } from '../../lib/questions/containers/grid';
import { asDistilled, containerComparisons, containerScores } from '../../lib/questions/containers/measure';
import { containerBitsTable } from '../../lib/questions/containers/table';
import { containerKinds } from '../../lib/questions/sets-at-budget';
import { storageDifferenceChart } from '../../lib/questions/storage-efficiency/chart';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import { storageTable } from '../../lib/questions/storage-efficiency/table';
import { chartFigure } from '../../lib/report/figure';
import { columnWidth } from '../../lib/report/style';
import { chartMarks } from '../report/chart-marks';
import { madeUpRun } from '../report/made-up-run';
import { assertReadable, textBoxes } from '../report/text-boxes';

const quick = { profile: 'quick', dataset: 'cifar10' } as const;
const cells = containers(quick);
const asked = (wanted: Partial<ContainerFactors>) =>
  cells.filter(({ factors }) =>
    Object.entries(wanted).every(([key, value]) => factors[key as keyof ContainerFactors] === value),
  );

test('every cell has a label and factors of its own, and all but the full data come with every seed', () => {
  assert.equal(new Set(cells.map(({ label }) => label)).size, cells.length);
  assert.equal(new Set(cells.map(({ factors }) => JSON.stringify(factors))).size, cells.length);
  const counts = [0, 1, 2].map(
    (seed) => cells.filter(({ factors }) => factors.seed === seed && factors.kind !== 'full training set').length,
  );
  assert.deepEqual(counts, [counts[0], counts[0], counts[0]]);
  assert.equal(cells.length, 3 * counts[0] + 1);
  assert.equal(asked({ kind: 'full training set' }).length, 1);
});

test('a run of the question of storage is the same run here: none of it is made twice', () => {
  const own = new Set(cells.map(({ task }) => JSON.stringify(task)));
  const theirs = storageEfficiency(quick, { budgets: [1, 10], trajectoryBudgets: [1] }).filter(
    ({ factors }) => !(factors.kind === 'HaBa, single-channel' && factors.budget === 10),
  );
  assert.ok(theirs.length > 30);
  for (const { label, task } of theirs) assert.ok(own.has(JSON.stringify(task)), label);
});

test('every container at each budget, HaBa in one form; real images in equal numbers and in equal bits', () => {
  const kinds = (method: 'DM' | 'MTT', budget: number) => [
    ...new Set(asked({ method, budget }).map(({ factors }) => factors.kind)),
  ];
  const without = (form: string) => containerKinds.filter((kind) => kind !== form);
  assert.deepEqual(kinds('DM', 10), without('HaBa, single-channel'));
  assert.deepEqual(kinds('DM', 1), without('HaBa'));
  assert.deepEqual(kinds('MTT', 1), without('HaBa'));
  assert.deepEqual(kinds('MTT', 10), []);
  for (const kind of ['random real images', 'herding'] as const) {
    const counts = asked({ kind, seed: 0, augmentation: 'with' }).map(({ factors }) => factors.budget);
    assert.deepEqual(counts, [1, 4, 10, 40]);
  }
});

test('precisions are of the set that was distilled, 2 bits of sets that hold images alone', () => {
  const precisions = (kind: string) =>
    asked({ kind, method: 'DM', budget: 10, seed: 0, augmentation: 'with' }).map(({ factors }) => factors.precision);
  for (const kind of ['images', 'HaBa', 'LinBa', 'HaBa on LinBa'])
    assert.deepEqual(precisions(kind), ['float32', 'float16', 'int8', 'int2'], kind);
  for (const kind of ['FreD', 'DDiF']) assert.deepEqual(precisions(kind), ['float32', 'float16', 'int8'], kind);
  const [made, stored] = ['float32', 'int8'].map(
    (precision) =>
      asked({ kind: 'HaBa', method: 'DM', seed: 1, augmentation: 'with', precision: precision as 'int8' })[0].task,
  );
  assert.deepEqual(stored, { kind: 'stored', of: made, as: { precision: 'int8' } });
  const [random] = asked({ kind: 'random real images' });
  assert.throws(() => storedCell('', random.factors, random, { precision: 'int8' }), /are real images/);
});

/** Of ten classes: bits of so many float32 images, times a share. */
const bitsOf = (images: number, share = 1) => images * 983_040 * share;

interface MadeUp {
  accuracy: number;
  bits: number;
}

const made = (
  factors: Omit<ContainerFactors, 'seed'>,
  { accuracy, bits }: MadeUp,
  perSeed = 0.02,
): GridRun<ContainerFactors>[] =>
  [0, 1].map((seed) => {
    const evaluation = {
      ...({ updates: 300, split: 'test', learningRate: 0.01 } as const),
      augmentation: factors.augmentation === 'with' ? 'flip' : 'none',
    } as const;
    const result = madeUpRun(`${Object.values(factors).join('-')}-${seed}`, {
      ...{ students: [accuracy + perSeed * seed], seed, bits, evaluation },
    });
    return {
      label: '',
      factors: { ...factors, seed },
      result: { ...result, kind: 'random' as const, trainingImages: 100, updates: 300 },
    };
  });

const real = (kind: 'random real images' | 'herding' | 'full training set', budget: number, accuracy: number) =>
  made(
    { method: 'none', kind, budget, precision: '8-bit pixels', augmentation: 'with' },
    { accuracy, bits: bitsOf(budget, 1 / 4) },
  );
const container = (
  kind: string,
  { budget = 1, precision = 'float32', augmentation = 'with' }: Partial<ContainerFactors>,
  given: MadeUp,
  perSeed?: number,
) => made({ method: 'DM', kind, budget, precision, augmentation }, given, perSeed);

const runs: GridRun<ContainerFactors>[] = [
  ...real('full training set', 0, 0.84).slice(0, 1),
  ...real('random real images', 1, 0.2),
  ...real('random real images', 4, 0.3),
  ...made(
    { method: 'none', kind: 'random real images', budget: 1, precision: '8-bit pixels', augmentation: 'without' },
    { accuracy: 0.15, bits: bitsOf(1, 1 / 4) },
  ),
  ...real('herding', 1, 0.21),
  ...container('images', {}, { accuracy: 0.26, bits: bitsOf(1) }),
  ...container('images', { augmentation: 'without' }, { accuracy: 0.2, bits: bitsOf(1) }),
  ...container('FreD', {}, { accuracy: 0.35, bits: bitsOf(1) }),
  ...container('FreD', { budget: 10 }, { accuracy: 0.4, bits: bitsOf(10) }),
  ...container('HaBa, single-channel', {}, { accuracy: 0.28, bits: bitsOf(1) }),
  // Half a percent and one and a half behind: each seed loses another amount.
  ...container('HaBa, single-channel', { precision: 'int8' }, { accuracy: 0.275, bits: bitsOf(1, 1 / 4) }, 0.01),
  ...container('HaBa', { budget: 10 }, { accuracy: 0.45, bits: bitsOf(10) }),
];

test('in bits: what a precision costs within seeds, and the real images that do as well', () => {
  const { table, runs: folders } = containerBitsTable('bits', runs);
  const rows = table.objects() as Record<string, unknown>[];
  const row = (kind: string, precision: string, budget = 1) =>
    rows.find(
      (one) =>
        one['training set'] === kind && one.precision === precision && one['budget (images per class)'] === budget,
    )!;
  assert.equal(rows.length, 9);
  assert.equal(folders.length, 2 * 18);
  const stored = row('HaBa, single-channel', 'int8');
  assert.deepEqual(
    [stored['bits per class'], stored['8-bit images per class'], stored['test accuracy (%)']],
    [24_576, 1, 28],
  );
  // -0.5 and -1.5: their mean, +- 12.706 x 0.7071 / sqrt 2 = 6.353.
  assert.equal(stored['difference to float32 (%)'], '-1.0');
  assert.equal(stored['95 % interval of the difference (%)'], '-7.4 to +5.4');
  // Random images have 21 % with one and 31 % with four: 28 % at 4 ^ 0.7 = 2.639 of them, of which it takes the bits of one.
  assert.equal(stored['random images per class for this accuracy'], '2.6');
  assert.equal(stored['fraction of their bits'], '0.38');
  const float = row('HaBa, single-channel', 'float32');
  // 29 % at 4 ^ 0.8 = 3.031, in the bits of four.
  assert.deepEqual(
    [float['random images per class for this accuracy'], float['fraction of their bits']],
    ['3.0', '1.32'],
  );
  assert.equal(float['difference to float32 (%)'], '');
  assert.deepEqual(
    [
      row('HaBa', 'float32', 10)['random images per class for this accuracy'],
      row('HaBa', 'float32', 10)['fraction of their bits'],
    ],
    ['more than 4', ''],
  );
  const random = row('random real images', '8-bit pixels', 4);
  assert.deepEqual([random['bits per class'], random['random images per class for this accuracy']], [98_304, '']);
});

test('in equal floats: the question of storage takes the sets as they were distilled, and real images', () => {
  const distilled = asDistilled(runs);
  const rows = storageTable('containers', distilled).table.objects() as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => [row['training set'], row['budget (images per class)'], row['difference to images (%)']]),
    [
      ['random real images', 1, ''],
      ['random real images', 4, ''],
      ['herding', 1, ''],
      ['images', 1, ''],
      ['FreD', 1, '+9.0'],
      ['FreD', 10, ''],
      ['HaBa, single-channel', 1, '+2.0'],
      ['HaBa', 10, ''],
    ],
  );
  assert.ok(storageDifferenceChart(distilled));
});

test('comparisons are what containers were distilled by at each budget, once; real images are none', () => {
  const ofBoth = [{ ...runs[0], factors: { ...runs[0].factors, method: 'MTT', budget: 10 } as const }, ...runs];
  assert.deepEqual(containerComparisons(ofBoth), [
    { method: 'MTT', budget: 10 },
    { method: 'DM', budget: 1 },
    { method: 'DM', budget: 10 },
  ]);
});

test('scores are of one method and budget, of sets as they were distilled, against as many random images', () => {
  const [sets, { full, random }] = containerScores(runs, 'DM', 1);
  assert.deepEqual(
    sets.map(({ label, augmented, plain }) => [label, augmented.length, plain!.length]),
    [
      ['images', 2, 2],
      ['FreD', 2, 0],
      ['HaBa, single-channel', 2, 0],
    ],
  );
  const means = (results: typeof full) => results.map(({ accuracy }) => Number(accuracy.mean.toFixed(4)));
  assert.deepEqual([means(full), means(random.augmented), means(random.plain!)], [[0.84], [0.2, 0.22], [0.15, 0.17]]);
  assert.deepEqual(means(sets[2].augmented), [0.28, 0.3]);
});

test('bits against accuracy: a panel a container beside the same real and stored images; it can be read in two columns', async () => {
  const chart = containerBitsChart(runs, { caption: 'CIFAR-10' });
  const { concat } = chart as unknown as {
    concat: {
      title: { text: string };
      data: { values: { kind: string; line: string; storage: number }[] };
    }[];
  };
  assert.deepEqual(
    concat.map(({ title }) => title.text),
    ['FreD', 'HaBa'],
  );
  const points = concat[1].data.values.map(({ kind, line, storage }) => [kind, line, storage]);
  assert.deepEqual(points, [
    ['random real images', 'random real images', 24_576],
    ['random real images', 'random real images', 98_304],
    ['herding', 'herding', 24_576],
    ['images', 'images 1', 98_304],
    // One line joins one budget.
    ['HaBa, single-channel', 'HaBa, single-channel 1', 98_304],
    ['HaBa, single-channel', 'HaBa, single-channel 1', 24_576],
    ['HaBa', 'HaBa 10', 983_040],
  ]);
  const told = (await chartMarks(chart)).flatMap(({ type, tooltip }) => (type === 'symbol' ? [tooltip] : []));
  assert.ok(told.length >= points.length);
  for (const tooltip of told) {
    assert.ok(tooltip?.run && tooltip.configuration && tooltip.seed !== undefined, JSON.stringify(tooltip));
  }
  const figure = await chartFigure('bits', chart, []);
  assertReadable(figure);
  assert.ok(figure.width <= columnWidth('double') + 8, `${figure.width} points wide`);
  const said = textBoxes(figure.svg).map(({ content }) => content);
  for (const text of ['bits per class', 'test accuracy (%)', 'FreD', 'HaBa', 'herding', '100k', 'CIFAR-10'])
    assert.ok(said.includes(text), `${text} is not among ${said.join(' | ')}`);
  assert.throws(() => containerBitsChart(runs, { method: 'MTT' }), /distilled with MTT, got none/);
});
