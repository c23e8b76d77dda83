/**
 * Grids on a real Slurm of two virtual nodes on this machine (`cluster.ts`), skipped where it is not installed: the numbers of one
 * run after the other; closed and reopened; cancelled, queued again, the controller killed, a node lost, a script that fails.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { runGrid, type GridRun } from '../../../lib/experiments/grid';
import { gridNames } from '../../../lib/experiments/slurm/grid-folder';
import { cancelGrid, gridCounts, gridLog, gridStatus } from '../../../lib/experiments/slurm/look-at-grid';
import { slurm } from '../../../lib/experiments/slurm/slurm';
import { useThreads } from '../../../lib/tensor/backend';
import { epochs } from '../../matching/experts/small-experts';
import { startCluster, whyNoCluster, type Cluster } from './cluster';
import { bytesOf, cell, distillation, images, listen, tiny } from '../tiny-grid';

let cluster: Cluster | undefined;
let whyNot = whyNoCluster();
let folder: string;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-grids-'));
  if (whyNot !== undefined) return;
  cluster = await startCluster().catch((error: Error) => void (whyNot = error.message));
  // As the tasks: numbers depend on it.
  useThreads(1);
  process.env.HABA_RESULTS = folder;
  if (cluster) process.env.SLURM_CONF = cluster.configuration;
});
after(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** @returns the cluster; undefined where there is none, and the test is skipped */
function atCluster(context: TestContext): Cluster | undefined {
  if (!cluster) context.skip(whyNot);
  return cluster;
}

const newestGrid = () => gridNames().at(-1)!;
const sessionsOf = ({ result }: GridRun<unknown>) =>
  (JSON.parse(readFileSync(path.join(result.run, 'environment.json'), 'utf8')) as { sessions: object[] }).sessions
    .length;
const executor = slurm({ every: 1 });

test('a grid, closed in the middle and asked for again, comes to the bytes of one run after the other', async (context) => {
  if (!atCluster(context)) return;
  const matching = { method: 'mtt', experts: { count: 2, epochs: 1 } } as const;
  const cells = [
    ...Array.from({ length: 18 }, (_, seed) => distillation(`DM, seed ${seed}`, { seed })),
    cell('DM, MLP', {
      kind: 'evaluation',
      of: { kind: 'run', input: { ...tiny, set: images } },
      students: { network: { name: 'MLP' } },
    }),
    distillation('MTT', { matching }),
    cell('random', { kind: 'baseline', input: { ...tiny, baseline: 'random', ipc: 1 } }),
  ];
  const places = (name: string) => ({ runs: path.join(folder, name), experts: path.join(folder, `${name}-experts`) });

  const closing = new AbortController();
  const first = listen(
    () => closing.abort(),
    () => closing.abort(),
  );
  await assert.rejects(
    runGrid(cells, { ...places('cluster'), progress: first.progress, executor, signal: closing.signal }),
    { name: 'RunStopped' },
  );
  assert.ok(
    first.news.some((sentence) => /The cluster goes on with what was submitted.*grid cancel \d/.test(sentence)),
    first.news.join('\n'),
  );
  const { progress, news } = listen();
  const apart = await runGrid(cells, { ...places('cluster'), progress, executor });
  assert.equal(gridNames().length, 1, 'nothing is submitted twice');
  assert.ok(
    news.some((sentence) => /^\d+ tasks in the queue already\.$/.test(sentence)),
    news.join('\n'),
  );

  const inRow = await runGrid(cells, { ...places('row'), progress: listen().progress, executor: 'here' });
  const told = (runs: typeof apart) => runs.map(({ label, result }) => [label, result.accuracy, result.storedFloats]);
  assert.deepEqual(told(apart), told(inRow));
  const distilled = (runs: typeof apart) => runs.filter(({ label }) => label !== 'random');
  assert.deepEqual(distilled(apart).map(bytesOf), distilled(inRow).map(bytesOf));
  assert.deepEqual(epochs(places('cluster').experts), epochs(places('row').experts));
  assert.ok(
    apart.every((run) => sessionsOf(run) === 1),
    'every run was made in one go',
  );

  // Experts, then what needs them and what does not, then other students: every task ended well.
  const [grid] = gridNames();
  const status = await gridStatus(grid);
  assert.equal(status.length, 23);
  assert.deepEqual([...new Set(status.map(({ state }) => state))], ['done']);
  assert.deepEqual(await gridCounts(), [{ name: grid, counts: { done: 23 } }]);
  const log = gridLog(grid, 'DM, seed 3').join('\n');
  assert.match(log, /^n[12]: Node v.*\nready on n[12]\nbegan: DM, seed 3\n[\s\S]*\ndone$/);
});

/** The number of the job of a task, as its label's place in the newest grid says it. */
async function jobOf(slurmOf: Cluster, label: string): Promise<string> {
  const grid = newestGrid();
  const { place } = (await gridStatus(grid)).find((task) => task.label === label)!;
  const [array, index] = place.split('-');
  const listed = await slurmOf.slurm('squeue', '-h', '-r', `--name=haba-${grid}-${array}`, '-o', '%F_%K');
  return listed.split('\n').find((job) => job.endsWith(`_${index}`))!;
}

