/** What charts tell of a mark that a reader points at: drawn by Vega, as JupyterLab does, and read off the marks themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopLevelSpec } from 'vega-lite';
import { accuracyChart } from '../../lib/report/accuracy-chart';
import { differenceChart } from '../../lib/report/difference-chart';
import { intervalLayers } from '../../lib/report/interval-layers';
import { lossChart } from '../../lib/report/loss-chart';
import { percentInterval } from '../../lib/report/over-seeds';
import { runDetails } from '../../lib/report/run-details';
import { chartFrame } from '../../lib/report/theme';
import { configure } from '../../lib/distillation/configuration';
import type { RunResult } from '../../lib/runs/train-students';
import { chartMarks } from './chart-marks';

/** Tooltips of all marks of a type, e.g. of 'symbol', Vega's points. */
async function tooltips(specification: TopLevelSpec, type: string): Promise<Record<string, unknown>[]> {
  const marks = await chartMarks(specification);
  return marks.flatMap((mark) => (mark.type === type && mark.tooltip ? [mark.tooltip] : []));
}

const result = (seed: number, accuracy: number) =>
  ({
    run: `results/runs/haba-dm-${seed}`,
    kind: 'distillation',
    configuration: configure({ profile: 'smoke', dataset: 'shapes', seed, set: { kind: 'haba' }, iterations: 7 }),
    accuracy: { mean: accuracy, std: 0.01, runs: [accuracy - 0.01, accuracy + 0.01] },
  }) as unknown as RunResult;

const haba = result(3, 0.5);
const said = { seed: 3, run: 'haba-dm-3', configuration: 'shapes, haba by dm, 7 iterations, profile smoke' };

test('of a run: its seed, its folder, and what it was made with; of real images, which', () => {
  assert.deepEqual(runDetails(haba), said);
  assert.equal(runDetails({ ...haba, kind: 'random' }).configuration, 'shapes, random, profile smoke');
});

test('accuracies: each student tells its number, run, seed and configuration', async () => {
  const chart = accuracyChart([{ label: 'HaBa', result: haba }]);
  const students = await tooltips(chart, 'rect');
  assert.deepEqual(
    students.map(({ student, percent }) => [student, Number(percent)]),
    [
      [1, 49],
      [2, 51],
    ],
  );
  for (const student of students) {
    assert.deepEqual([student.label, student.seed, student.run], ['HaBa', 3, said.run]);
    assert.equal(student.configuration, said.configuration);
  }
});

test('intervals over seeds: each tick tells the seed and run that it is of, beside the factors of its row', async () => {
  const rows = [{ network: 'ConvNet', ...percentInterval([haba, result(4, 0.6)]) }];
  const layer = intervalLayers(rows, { axis: {}, encoding: { y: { field: 'network', type: 'nominal' } } });
  const ticks = await tooltips({ ...chartFrame([], 200), layer } as TopLevelSpec, 'rect');
  assert.deepEqual(
    ticks.map(({ network, seed, run, value }) => [network, seed, run, Number(value)]),
    [
      ['ConvNet', 3, 'haba-dm-3', 50],
      ['ConvNet', 4, 'haba-dm-4', 60],
    ],
  );
  const [mean] = await tooltips({ ...chartFrame([], 200), layer } as TopLevelSpec, 'symbol');
  assert.deepEqual([mean.seed, mean.run, mean.configuration], ['3, 4', 'haba-dm-3, haba-dm-4', said.configuration]);
});

test('differences: each tick tells the two runs of its seed, the mean all of its pairs and no other', async () => {
  const details = (seeds: number[], name: string) =>
    seeds.map((seed) => ({ seed, run: `${name}-${seed}`, configuration: 'shapes' }));
  const row = {
    ...{ label: 'set', colour: '#000000', of: details([1, 2, 5], 'haba'), baseline: details([1, 2, 9], 'images') },
    difference: {
      differences: [
        { seed: 1, value: 0.02 },
        { seed: 2, value: 0.04 },
      ],
      leftOut: [5, 9],
      mean: 0.03,
      interval: { low: 0, high: 0.06 },
    },
  };
  const chart = differenceChart([{ axis: 'more (%)', scale: 100, rows: [row] }]);
  const told = (tooltip: Record<string, unknown>) => [tooltip.seed, tooltip.run, tooltip['baseline run']];
  assert.deepEqual((await tooltips(chart, 'rect')).map(told), [
    [1, 'haba-1', 'images-1'],
    [2, 'haba-2', 'images-2'],
  ]);
  const all = ['1, 2', 'haba-1, haba-2', 'images-1, images-2'];
  assert.deepEqual((await tooltips(chart, 'symbol')).map(told), [all]);
  assert.deepEqual(told((await tooltips(chart, 'rule')).find(({ low }) => low !== undefined)!), all);
});

test('differences of values alone: each tick tells its seed; a curve tells its run once, whatever the number of its points', async () => {
  const differences = [
    { seed: 1, value: 0.02 },
    { seed: 2, value: 0.04 },
  ];
  const row = { label: 'set', colour: '#000000', difference: { differences, leftOut: [], mean: 0.03 } };
  const ticks = await tooltips(differenceChart([{ axis: 'more (%)', scale: 100, rows: [row] }]), 'rect');
  assert.deepEqual(
    ticks.map(({ seed, value }) => [seed, Number(value)]),
    [
      [1, 2],
      [2, 4],
    ],
  );

  const metrics = Array.from({ length: 400 }, (_, index) => ({ iteration: index + 1, loss: 1 / (index + 1) }));
  const chart = lossChart([{ label: 'HaBa', metrics, result: haba }]);
  const [line] = await tooltips(chart, 'line');
  assert.deepEqual(line, { label: 'HaBa', seed: 3, run: said.run, configuration: said.configuration });
  assert.equal(JSON.stringify(chart).split(said.run).length, 2, 'the run stands once in the chart');
});
