/** What a grid says and returns, whoever executes it: here a value that says what it is told to. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Executor } from '../../lib/experiments/executor';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { runGrid, type GridCell } from '../../lib/experiments/grid';
import { lookUp } from '../../lib/experiments/look-up';
import { planRuns } from '../../lib/experiments/plan';
import type { RunTask } from '../../lib/experiments/task';
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
  labels.map((label, seed) => {
    const input = { profile: 'smoke', dataset: 'shapes', seed, set: { kind: 'images', ipc: 1 } } as const;
    return { label, factors: { label }, task: { kind: 'run', input } };
  });

/** Nothing is stored there. */
const runs = path.join(tmpdir(), 'haba-no-runs');

const executor = (made: Record<string, MadeUp>): Executor => ({
  atOnce: 1,
  execute(tasks, listener) {
    for (const [place, { label }] of tasks.entries()) {
      const { seconds = 1, fails, news } = made[label];
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

test('tasks of one set are estimated once with it, then with their own students alone', async () => {
  const input: ConfigurationInput = {
    ...{ profile: 'smoke', dataset: 'shapes', set: { kind: 'images', ipc: 1 }, snapshots: [1, 3] },
    ...{ iterations: 400, evaluation: { students: 1, updates: 1 } },
  };
  const of = { kind: 'run', input } as const;
  const tasks: RunTask[] = [
    of,
    ...[1, 3, 400].map((snapshot) => ({ kind: 'evaluation', of, students: {}, snapshot }) as const),
  ];
  const wanted = await Promise.all(
    tasks.map(async (task) => ({ label: '', task, found: await lookUp(task, { runs }) })),
  );
  const [whole, ...students] = (await planRuns(wanted, { runs })).map(({ estimate }) => estimate!.seconds);
  for (const seconds of students) assert.ok(seconds < whole / 10, `${seconds} of ${whole}`);
  const [alone] = await planRuns(wanted.slice(1, 2), { runs });
  assert.ok(alone.estimate!.seconds > whole, 'without another task it makes the set itself, and the students of both');
});

test('says how many are done, which runs, how many wait and for how long', async () => {
  const { said, progress } = recorder();
  const made = { first: { seconds: 100 }, second: { seconds: 200 }, third: { seconds: 1 } };
  const found = await runGrid(cells('first', 'second', 'third'), { runs, progress, executor: executor(made) });
  assert.deepEqual(
    found.map(({ factors, result }) => [factors.label, result.run]),
    [
      ['first', 'first'],
      ['second', 'second'],
      ['third', 'third'],
    ],
  );
  const spelled = said.map((line) => line.replace(/about .* (left|as estimated)/, 'about so long $1'));
  assert.deepEqual(spelled, [
    '3 runs: 0 are stored, 3 are to be made, in about so long as estimated',
    '0 of 3 runs done, 1 running, 2 waiting, about so long left; first: distilling of 300',
    '1 of 3 runs done, 1 running, 1 waiting, about so long left; second: distilling of 300',
    '2 of 3 runs done, 1 running, about so long left; third: distilling of 300',
    'end',
    '3 of 3 runs done; they took 5 min 1 s when they were made',
  ]);
});

test('a run that fails is told at once, the others are made, and the error says which and why, alike ones together', async () => {
  const { said, progress } = recorder();
  const fails = new RangeError('diverged');
  const made = { first: {}, second: { fails }, third: { fails: new RangeError('diverged') }, fourth: {} };
  const grid = runGrid(cells('first', 'second', 'third', 'fourth'), { runs, progress, executor: executor(made) });
  await assert.rejects(grid, {
    name: 'GridFailed',
    message: '2 of 4 failed; the others are done and stored.\n  second, third: RangeError: diverged',
    cause: fails,
  });
  assert.ok(said.includes('second failed: diverged'));
  assert.ok(said.some((line) => line.startsWith('1 of 4 runs done, 2 failed, 1 running, about ')));
});

test('what a reader must not miss is shown; what a run says of itself stands in the tables', async () => {
  const { said, progress } = recorder();
  const news = 'it is held by process 7. Waiting for it.';
  await runGrid(cells('waiting'), { runs, progress, executor: executor({ waiting: { news } }) });
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
  const grid = runGrid(cells('first', 'second'), { runs, progress, executor: stopping, signal: controller.signal });
  await assert.rejects(
    grid,
    (error) =>
      error instanceof RunStopped && /^Stopped: 1 of 2 runs done; what was done of others is kept/.test(error.message),
  );
});

test('an impossible configuration is refused before anything runs', async () => {
  const [first, second] = cells('first', 'second');
  const impossible = { ...second, task: { kind: 'run', input: { profile: 'smoke', iterations: -1 } } } as typeof second;
  const never = executor({});
  await assert.rejects(runGrid([first, impossible], { runs, executor: never }), /'iterations' is -1/);
});