const long = (label: string, seed: number) =>
  distillation(label, { seed, iterations: 2400, checkpointEvery: 5000, matching: { method: 'dm' } });

/** Waits until tasks of the newest grid distil. */
async function whenDistilling(...labels: string[]): Promise<void> {
  for (;;) {
    const grid = newestGrid();
    const states = await gridStatus(grid);
    const isThere = labels.every((label) =>
      states.some((task) => task.label === label && task.state === 'running' && /^distilling [1-9]/.test(task.about)),
    );
    if (isThere) return;
    const ended = states.find(({ label, state }) => labels.includes(label) && (state === 'done' || state === 'failed'));
    assert.equal(ended, undefined, 'it ended before it was disturbed');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** When a grid is submitted that was not there before. */
async function whenSubmitted(before: number): Promise<void> {
  while (gridNames().length === before) await new Promise((resolve) => setTimeout(resolve, 100));
}

test('queued again, asked to stop, cancelled, and with its controller killed, a grid keeps what is done and goes on', async (context) => {
  const at = atCluster(context);
  if (!at) return;
  const cells = [long('requeued', 0), long('cancelled', 1), long('near its limit', 2)];
  const runs = path.join(folder, 'disturbed');
  const { progress, news } = listen();
  const before = gridNames().length;
  const disturbed = runGrid(cells, { runs, progress, executor });
  const failed = assert.rejects(disturbed, {
    name: 'GridFailed',
    message: /^1 of 3 failed; .*\n {2}cancelled: Slurm says CANCELLED; its log ends in:[\s\S]*CANCELLED AT/,
  });
  await whenSubmitted(before);
  await whenDistilling('requeued', 'cancelled');
  const [again, never] = [await jobOf(at, 'requeued'), await jobOf(at, 'cancelled')];
  await at.slurm('scontrol', 'requeue', again);
  await at.slurm('scancel', never);
  await whenDistilling('near its limit');
  const near = await jobOf(at, 'near its limit');
  // What Slurm sends before a time limit.
  await at.slurm('scancel', '--signal=TERM', '--batch', near);
  await at.killController();
  while (!news.some((sentence) => sentence.startsWith('The cluster does not answer')))
    await new Promise((resolve) => setTimeout(resolve, 100));
  await at.startController();
  await failed;

  const whole = await runGrid(cells, { runs, progress, executor });
  const newest = newestGrid();
  assert.deepEqual(
    (await gridStatus(newest)).map(({ label, state }) => [label, state]),
    [['cancelled', 'done']],
    'only what is missing is submitted again',
  );
  assert.deepEqual(whole.map(sessionsOf), [2, 2, 2]);
  const undisturbed = await runGrid(cells, {
    runs: path.join(folder, 'calm'),
    progress: listen().progress,
    executor: 'here',
  });
  assert.deepEqual(whole.map(bytesOf), undisturbed.map(bytesOf));
});

test('what ran on a node that is lost goes on elsewhere, from its checkpoint', async (context) => {
  const at = atCluster(context);
  if (!at) return;
  const cells = [
    distillation('one', { seed: 3, iterations: 800, checkpointEvery: 20 }),
    distillation('other', { seed: 4, iterations: 800, checkpointEvery: 20 }),
  ];
  const runs = path.join(folder, 'lost');
  const before = gridNames().length;
  const grid = runGrid(cells, { runs, progress: listen().progress, executor });
  await whenSubmitted(before);
  await whenDistilling('one', 'other');
  await at.killNode('n2');
  const whole = await grid;
  assert.deepEqual(whole.map(sessionsOf).sort(), [1, 2]);
  const undisturbed = await runGrid(cells, {
    runs: path.join(folder, 'safe'),
    progress: listen().progress,
    executor: 'here',
  });
  assert.deepEqual(whole.map(bytesOf), undisturbed.map(bytesOf));
  at.startNode('n2');
});

test('a script that fails is told with its last lines; a grid that is cancelled ends; what Slurm refuses is told', async (context) => {
  if (!atCluster(context)) return;
  const template = path.join(folder, 'broken.sh');
  writeFileSync(template, '#!/bin/bash\n{{sbatch}}\necho "no such module: cuda" >&2\nexit 3\n{{program}}\n');
  const cells = [distillation('broken')];
  const runs = path.join(folder, 'broken');
  const { progress } = listen();
  await assert.rejects(runGrid(cells, { runs, progress, executor: slurm({ every: 1, template }) }), {
    name: 'GridFailed',
    message: /broken: Slurm says FAILED; its log ends in:\n {4}no such module: cuda$/,
  });
  const refused = slurm({ partition: 'nowhere' });
  const before = gridNames();
  await assert.rejects(runGrid(cells, { runs, progress, executor: refused }), /sbatch: .*invalid partition/i);
  assert.deepEqual(gridNames(), before, 'nothing is left of what was refused');

  const endless = [distillation('endless', { iterations: 1_000_000 })];
  const ended = assert.rejects(runGrid(endless, { runs, progress, executor }), /endless: Slurm says CANCELLED/);
  await whenSubmitted(before.length);
  await whenDistilling('endless');
  assert.equal(await cancelGrid(newestGrid()), 1);
  await ended;
});
