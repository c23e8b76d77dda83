/**
 * A cell that says `executor: 'slurm'`, in the real kernel and on a real Slurm; skipped where that is not installed. The kernel dies
 * in the middle, a task is cancelled meanwhile, and the same notebook submits that task alone, and comes to the numbers of this process.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { runGrid } from '../../lib/experiments/grid';
import { gridNames, readGrid } from '../../lib/experiments/slurm/grid-folder';
import { executeNotebook } from '../../lib/reproduction/execute-notebook';
import { readNotebook } from '../../lib/reproduction/notebook-file';
import { useThreads } from '../../lib/tensor/backend';
import { startCluster, whyNoCluster } from '../experiments/slurm/cluster';
import { ownCluster } from '../experiments/slurm/own-cluster';
import { distillation, images, listen, tiny } from '../experiments/tiny-grid';
import { writeNotebookOf } from './write-notebook';

const whyNot = whyNoCluster();
const own = ownCluster('slurm-notebook', async () => (whyNot === undefined ? startCluster() : undefined));

const seeds = [0, 1, 2];
const cells = [
  "console.log('the kernel is ' + process.pid);",
  "import { runGrid } from './lib';",
  `const cells = ${JSON.stringify(seeds)}.map((seed) => ({
    label: 'seed ' + seed,
    factors: { seed },
    task: { kind: 'run' as const, input: { ...${JSON.stringify({ ...tiny, set: images })}, seed } as object },
  }));`,
  `const runs = await runGrid(cells, { executor: 'slurm' });
  console.log(JSON.stringify(runs.map(({ result }) => [result.accuracy, result.storedFloats])));`,
];

test('a grid of a cell is executed by the cluster, and goes on when its kernel has died; again, only what is missing is submitted', async (context) => {
  const { cluster: at, folder } = own;
  if (!at) return context.skip(whyNot);
  // As the tasks: numbers depend on it.
  useThreads(1);
  const notebook = path.join(folder, 'grid.ipynb');
  const executed = path.join(folder, 'executed.ipynb');
  writeNotebookOf(notebook, cells);
  const script = readFileSync(path.resolve(__dirname, '../../lib/experiments/slurm/job.sh'), 'utf8');
  const held = path.join(folder, 'held.sh');
  writeFileSync(held, script.replace('{{sbatch}}', '#SBATCH --hold\n{{sbatch}}'));
  const environment = { HABA_RESULTS: folder, SLURM_CONF: at.configuration };

  let kernel: number | undefined;
  await assert.rejects(
    executeNotebook(notebook, {
      to: executed,
      environment: { ...environment, HABA_SLURM: held },
      onLine(line) {
        kernel ??= Number(/^the kernel is (\d+)$/.exec(line)?.[1] ?? NaN) || undefined;
        if (/ submitted as grid |waiting/.test(line) && kernel) process.kill(kernel, 'SIGKILL');
      },
    }),
    { name: 'NotebookFailed' },
  );
  const [first, ...none] = gridNames();
  assert.deepEqual(none, []);
  const [, cancelled] = readGrid(first).tasks;
  const job = (await at.slurm('squeue', '-h', '-o', '%F')).trim();
  await at.slurm('scancel', `${job}_${cancelled.index}`);

  let isReleased = false;
  await executeNotebook(notebook, {
    to: executed,
    environment,
    onLine(line) {
      // What was left waits until the notebook has found it in the queue.
      if (isReleased || !/ submitted as grid |waiting/.test(line)) return;
      isReleased = true;
      void at.slurm('scontrol', 'release', job);
    },
  });
  const [, second, ...more] = gridNames();
  assert.deepEqual(more, []);
  assert.deepEqual(
    readGrid(second).tasks.map(({ label }) => label),
    [cancelled.label],
  );
  const shown = readNotebook(executed)
    .flatMap(({ outputs }) => outputs.map(({ text, data }) => text ?? String(data?.['text/plain'])))
    .join('\n');
  assert.ok(shown.includes(`one task submitted as grid ${second}, 2 tasks in the queue already.`), shown);
  assert.match(shown, /3 of 3 runs done/);
  const inRow = await runGrid(
    seeds.map((seed) => distillation(`seed ${seed}`, { seed })),
    { runs: path.join(folder, 'row'), progress: listen().progress, executor: 'here' },
  );
  const numbers = /^\[\[.*\]\]$/m.exec(shown);
  assert.deepEqual(
    JSON.parse(numbers![0]),
    inRow.map(({ result }) => [JSON.parse(JSON.stringify(result.accuracy)) as unknown, result.storedFloats]),
  );
});
