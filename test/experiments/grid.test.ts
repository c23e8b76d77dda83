/** What a grid says and returns, whoever executes it: here a value that says what it is told to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from '../../lib/experiments/executor';
import { runGrid, type GridCell } from '../../lib/experiments/grid';
import { RunStopped } from '../../lib/runs/context';
import type { RunResult } from '../../lib/runs/train-students';
import type { ProgressReporter } from '../../lib/terminal/progress';

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

/** How a made-up run goes, by its label. */
interface MadeUp {
  seconds?: number;
  fails?: Error;
  /** The one thing that it must be heard for. */
  news?: string;
}

const cells = (...labels: string[]): GridCell<{ label: string }>[] =>
  labels.map((label) => ({ label, factors: { label }, task: { kind: 'run', input: { profile: 'smoke' } } }));

const executor = (runs: Record<string, MadeUp>): Executor => ({
  atOnce: 1,
  execute(tasks, listener) {
    for (const [place, { label }] of tasks.entries()) {
      const { seconds = 1, fails, news } = runs[label];
      listener.began(place);
      const progress = listener.progress(place);
      progress.stage({ name: 'distilling', total: 300 });
      progress.note('test accuracy 40 %');
      if (news !== undefined) progress.note(news, 'news');
      progress.end();
      if (fails) listener.failed(place, fails);
      else listener.done(place, { run: label, seconds } as RunResult);
    }
    return Promise.resolve();
  },
});

test('says how many are done, which runs, how many are left and for how long', async () => {
  const { said, progress } = recorder();
  const made = { first: { seconds: 100 }, second: { seconds: 200 }, third: { seconds: 1 } };
  const runs = await runGrid(cells('first', 'second', 'third'), { progress, executor: executor(made) });
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

test('a run that fails is told at once, the others are made, and the error says which and why, alike ones together', async () => {
  const { said, progress } = recorder();
  const fails = new RangeError('diverged');
  const made = { first: {}, second: { fails }, third: { fails: new RangeError('diverged') }, fourth: {} };
  const grid = runGrid(cells('first', 'second', 'third', 'fourth'), { progress, executor: executor(made) });
  await assert.rejects(grid, {
    name: 'GridFailed',
    message: '2 of 4 runs failed; the others are done and stored.\n  second, third: RangeError: diverged',
    cause: fails,
  });
  assert.ok(said.includes('second failed: diverged'));
  assert.ok(said.includes('1 of 4 runs done, 2 failed, 1 left, about 1 s; running fourth: distilling of 300'));
  assert.equal(said.at(-1), 'end');
});

test('what a reader must not miss is shown; what a run says of itself stands in the tables', async () => {
  const { said, progress } = recorder();
  const news = 'it is held by process 7. Waiting for it.';
  await runGrid(cells('waiting'), { progress, executor: executor({ waiting: { news } }) });
  assert.ok(said.includes(news));
  assert.ok(!said.includes('test accuracy 40 %'));
});

test('stopped, it says how many are done', async () => {
  const controller = new AbortController();
  const stopping: Executor = {
    atOnce: 1,
    execute(_tasks, listener, signal) {
      listener.done(0, { run: 'first', seconds: 1 } as RunResult);
      controller.abort();
      assert.ok(signal.aborted);
      return Promise.resolve();
    },
  };
  const { progress } = recorder();
  const grid = runGrid(cells('first', 'second'), { progress, executor: stopping, signal: controller.signal });
  await assert.rejects(grid, (error) => error instanceof RunStopped && /1 of 2 runs are done/.test(error.message));
});
