/** A task as plain JSON: read or refused with a sentence, done in a process of its own with the numbers of this one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { executeTask } from '../../lib/experiments/execute-task';
import { ownToThisProcess, readTaskRequest, type RunTask, type TaskRequest } from '../../lib/experiments/task';
import { readTaskEvent, reportingProgress, type TaskEvent } from '../../lib/experiments/task-events';
import { haba } from '../commands/command-line';
import { lowRank } from '../factorization/low-rank';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-task-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const smoke = { profile: 'smoke', dataset: 'shapes', iterations: 2, evaluation: { students: 1, updates: 2 } } as const;
const task: RunTask = { kind: 'run', input: { ...smoke, set: { kind: 'images', ipc: 1 } } };

const eventsOf = (stdout: string): TaskEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => readTaskEvent(line) ?? assert.fail(line));
const threads = { TF_NUM_INTRAOP_THREADS: '1' };

test('a process of its own comes to the numbers of this one, says its progress as events, and records its threads', async () => {
  const file = path.join(folder, 'task.json');
  const places = { runs: path.join(folder, 'there') };
  writeFileSync(file, JSON.stringify({ label: 'DM', task, places } satisfies TaskRequest, undefined, 2));
  const { status, stdout } = await haba('task', file, '--threads', '1');
  assert.equal(status, 0);
  const events = eventsOf(stdout);
  assert.deepEqual(
    events.flatMap((event) => (event.event === 'stage' ? [`${event.name} of ${event.total}`] : [])),
    ['distilling of 2', 'training students of 2'],
  );
  assert.deepEqual([events[0].event, events[1]], ['ready', { event: 'began', label: 'DM' }]);
  const last = events.at(-1);
  assert.ok(last?.event === 'done');
  // As a user would, by the verb that does one run.
  const direct = await haba(
    ...['distill', '--profile', 'smoke', '--dataset', 'shapes', '--set', 'images', '--ipc', '1', '--threads', '1'],
    ...['--iterations', '2', '--set', 'evaluation.students=1', '--set', 'evaluation.updates=2'],
    ...['--runs', path.join(folder, 'directly')],
  );
  const expected = JSON.parse(direct.stdout) as { run: string; accuracy: object };
  assert.deepEqual(last.result.accuracy, expected.accuracy);
  const set = (run: string) => readFileSync(path.join(run, 'distilled.safetensors'));
  assert.deepEqual(set(String(last.result.run)), set(expected.run));
  const environment = JSON.parse(readFileSync(path.join(expected.run, 'environment.json'), 'utf8')) as {
    sessions: { threads: number }[];
  };
  assert.deepEqual(
    environment.sessions.map((session) => session.threads),
    [1],
  );
});

test('tasks come one a line; one that fails says why, and the next is done', async () => {
  const places = { runs: path.join(folder, 'lines') };
  const requests: TaskRequest[] = [
    { label: 'impossible', task: { kind: 'run', input: { ...smoke, iterations: -1 } }, places },
    { label: 'random', task: { kind: 'baseline', input: { ...smoke, baseline: 'random', ipc: 1 } }, places },
  ];
  const child = spawn(process.execPath, ['--import', 'tsx', 'lib/cli.ts', 'task'], {
    cwd: path.resolve(__dirname, '..', '..'),
    env: { ...process.env, ...threads },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let stdout = '';
  child.stdout.on('data', (part) => (stdout += part));
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join('\n'));
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(status, 1);
  const ends = eventsOf(stdout).filter(({ event }) => event === 'done' || event === 'failed');
  assert.deepEqual(ends[0], {
    event: 'failed',
    name: 'RangeError',
    message: "Configuration: 'iterations' is -1; allowed is at least 0.",
  });
  assert.equal(ends[1].event, 'done');
});

test('what is no task is refused, with where it comes from and what one looks like', () => {
  const cases: [text: string, said: RegExp][] = [
    ['{', /^FILE is no task: it is not JSON\. Expected is e\.g\. \{"label"/],
    ['[]', /^FILE is no task: Expected object/],
    [
      '{"label":"a","task":{"kind":"rum","input":{}}}',
      /'task\.kind': .*'run' \| 'baseline' \| 'evaluation' \| 'experts'/,
    ],
    ['{"label":"a","task":{"kind":"run"}}', /'task\.input': Required/],
    ['{"label":"a","task":{"kind":"run","input":{}},"place":{}}', /Unrecognized key\(s\) in object: 'place'/],
    ['{"label":"a","task":{"kind":"experts","input":{},"only":[-1]}}', /'task\.only\.0'/],
  ];
  for (const [text, said] of cases) assert.throws(() => readTaskRequest(text, 'FILE'), { message: said });
});

test('a kind of set that was registered here belongs to this process', async () => {
  const { dataset, profile } = smoke;
  assert.equal(ownToThisProcess(task), undefined);
  assert.equal(ownToThisProcess({ kind: 'baseline', input: { baseline: 'full' } }), undefined);
  const owned: RunTask = { kind: 'run', input: { dataset, profile, set: lowRank({}) } };
  assert.equal(ownToThisProcess(owned), "the kind of set 'low-rank'");
  await assert.rejects(
    executeTask({ kind: 'run', input: { set: { kind: 'none' } as never } }),
    /'set\.kind' is 'none'/,
  );
});

test('updates are thinned out, but for the last of a stage; what JSON does not have is left out', () => {
  const said: TaskEvent[] = [];
  let time = 0;
  const progress = reportingProgress((event) => void said.push(event), { every: 1, now: () => time });
  progress.stage({ name: 'distilling', total: 5 });
  for (let done = 1; done <= 5; done++, time += 0.4) progress.update(done, { loss: done === 4 ? Infinity : done });
  assert.deepEqual(
    said.map((event) => (event.event === 'update' ? [event.done, event.values] : event.event)),
    ['stage', [1, { loss: 1 }], [4, {}], [5, { loss: 5 }]],
  );
});
