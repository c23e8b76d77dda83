import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressReporter } from '../../lib/terminal/progress';
import { runGrid, type GridCell } from '../../lib/runs/grid';
import type { RunResult } from '../../lib/runs/train-students';

function recorder() {
  const said: string[] = [];
  const progress: ProgressReporter = {
    stage: ({ name, total }) => said.push(`${name} of ${total}`),
    update: () => undefined,
    note: (message) => said.push(message),
    end: () => said.push('end'),
  };
  return { said, progress };
}

const cell = (label: string, seconds: number): GridCell<{ label: string }> => ({
  label,
  factors: { label },
  run: (options) => {
    options.progress?.stage({ name: 'distilling', total: 300 });
    options.progress?.note('test accuracy 40 %');
    options.progress?.end();
    return Promise.resolve({ run: label, seconds } as RunResult);
  },
});

test('runs one after the other, and says how many are done, which runs, how many are left and for how long', async () => {
  const { said, progress } = recorder();
  const runs = await runGrid([cell('first', 100), cell('second', 200), cell('third', 1)], { progress });
  assert.deepEqual(
    runs.map(({ factors, result }) => [factors.label, result.run]),
    [
      ['first', 'first'],
      ['second', 'second'],
      ['third', 'third'],
    ],
  );
  assert.deepEqual(said, [
    '0 of 3 runs done, 3 left; running first: distilling of 300',
    // The first took 100 seconds; two are left.
    '1 of 3 runs done, 2 left, about 3 min 20 s; running second: distilling of 300',
    '2 of 3 runs done, 1 left, about 2 min 30 s; running third: distilling of 300',
    '3 of 3 runs done; they took 5 min 1 s when they were made',
    'end',
  ]);
});

test('a run that fails ends the grid, and the progress with it', async () => {
  const { said, progress } = recorder();
  const failing = { ...cell('second', 1), run: () => Promise.reject(new Error('diverged')) };
  await assert.rejects(runGrid([cell('first', 1), failing, cell('third', 1)], { progress }), /^Error: diverged$/);
  assert.equal(said.at(-1), 'end');
  assert.ok(!said.some((message) => message.includes('third')));
});

test('what a reader must not miss is shown; what a run says of itself stands in the tables', async () => {
  const { said, progress } = recorder();
  const waiting = cell('waiting', 1);
  const run: typeof waiting.run = (options) => {
    options.progress?.note('it is held by process 7. Waiting for it.', 'news');
    return waiting.run(options);
  };
  await runGrid([{ ...waiting, run }], { progress });
  assert.ok(said.includes('it is held by process 7. Waiting for it.'));
  assert.ok(!said.includes('test accuracy 40 %'));
});
