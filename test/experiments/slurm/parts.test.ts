/** What needs no cluster: the script of a job, its stages, its log, the look at a node. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { jobName, readJobName } from '../../../lib/experiments/slurm/grid-folder';
import { jobScript } from '../../../lib/experiments/slurm/job-script';
import { checkNode } from '../../../lib/experiments/slurm/node-check';
import { slurm } from '../../../lib/experiments/slurm/slurm';
import { stagesOf } from '../../../lib/experiments/slurm/stages';
import { openTaskLog } from '../../../lib/experiments/slurm/task-log';
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

test('a log is read as it grows: events once each, half a line when it is whole, the last lines of others', () => {
  const file = path.join(folder, 'task.log');
  const log = openTaskLog(file);
  assert.deepEqual(log.read(), []);
  writeFileSync(file, 'module: é\n{"event":"began","label":"é"}\n{"event":"upd');
  assert.deepEqual(log.read(), [{ event: 'began', label: 'é' }]);
  assert.deepEqual(log.read(), []);
  appendFileSync(file, 'ate","done":3}\n\none\ntwo\nthree\nfour\nfive\n');
  assert.deepEqual(log.read(), [{ event: 'update', done: 3 }]);
  assert.deepEqual(log.last, ['one', 'two', 'three', 'four', 'five']);
});

test('a node says what it computes with, and that a GPU it was given is not to be seen', async () => {
  const plain = await checkNode('n7', {});
  assert.match(plain.inUse, /^n7: Node v\d.*(TensorFlow|WebAssembly).*thread.*GB of memory$/);
  const given = await checkNode('n7', { SLURM_GPUS_ON_NODE: '1' });
  const saysGpu = given.missing.filter((sentence) => /^n7: .*GPU/.test(sentence));
  assert.equal(saysGpu.length, /, GPU,/.test(plain.inUse) ? 0 : 1, given.missing.join('\n'));
});
