/** What needs no cluster: the script of a job, its stages, its log, the look at a node. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { jobName, readJobName } from '../../../lib/experiments/slurm/grid-folder';
import { blockedJobs, createCare, remedyFor } from '../../../lib/experiments/slurm/held-tasks';
import { jobScript } from '../../../lib/experiments/slurm/job-script';
import { checkNode } from '../../../lib/experiments/slurm/node-check';
import type { QueuedTask } from '../../../lib/experiments/slurm/queue';
import { lastSession, saidItsEnd } from '../../../lib/experiments/slurm/last-session';
import { slurm } from '../../../lib/experiments/slurm/slurm';
import { stagesOf } from '../../../lib/experiments/slurm/stages';
import { openTaskLogs } from '../../../lib/experiments/slurm/task-log';
import type { Task } from '../../../lib/experiments/task';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'haba-slurm-parts-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (script: string) => script.split('\n');

test('options become lines of the script, after those of the template, which they override', () => {
  const lines = linesOf(
    jobScript({
      ...{ partition: 'gpu', time: '2:00:00', memory: '8G', gpus: 'a100:1', cpus: 4 },
      ...{ modules: ['nodejs/22', 'cuda/11.8'], sbatch: ['--account=vision'] },
    }),
  );
  const options = lines.filter((line) => line.startsWith('#SBATCH'));
  assert.deepEqual(options.slice(-6), [
    '#SBATCH --partition=gpu',
    '#SBATCH --time=2:00:00',
    '#SBATCH --mem=8G',
    '#SBATCH --gres=gpu:a100:1',
    '#SBATCH --cpus-per-task=4',
    '#SBATCH --account=vision',
  ]);
  assert.ok(options.includes('#SBATCH --requeue') && options.includes('#SBATCH --open-mode=append'));
  assert.ok(lines.includes('module load nodejs/22 cuda/11.8 || exit 1'));
  assert.doesNotMatch(lines.join('\n'), /\{\{/);
  // Slurm reads no option after the first command.
  const firstCommand = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(
    lines.slice(firstCommand).filter((line) => line.startsWith('#SBATCH')),
    [],
  );
});

test('a template of one is used, by option or by HABA_SLURM; one that would do no task, or not what was asked, is refused', () => {
  const template = path.join(folder, 'own.sh');
  writeFileSync(
    template,
    '#!/bin/bash\n#SBATCH --qos=night\nsrun {{node}} --import {{loader}} {{program}} grid work "$1"\n',
  );
  process.env.HABA_SLURM = template;
  assert.match(jobScript(), /^#!\/bin\/bash\n#SBATCH --qos=night\nsrun \S+ --import \S+ \S+cli\.ts grid work "\$1"\n$/);
  delete process.env.HABA_SLURM;
  assert.throws(() => jobScript({ template, time: '1:00' }), /own\.sh lacks \{\{sbatch\}\}/);
  writeFileSync(template, '#!/bin/bash\n{{sbatch}}\necho\n');
  assert.throws(() => jobScript({ template }), /own\.sh lacks \{\{program\}\}/);
  writeFileSync(template, '{{programme}}');
  assert.throws(() => jobScript({ template }), /own\.sh: \{\{programme\}\} means nothing; allowed are \{\{sbatch\}\}/);
});

test('options that cannot be are refused', () => {
  assert.throws(() => jobScript({ cpus: 0 }), /'cpus' is 0; allowed is a whole number/);
  assert.throws(() => jobScript({ sbatch: ['qos=long'] }), /'qos=long' is no option of sbatch/);
  assert.throws(() => jobScript({ partition: 'a\nrm -rf /' }), /is more than one line/);
  assert.throws(() => slurm({ every: 0 }), /'every' is 0/);
});

const task = (kind: Task['kind'], ...after: number[]) => ({ task: { kind } as Task, after });

test('stages: one array for tasks of a kind that need the same, each after what it needs, none larger than Slurm takes', () => {
  const tasks = [
    ...[task('experts'), task('experts'), task('experts')],
    ...[task('run', 0, 1), task('run'), task('run', 2), task('evaluation', 3), task('evaluation', 4), task('run')],
  ];
  const all = [...tasks.keys()];
  assert.deepEqual(stagesOf(tasks, all, 100), [[0, 1, 2], [3, 5], [4, 8], [6], [7]]);
  assert.deepEqual(stagesOf(tasks, all, 2), [[0, 1], [2], [3, 5], [4, 8], [6], [7]]);
  // Of experts that are in the queue already nothing is divided.
  assert.deepEqual(stagesOf(tasks, [3, 4, 5, 8], 100), [[3, 4, 5, 8]]);
});

test('the name of a job says its grid and array; another job has none', () => {
  const grid = '20260102-030405-0a1b2c';
  assert.deepEqual(readJobName(jobName(grid, 12)), { grid, array: 12 });
  assert.equal(readJobName('haba-mine-1'), undefined);
  assert.equal(readJobName(`my-${jobName(grid, 1)}`), undefined);
});

const entry = (job: string, reason: string, ...after: string[]): QueuedTask => ({
  ...{ job, reason, after },
  state: 'PENDING',
});

test('what is held does not begin, nor what comes after it, at any distance; what waits for its turn does', () => {
  const held = [
    ...[entry('1', 'JobHeldUser'), entry('2', 'launch failed requeued held'), entry('3', 'DependencyNeverSatisfied')],
    { ...entry('4', 'None'), state: 'REQUEUE_HOLD' },
  ];
  const after = [entry('9', 'Dependency', '8'), entry('8', 'Dependency', '5', '1')];
  const free = [
    ...[entry('5', 'Resources'), entry('6', 'Dependency', '5'), entry('7', 'QOSMaxJobsPerUserLimit')],
    { ...entry('5', 'JobHeldUser'), state: 'RUNNING' },
  ];
  const queue = new Map([...after, ...held, ...free].map((one, place) => [`haba-${place} 0`, one]));
  assert.deepEqual(blockedJobs(queue), new Set([...held, ...after]));
  assert.equal(remedyFor(held[0], '1_0'), 'scontrol release 1_0 ends the hold');
  assert.match(remedyFor(entry('1', 'JobHeldAdmin'), '1')!, /^an administrator ends the hold/);
  assert.match(remedyFor(held[2], '3')!, /^after scancel 3 the same again submits it anew$/);
  assert.equal(remedyFor(free[2], '7'), undefined);
});

test('waiting is told once for each reason, and not where it is a matter of turn; what cannot be released is told as held', async () => {
  const news: string[] = [];
  const care = createCare({ news: (sentence) => void news.push(sentence) });
  const waiting = (label: string, index: number, one: QueuedTask) => ({ label, index, entry: one });
  const limit = ['a', 'b', 'c', 'd'].map((label, index) => waiting(label, index, entry('7', 'QOSMaxJobsPerUserLimit')));
  const down = waiting('e', 0, entry('8', 'Nodes required for job are DOWN, DRAINED or reserved'));
  const turn = waiting('f', 0, entry('9', 'Priority'));
  const unlucky = waiting('g', 3, entry('10', 'launch failed requeued held'));
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    await care([...limit, down, turn, unlucky]);
    await care([...limit.slice(1), waiting('e', 0, entry('8', 'Nodes required for job are DOWN')), turn, unlucky]);
  } finally {
    process.env.PATH = PATH;
  }
  assert.deepEqual(news, [
    'a; b; c; and 1 more: waiting in the queue (QOSMaxJobsPerUserLimit)',
    'e: waiting in the queue (Nodes required for job are DOWN, DRAINED or reserved; sinfo -R says what is wrong with nodes)',
    "It is not released: There is no scontrol here: Slurm's programs are on the login nodes of a cluster; start this there, or use workers.",
    'g: waiting in the queue (launch failed requeued held; scontrol release 10 ends the hold)',
  ]);
});

test('a log is read as it grows: events once each, half a line when it is whole, the last lines of others', () => {
  const file = path.join(folder, 'task.log');
  const [log] = openTaskLogs([{ file }]);
  assert.deepEqual(log.read(), []);
  writeFileSync(file, 'module: é\n{"event":"began","label":"é"}\n{"event":"upd');
  assert.deepEqual(log.read(), [{ event: 'began', label: 'é' }]);
  assert.deepEqual(log.read(), []);
  appendFileSync(file, 'ate","done":3}\n\none\ntwo\nthree\nfour\nfive\n');
  assert.deepEqual(log.read(), [{ event: 'update', done: 3 }]);
  assert.deepEqual(log.last, ['one', 'two', 'three', 'four', 'five']);
});

test('the log of a job of several tasks tells each of them its own words, and all of them what came before the first', () => {
  const file = path.join(folder, 'job.log');
  const [first, second, third] = openTaskLogs([0, 1, 2].map((part) => ({ file, part })));
  const ready = { event: 'ready', pid: 7, host: 'n1', threads: 1 } as const;
  const began = (label: string) => ({ event: 'began', label }) as const;
  const done = { event: 'done', result: {} } as const;
  const failed = { event: 'failed', name: 'Error', message: 'no' } as const;
  const write = (...lines: (string | object)[]) =>
    appendFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));

  write('modules are loaded', ready, began('a'), 'of a', failed, began('b'), { event: 'update', done: 3 });
  assert.deepEqual(second.read(), [ready, began('b'), { event: 'update', done: 3 }]);
  const told = { first: lastSession(first), third: lastSession(third) };
  assert.deepEqual([told.first.end, saidItsEnd(told.first)], [failed, true]);
  assert.deepEqual([told.third.begun, saidItsEnd(told.third)], [false, false]);
  write('n1 is lost', ready, began('a'), done, began('b'), { event: 'failed', name: 'RunStopped', message: 'asked' });
  assert.deepEqual(first.read(), [ready, began('a'), done]);
  assert.equal(saidItsEnd(lastSession(second)), false, 'what was asked to stop may be queued again');
  assert.deepEqual(third.read(), [ready]);
  assert.deepEqual(
    [first, second, third].map(({ last }) => last),
    [['modules are loaded', 'of a'], ['modules are loaded', 'n1 is lost'], ['modules are loaded']],
  );
  // Once more queued again, it comes by what is done.
  write(ready);
  const [again, later] = openTaskLogs([0, 1].map((part) => ({ file, part })));
  assert.equal(lastSession(again).end?.event, 'done');
  assert.deepEqual(lastSession(later), { begun: false, values: {} });
});

test('a node says what it computes with, and that a GPU it was given is not to be seen', async () => {
  const plain = await checkNode('n7', {});
  assert.match(plain.inUse, /^n7: Node v\d.*(TensorFlow|WebAssembly).*thread.*GB of memory$/);
  const given = await checkNode('n7', { SLURM_GPUS_ON_NODE: '1' });
  const saysGpu = given.missing.filter((sentence) => /^n7: .*GPU/.test(sentence));
  assert.equal(saysGpu.length, /, GPU,/.test(plain.inUse) ? 0 : 1, given.missing.join('\n'));
});
