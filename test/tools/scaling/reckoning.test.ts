import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  reckonIterations,
  secondsOfExpert,
  secondsOfRun,
  secondsOnMachines,
} from '../../../lib/tools/scaling/reckoning';
import { chosenRows, nameOfRow, scalingRow, scalingRows } from '../../../lib/tools/scaling/rows';
import { expertOf, runOf } from '../../../lib/tools/scaling/parts';
import { scalingTables } from '../../../lib/tools/scaling/table';

const length = { iterations: 15_000, students: 5, testImages: 10_000 };
const students = { updates: 1000, updateSeconds: 0.12, testSeconds: 0.001 };

test('seconds of a run: all iterations, and every student trained and tested', () => {
  const { distillation, students: trained } = secondsOfRun(length, 2.4, students);
  // 15,000 x 2.4 s; 5 x (1,000 x 0.12 s + 10,000 x 0.001 s) = 5 x 130 s.
  assert.deepEqual([distillation, trained].map(Math.round), [36_000, 650]);
});

test('iterations as measured, and as they computed on all threads; others by operations at the median pace of their loss', () => {
  const tried = (loss: string, operations: number, seconds: number, processorSeconds: number) => ({
    loss,
    operations,
    measurement: { iteration: { seconds, processorSeconds, repetitions: 1 } },
  });
  const estimate = { iterationSeconds: 100, studentSeconds: 7, bytes: 1 };
  const untried = (loss: string, operations?: number) => ({ loss, operations, measurement: { estimate } });
  const rows = [
    tried('MTT', 10, 2, 3),
    tried('MTT', 10, 4, 3.6),
    tried('MTT', 100, 60, 34),
    tried('DM', 10, 1, 1),
    untried('MTT', 1000),
    untried('DC', 1000),
    untried('MTT'),
  ];
  const found = reckonIterations(rows, 2);
  assert.deepEqual(found[0], { measured: 2, free: 1.5, from: 'measured' });
  assert.deepEqual(found[2], { measured: 60, free: 17, from: 'measured' });
  // Paces of MTT: 0.2, 0.4 and 0.6 s an operation; of what it computes on two threads 0.15, 0.18 and 0.17 s.
  assert.deepEqual([found[4].measured, found[4].free].map(Math.round), [400, 170]);
  assert.equal(found[4].from, 'by operations, from measured rows of MTT');
  assert.deepEqual(found[5], { measured: 100, free: 100, from: 'estimated' });
  assert.deepEqual(found[6], found[5]);
});

test('seconds of an expert: every image in every epoch', () => {
  assert.equal(secondsOfExpert({ epochs: 21, images: 50_000 }, { imageSeconds: 0.002 }), 2100);
});

test('machines: the longest task first, whoever is free takes the next, stage by stage', () => {
  // 5 | 3, then 3 to the second (6), 2 to the first (7), 2 to the second (8).
  assert.equal(secondsOnMachines([[2, 3, 5, 2, 3]], 2), 8);
  const stages = [
    [4, 4, 4],
    [1, 10],
  ];
  assert.equal(secondsOnMachines(stages, 1), 23);
  assert.equal(secondsOnMachines(stages, 2), 18);
  assert.equal(secondsOnMachines(stages, 3), 14);
  assert.equal(secondsOnMachines(stages, 100), 14);
  assert.equal(secondsOnMachines([[]], 4), 0);
  assert.throws(() => secondsOnMachines(stages, 0), /There cannot be 0 machines/);
});

test("the rows are the paper's: full width, its lengths, and both kinds of set at every size", () => {
  const rows = scalingRows();
  assert.equal(new Set(rows.map(nameOfRow)).size, rows.length);
  for (const { configuration } of rows) {
    assert.equal(configuration.profile, 'paper');
    assert.equal((configuration.network as { width?: number }).width, 128);
    assert.equal(configuration.evaluation.students, 5);
    assert.equal(configuration.evaluation.epochs, 1000);
  }
  const names = rows.map(nameOfRow);
  for (const dataset of ['CIFAR-10', 'CIFAR-100', 'SVHN']) {
    for (const nominal of [1, 10, 50]) {
      for (const set of ['images', 'HaBa']) assert.ok(names.includes(`${dataset}, MTT, ${set}, ${nominal}`));
    }
    assert.ok(names.includes(`${dataset}, MTT, HaBa, single-channel, 1`));
  }
  const single = rows.find((row) => nameOfRow(row) === 'CIFAR-10, MTT, HaBa, single-channel, 1')!;
  assert.deepEqual(
    { bases: 3, channels: 'single' },
    {
      bases: (single.configuration.set as { basesPerClass?: number }).basesPerClass,
      channels: (single.configuration.set as { channels?: string }).channels,
    },
  );
  assert.equal(single.configuration.iterations, 15_000);
});

