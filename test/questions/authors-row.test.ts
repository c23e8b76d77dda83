/** The authors' first row, from runs made up here: what is compared with what, and what is said of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GridRun } from '../../lib/experiments/grid';
import { authorsRowChart, authorsRowDifferenceChart } from '../../lib/questions/authors-row/chart';
import type { AuthorsRowFactors } from '../../lib/questions/authors-row/grid';
import { imagesBeside } from '../../lib/questions/authors-row/measure';
import { authorsRowTable } from '../../lib/questions/authors-row/table';
import { authorsRowVerdicts, authorsRowVerdictTable } from '../../lib/questions/authors-row/verdict';
import { chartFigure } from '../../lib/report/figure';
import { madeUpRun } from '../report/made-up-run';
import { assertReadable } from '../report/text-boxes';

type Row = GridRun<AuthorsRowFactors>;

/** Of each set, accuracy in percent with seeds 0, 1 and 2. */
const accuracies: [factors: Omit<AuthorsRowFactors, 'seed'>, floats: number, percents: number[]][] = [
  [{ kind: 'images', nominal: 1 }, 30_720, [30, 31, 32]],
  [{ kind: 'HaBa', nominal: 1 }, 58_560, [36, 37, 38]],
  [{ kind: 'images', nominal: 2 }, 61_440, [37, 37.5, 38]],
];

const runs = accuracies.flatMap(([factors, storedFloats, percents]) =>
  percents.map((percent, seed): Row => {
    const name = `${factors.kind}-${factors.nominal}-${seed}`;
    const result = madeUpRun(name, { students: [percent / 100], seed, storedFloats });
    const configuration = { ...result.configuration, dataset: 'cifar10' } as typeof result.configuration;
    return { label: name, factors: { ...factors, seed }, result: { ...result, configuration } };
  }),
);

test('images beside HaBa: as many as papers say it has, and the fewest that store no fewer floats; none where there are none', () => {
  const haba = { kind: 'HaBa', nominal: 1 } as const;
  assert.deepEqual(imagesBeside(runs, 'nominal')(haba), { kind: 'images', nominal: 1 });
  assert.deepEqual(imagesBeside(runs, 'floats')(haba), { kind: 'images', nominal: 2 });
  assert.equal(imagesBeside(runs, 'floats')({ kind: 'images', nominal: 1 }), undefined);
  const without = runs.filter(({ factors }) => factors.nominal === 1);
  assert.equal(imagesBeside(without, 'floats')(haba), undefined);
});

test('verdicts: ahead by what is counted as equal, with the published lead; by what is stored not told', () => {
  const [nominal, floats, ...more] = authorsRowVerdicts(runs);
  assert.deepEqual(more, []);
  // 36 - 30, 37 - 31, 38 - 32; and -1, -0.5, 0: -0.5 +- t(2) 0.5 / sqrt 3 = 1.24.
  assert.equal(nominal.outcome, 'holds');
  assert.equal(nominal.finding.mean!.toFixed(9), '6.000000000');
  assert.equal(nominal.effect.toFixed(1), '2.0');
  assert.equal(floats.outcome, 'cannot be told at this scale');
  const { mean, interval } = floats.finding;
  assert.deepEqual([mean!.toFixed(2), interval!.low.toFixed(2), interval!.high.toFixed(2)], ['-0.50', '-1.74', '0.74']);
  assert.deepEqual([floats.source, floats.effect], [undefined, 1]);
  const claims = authorsRowVerdictTable('verdict', runs).table.array('claim') as string[];
  assert.deepEqual(claims, [
    'HaBa is ahead of images, 1 a class (as papers count)',
    'HaBa is ahead of images, 2 a class (in no fewer floats)',
  ]);
});

test('the table has both countings; charts can be read, and show all sets', async () => {
  const { table } = authorsRowTable('row', runs);
  assert.deepEqual(table.array('images per class, as papers count'), [1, 1, 2]);
  assert.deepEqual(table.array('images per class'), [1, 1.91, 2]);
  const caption = 'cifar10, profile study';
  for (const [name, chart, said] of [
    ['row', authorsRowChart(runs, { caption }), ['HaBa', 'images']],
    [
      'differences',
      authorsRowDifferenceChart(runs, { caption }),
      ['HaBa less images, 1 a class', 'In no fewer floats'],
    ],
  ] as const) {
    const figure = await chartFigure(name, chart, []);
    assertReadable(figure);
    for (const text of said) assert.ok(figure.svg.includes(text), text);
  }
});
