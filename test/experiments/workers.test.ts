/** Grids executed by processes of their own: the numbers of one run after the other, deaths, interrupts, memory. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runGrid } from '../../lib/experiments/grid';
import { makeExperts } from '../../lib/experiments/make-experts';
import type { RunTask } from '../../lib/experiments/task';
import { localWorkers } from '../../lib/experiments/workers';
import { readMetrics } from '../../lib/runs/run-files';
import { useThreads } from '../../lib/tensor/backend';
import { lowRank } from '../factorization/low-rank';
import { epochs } from '../matching/experts/small-experts';
import { bytesOf, cell, distillation, images, listen, tiny } from './tiny-grid';

let folder: string;
before(() => {
  // As the workers: numbers depend on it.
  useThreads(1);
  folder = mkdtempSync(path.join(tmpdir(), 'haba-workers-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('two workers come to the bytes of one run after the other: sets, students, experts, and what this process alone can do', async () => {
  const matching = { method: 'mtt', experts: { count: 2, epochs: 2 } } as const;
  const random: RunTask = { kind: 'baseline', input: { ...tiny, baseline: 'random', ipc: 1 } };
  const cells = [
    distillation('DM', {}),
    cell('DM, MLP', {
      kind: 'evaluation',
      of: { kind: 'run', input: { ...tiny, set: images } },
      students: { network: { name: 'MLP' } },
    }),
    distillation('MTT', { matching }),
    distillation('MTT, seed 1', { matching, seed: 1 }),
    cell('random', random),
    distillation('own', { set: lowRank({}) }),
  ];
  const places = (name: string) => ({ runs: path.join(folder, name), experts: path.join(folder, `${name}-experts`) });
  const { progress, news } = listen();
  const apart = await runGrid(cells, {
    ...places('apart'),
    progress,
    executor: { workers: 2, threads: 1 },
  });
  assert.ok(
    news.some((sentence) => /in this process.*do not have the kind of set 'low-rank'.*: own\.$/.test(sentence)),
    news.join('\n'),
  );
  const inRow = await runGrid(cells, { ...places('row'), progress: listen().progress });
  assert.deepEqual(
    apart.map(({ label, result }) => [label, result.accuracy, result.storedFloats]),
    inRow.map(({ label, result }) => [label, result.accuracy, result.storedFloats]),
  );
  const distilled = (runs: typeof apart) => runs.filter(({ label }) => label !== 'random');
  assert.deepEqual(distilled(apart).map(bytesOf), distilled(inRow).map(bytesOf));
  assert.deepEqual(epochs(places('apart').experts), epochs(places('row').experts));

  // Experts alone; and all of it once more, which is stored, and starts nobody.
  const input = { ...tiny, set: images, matching };
  const alone = await makeExperts(input, {
    ...{ experts: path.join(folder, 'alone'), progress },
    executor: { workers: 2, threads: 1 },
  });
  assert.equal(alone.count, 2);
  assert.deepEqual(epochs(path.join(folder, 'alone')), epochs(places('row').experts));
  const nobody = { atOnce: 1, execute: () => assert.fail('nothing is left to do') };
  const again = await runGrid(cells, { ...places('apart'), progress, executor: nobody });
  assert.deepEqual(
    again.map(({ result }) => result.accuracy),
    apart.map(({ result }) => result.accuracy),
  );
});

/** Who holds the runs of a folder. */
function holders(runs: string): number[] {
  if (!existsSync(runs)) return [];
  const files = (readdirSync(runs, { recursive: true }) as string[]).filter((file) => file.endsWith('holder.json'));
  return files.map((file) => (JSON.parse(readFileSync(path.join(runs, file), 'utf8')) as { pid: number }).pid);
}

test('a worker that is killed is told with what it said last, the rest goes on; as many workers as memory holds', async () => {
  const runs = path.join(folder, 'killed');
  const cells = [distillation('endless', { iterations: 100_000 }), distillation('short', { seed: 1 })];
  const { progress, news } = listen((name) => {
    if (!name.includes('endless: distilling')) return;
    for (const pid of holders(runs)) process.kill(pid, 'SIGKILL');
  });
  const grid = runGrid(cells, { runs, progress, executor: { workers: 2, threads: 1, memoryBytes: 7e8 } });
  await assert.rejects(grid, {
    name: 'GridFailed',
    message: /^1 of 2 failed; .*\n {2}endless: WorkerEnded: its process ended by SIGKILL, as when memory runs out/,
  });
  assert.ok(
    news.some((sentence) =>
      /^One worker instead of 2: a task takes about 0\.\d GB of memory, and 0\.7 GB are free\.$/.test(sentence),
    ),
    news.join('\n'),
  );
  const [short] = await runGrid(cells.slice(1), {
    ...{ runs, progress },
    executor: { atOnce: 1, execute: () => assert.fail('it was done') },
  });
  assert.equal(short.result.accuracy.runs.length, 1);
});

test('interrupted, workers stop within a step and keep what is done; the same again goes on, to the undisturbed bytes', async () => {
  const runs = path.join(folder, 'stopped');
  const iterations = 120;
  const cells = [0, 1].map((seed) => distillation(`seed ${seed}`, { seed, iterations, checkpointEvery: 1000 }));
  const controller = new AbortController();
  const { progress } = listen((name, done) => {
    if (name.includes('distilling') && done >= 3 && holders(runs).length === 2) controller.abort();
  });
  const executor = { workers: 2, threads: 1 };
  await assert.rejects(runGrid(cells, { runs, progress, executor, signal: controller.signal }), { name: 'RunStopped' });
  assert.deepEqual(holders(runs), [], 'nobody works there any more');
  const kept = readdirSync(runs).map((name) => readMetrics(path.join(runs, name)).length);
  assert.ok(
    kept.some((count) => count >= 3 && count < iterations),
    `iterations kept: ${kept.join()}`,
  );
  const whole = await runGrid(cells, { runs, progress: listen().progress, executor });
  const undisturbed = await runGrid(cells, { runs: path.join(folder, 'undisturbed'), progress: listen().progress });
  assert.deepEqual(whole.map(bytesOf), undisturbed.map(bytesOf));
});

test('numbers of workers and threads that make no sense are refused', () => {
  assert.throws(
    () => localWorkers({ workers: 0 }),
    /There cannot be 0 workers; allowed is a whole number of at least 1/,
  );
  assert.throws(() => localWorkers({ workers: 1.5 }), /There cannot be 1\.5 workers/);
  assert.throws(() => localWorkers({ workers: 2, threads: 0 }), /There cannot be 0 threads/);
});