test('SVHN is measured with CIFAR-10, whose shapes it has; CIFAR-100 is not', () => {
  const row = (name: string) => scalingRows().find((one) => nameOfRow(one) === name)!;
  const [ten, hundred, svhn] = ['CIFAR-10', 'CIFAR-100', 'SVHN'].map((dataset) => row(`${dataset}, MTT, HaBa, 10`));
  assert.equal(runOf(ten).key, runOf(svhn).key);
  assert.notEqual(runOf(ten).key, runOf(hundred).key);
  assert.equal(expertOf(ten)!.key, expertOf(svhn)!.key);
  assert.notEqual(runOf(ten).key, runOf(row('CIFAR-10, MTT, HaBa, 50')).key);
  assert.equal(expertOf(row('CIFAR-10, DM, HaBa, 10')), undefined);
});

test('rows by a pattern; none that matches, and no pattern, are refused', () => {
  assert.deepEqual(chosenRows({ pattern: '^svhn, mtt, images, 50$' }).map(nameOfRow), ['SVHN, MTT, images, 50']);
  assert.throws(
    () => chosenRows({ pattern: 'imagenet' }),
    /No row matches 'imagenet'; there are: CIFAR-10, MTT, images, 1;/,
  );
  assert.throws(() => chosenRows({ pattern: '(' }), /'\(' is no regular expression/);
});

test('tables: hours of each row, of the experts once for all rows of a dataset, and of the whole', () => {
  const row = scalingRow(
    { profile: 'paper', dataset: 'cifar10', matching: { method: 'mtt' }, set: { kind: 'images', ipc: 1 } },
    { nominal: 1, size: { train: 50_000, test: 10_000 }, label: 'CIFAR-10' },
  );
  const both = {
    estimate: { iterationSeconds: 3, studentSeconds: 100, bytes: 5.26e9 },
    peakBytes: 4e9,
    load: 2.04,
    ...students,
  };
  const iteration = { seconds: 2.4, processorSeconds: 3.6, repetitions: 3 };
  const measured = { ...both, unroll: 'full' as const, iteration };
  const why = 'it needs about 41.0 GB of memory, and 20.0 GB were free';
  const untried = { ...both, unroll: 'stepwise' as const, untried: { why, bytes: 4.1e10 } };
  const [runs, experts, machines] = scalingTables('scaling', {
    rows: [
      { row, measurement: measured, iteration: { measured: 2.4, free: 1.8, from: 'measured' } },
      { row: { ...row, nominal: 50 }, measurement: untried, iteration: { measured: 3, free: 3, from: 'estimated' } },
    ],
    experts: [
      // 21 x 50,000 x 0.0012 s = 1,260 s each, 35 h of a hundred.
      {
        dataset: 'CIFAR-10',
        count: 100,
        epochs: 21,
        images: 50_000,
        measurement: { imageSeconds: 0.0012, peakBytes: 1e9, load: 0 },
      },
    ],
  });
  const [first, second] = runs.table.objects() as Record<string, unknown>[];
  // 36,650 s or 27,650 s, and 15,000 x 3 s + 650 s = 45,650 s.
  assert.deepEqual(
    [first, second].map((one) => one['hours as measured']),
    [10.2, 12.7],
  );
  assert.deepEqual(
    [first, second].map((one) => one['hours of a free machine']),
    [7.7, 12.7],
  );
  assert.equal(first['hours of students'], 0.18);
  assert.deepEqual(
    [first['seconds an iteration'], first.estimated, first['peak memory (GB)'], first['estimated (GB)']],
    ['2.4', '3', 4, 5.3],
  );
  assert.deepEqual([second['seconds an iteration'], second['peak memory (GB)']], ['', '']);
  assert.deepEqual([first['hours from'], second['hours from']], ['measured', 'estimated']);
  assert.equal(second['not tried because'], why);
  assert.deepEqual([runs.name, experts.name, machines.name], ['scaling', 'scaling-experts', 'scaling-machines']);
  assert.deepEqual((experts.table.object(0) as Record<string, unknown>).hours, 35);
  // One machine: 126,000 + 82,300 s = 57.9 h. Eight: 13 experts on the busiest, 16,380 s, then the longer run: 62,030 s = 17.2 h.
  const hoursOn = (count: number) =>
    (machines.table.objects() as Record<string, number>[]).find((one) => one.machines === count)!;
  assert.deepEqual(hoursOn(1), { machines: 1, 'hours as measured': 57.9, 'hours of free machines': 55.4 });
  assert.deepEqual(hoursOn(8), { machines: 8, 'hours as measured': 17.2, 'hours of free machines': 17.2 });
});
