/** Sweeps: what is written is read or refused by a sentence; which runs come of it; the table by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GridRun } from '../../lib/experiments/grid';
import { setTaskOf } from '../../lib/experiments/task';
import { sweep, type SweepFactors, type SweepOptions } from '../../lib/questions/sweep/grid';
import { readSeeds, readSweptValues } from '../../lib/questions/sweep/settings';
import { sweepTable } from '../../lib/questions/sweep/table';
import { madeUpRun } from '../report/made-up-run';

const smoke = { profile: 'smoke', dataset: 'shapes' } as const;

test('values by key, as numbers, true or false, or text; a kind of set alone; seeds one by one and in ranges', () => {
  const texts = ['matching.method=dm', 'optimisers.bases.learningRate=1,3e1,.5', 'compile=true,false', 'images,haba'];
  assert.deepEqual(readSweptValues(texts), {
    'matching.method': ['dm'],
    'optimisers.bases.learningRate': [1, 30, 0.5],
    compile: [true, false],
    'set.kind': ['images', 'haba'],
  });
  const seeds: [text: string, expected: number[]][] = [
    ['3', [3]],
    ['0..4', [0, 1, 2, 3, 4]],
    ['0, 7..9,2', [0, 7, 8, 9, 2]],
    ['5..5', [5]],
  ];
  for (const [text, expected] of seeds) assert.deepEqual(readSeeds(text), expected);
});

const refusedTexts: [texts: string[], said: RegExp][] = [
  [['iterations=5', 'iterations=6'], /'iterations' is given twice; .* --set iterations=5,6\.$/],
  [['iterations='], /'iterations=' lacks a value/],
  [['iterations=1,,2'], /lacks a value/],
  [['set.kind=images', 'haba'], /'set\.kind' is given twice/],
];
for (const [texts, said] of refusedTexts) {
  test(`refused: --set ${texts.join(' --set ')}`, () => assert.throws(() => readSweptValues(texts), { message: said }));
}

for (const text of ['', 'many', '4..0', '-1', '1.5', '0..', '0..99999999', '1,,2']) {
  test(`no seeds: '${text}'`, () => assert.throws(() => readSeeds(text), /are no seeds: expected whole numbers/));
}

const refused: [options: SweepOptions, said: RegExp][] = [
  [{ values: { 'optimizers.bases.learningRate': [1] } }, /'optimizers' is not a key; did you mean 'optimisers'\?/],
  [{ values: { 'optimisers.bases.learningrate': [1] } }, /did you mean 'optimisers\.bases\.learningRate'\?/],
  [{ values: { 'matching.method': ['dm', 'dx'] } }, /'matching\.method' is 'dx'; allowed are dm, dc, dsa, mtt/],
  [{ values: { iterations: [1, 'many'] } }, /'iterations' is 'many'; expected a value of type number/],
  [{ values: { iterations: [1, 2, 1] } }, /'iterations' has the value 1 twice/],
  [{ values: { iterations: [] } }, /'iterations' has no value/],
  [{ values: { seed: [1, 2] } }, /'seed' is no key to sweep: give `seeds`, or --seed 0\.\.4/],
  [{ values: {}, seeds: [1, 1] }, /seed 1 is given twice/],
  [{ values: {}, seeds: [] }, /there is no seed/],
  [{ values: {}, named: { start: {} } }, /'start' has no setting; give at least one, by its name/],
  [
    { values: {}, named: { seed: { one: {} } } },
    /'seed' is swept otherwise; call the factor in `named` by another name/,
  ],
  [{ values: { iterations: [1] }, named: { iterations: { few: {} } } }, /'iterations' is swept otherwise/],
  [
    { values: {}, named: { few: { one: { iterations: 1 } }, more: { two: { iterations: 2 } } } },
    /'few' and 'more' of `named` both have 'iterations'/,
  ],
  [{ values: {}, named: { rates: { one: { iterations: -1 } } } }, /'iterations' is -1/],
  [{ values: { set: [5], 'set.kind': ['haba'] } }, /'set\.kind' cannot be set: 'set' is 5 by another option/],
];
for (const [options, said] of refused) {
  test(`no sweep: ${JSON.stringify(options)}`, () => assert.throws(() => sweep(smoke, options), { message: said }));
}

test('every combination with every seed, the first key slowest; a key with one value is no factor', () => {
  const values = { 'matching.method': ['dm'], 'optimisers.bases.learningRate': [1, 3], iterations: [2, 4] };
  const cells = sweep(smoke, { values, common: { set: { kind: 'images', ipc: 2 } }, seeds: [0, 5] });
  assert.deepEqual(
    cells.map(({ factors }) => Object.values(factors)),
    [1, 3].flatMap((rate) => [2, 4].flatMap((iterations) => [0, 5].map((seed) => [rate, iterations, seed]))),
  );
  assert.deepEqual(Object.keys(cells[0].factors), ['optimisers.bases.learningRate', 'iterations', 'seed']);
  assert.equal(cells[3].label, 'learningRate 1, iterations 4, seed 5');
  assert.deepEqual(setTaskOf(cells[3].task).input, {
    ...{ ...smoke, seed: 5, iterations: 4 },
    matching: { method: 'dm' },
    optimisers: { bases: { learningRate: 1 } },
    set: { kind: 'images', ipc: 2 },
  });
});

test('named settings: laid over what is common, a factor each, before the values', () => {
  const cells = sweep(smoke, {
    values: { iterations: [2, 4] },
    common: { set: { kind: 'images', ipc: 2 }, matching: { method: 'dm' } },
    named: { start: { usual: {}, noise: { set: { kind: 'images', initialisation: 'noise' } } } },
    seeds: [1],
  });
  assert.deepEqual(
    cells.map(({ label, factors }) => [label, factors]),
    ['usual', 'noise'].flatMap((start) =>
      [2, 4].map((iterations) => [`${start}, iterations ${iterations}, seed 1`, { start, iterations, seed: 1 }]),
    ),
  );
  const inputs = cells.map(
    ({ task }) => setTaskOf(task).input as { set: unknown; matching: unknown; iterations: unknown },
  );
  assert.deepEqual(inputs[1].set, { kind: 'images', ipc: 2 });
  assert.deepEqual(inputs[2].set, { kind: 'images', initialisation: 'noise' }, 'whole, in place of the common one');
  assert.deepEqual(
    inputs.map(({ iterations }) => iterations),
    [2, 4, 2, 4],
  );
  assert.deepEqual(inputs[2].matching, { method: 'dm' });
});

test('the table: means over seeds, intervals, and differences within seeds to the first row', () => {
  const accuracies: [rate: number, seed: number, accuracy: number][] = [
    [1, 0, 0.3],
    [1, 1, 0.4],
    [1, 2, 0.35],
    [3, 0, 0.33],
    [3, 1, 0.41],
    [3, 2, 0.37],
  ];
  const runs = accuracies.map(
    ([rate, seed, accuracy]): GridRun<SweepFactors> => ({
      label: '',
      factors: { rate, seed },
      result: madeUpRun(`${rate}-${seed}`, { students: [accuracy], seed }),
    }),
  );
  const { table } = sweepTable('rates', runs);
  const rows = table.objects() as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => row.rate),
    [1, 3],
  );
  const accuracy = table.columnNames().find((name) => name.startsWith('test accuracy'))!;
  assert.deepEqual(
    rows.map((row) => row[accuracy]),
    [35, 37],
  );
  // Differences 3, 1 and 2 points: mean 2, deviation 1, t(2) 4.303: 2 -+ 2.48.
  assert.equal(rows[1]['difference to the first row (%)'], '+2.0');
  assert.equal(rows[1]['95 % interval of the difference (%)'], '-0.5 to +4.5');
  assert.equal(rows[0]['difference to the first row (%)'], '');
  // Of 1, 2 and 3: mean 2, deviation 1, so the same half width.
  const measures = {
    'rate times seed': ({ factors }: (typeof runs)[number]) => Number(factors.rate) * (factors.seed + 1),
  };
  const measured = sweepTable('rates', runs, { measures }).table;
  assert.deepEqual(measured.array('rate times seed'), ['2', '6']);
  assert.deepEqual(measured.array('95 % interval of rate times seed'), ['-0.484 to 4.48', '-1.45 to 13.5']);
  const alone = sweepTable('one', runs.slice(0, 3)).table.columnNames();
  assert.ok(!alone.some((name) => name.startsWith('difference')), 'one setting is compared with nothing');
});
