/**
 * What many tiny tasks do to a cluster's queue and to the run store, through a real scheduler (`cluster.ts`); not a test:
 *
 *     node --import tsx test/experiments/slurm/measure.ts 1000        # held in the queue: submitting, asking again, looking
 *     node --import tsx test/experiments/slurm/measure.ts 1000 run    # and to the end; minutes to hours, by the cores there are
 *     node --import tsx test/experiments/slurm/measure.ts 1000 run 25 # 25 in a process, one after the other
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { GridCell } from '../../../lib/experiments/grid';

const tiny = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'images', ipc: 1 },
  iterations: 1,
  network: { width: 4, depth: 1 },
  evaluation: { students: 1, updates: 1 },
} as const;

/** Calls of the file system that the library makes, by name: those of a step are what a shared disk has to bear all the time. */
interface Calls {
  counts: Record<string, number>;
  /** In those that a run waits for. */
  milliseconds: number;
}

function countCalls(): Calls {
  const calls: Calls = { counts: {}, milliseconds: 0 };
  const own = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
  const names = [
    ...['readdirSync', 'openSync', 'readFileSync', 'renameSync', 'rmSync', 'statSync', 'mkdirSync', 'writeSync'],
    ...['appendFileSync', 'writeFileSync', 'fsyncSync', 'existsSync'],
    // Of the gate of a lock.
    ...['mkdir', 'rmdir'],
  ];
  let inside = false;
  for (const name of names) {
    const call = own[name];
    own[name] = (...given) => {
      // One may be made of others.
      if (inside) return call.apply(fs, given);
      inside = true;
      calls.counts[name] = (calls.counts[name] ?? 0) + 1;
      const began = performance.now();
      try {
        return call.apply(fs, given);
      } finally {
        calls.milliseconds += performance.now() - began;
        inside = false;
      }
    };
  }
  return calls;
}

async function timed<T>(what: string, work: () => Promise<T> | T): Promise<T> {
  const began = performance.now();
  const result = await work();
  process.stdout.write(`${what}: ${((performance.now() - began) / 1000).toFixed(2)} s\n`);
  return result;
}

async function main(count: number, isRun: boolean, runsPerTask: number): Promise<void> {
  const calls = countCalls();
  const { startCluster, whyNoCluster } = await import('./cluster');
  const { runGrid, tasksLeft } = await import('../../../lib/experiments/grid');
  const { submitTasks } = await import('../../../lib/experiments/slurm/submit');
  const { gridNames } = await import('../../../lib/experiments/slurm/grid-folder');
  const { gridStatus, cancelGrid } = await import('../../../lib/experiments/slurm/look-at-grid');
  const { slurm } = await import('../../../lib/experiments/slurm/slurm');
  const { lookAtQueue } = await import('../../../lib/experiments/slurm/queue');
  const { listRuns } = await import('../../../lib/runs/run-store');
  const { run } = await import('../../../lib/runs/run');
  const why = whyNoCluster();
  if (why !== undefined) throw new Error(why);
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'haba-measure-'));
  process.env.HABA_RESULTS = folder;
  const runs = path.join(folder, 'runs');
  const cluster = await startCluster();
  process.env.SLURM_CONF = cluster.configuration;
  try {
    const cells = Array.from(
      { length: count },
      (_, seed): GridCell<object> => ({
        label: `seed ${seed}`,
        factors: {},
        task: { kind: 'run', input: { ...tiny, seed } },
      }),
    );
    const tasks = await timed(`looking ${count} tasks up`, () => tasksLeft(cells, { runs }));
    const held = await timed('submitting them', () => submitTasks(tasks, { sbatch: ['--hold'] }));
    await timed('asking for them again', () => submitTasks(tasks));
    await timed('a look at the queue', lookAtQueue);
    await timed('grid status', () => gridStatus(held.grid!.name));
    await cancelGrid(held.grid!.name);
    if (isRun) {
      await timed('to the end', () => runGrid(cells, { runs, executor: slurm({ runsPerTask }) }));
      const [, done] = gridNames();
      await timed('grid status, of what is done', () => gridStatus(done));
      await timed('the same again, all stored', () => runGrid(cells, { runs, executor: slurm() }));
      const listed = await timed('runs list', () => listRuns(runs));
      const files = fs.readdirSync(runs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const bytes = listed.reduce((sum, one) => sum + one.bytes, 0);
      process.stdout.write(
        `${files.length / listed.length} files and ${Math.round(bytes / listed.length)} bytes a run\n`,
      );
    }
    // Of two runs that differ in their length alone, the difference is that of the steps.
    const lengths = [50, 150].map((iterations) => ({ ...tiny, iterations, checkpointEvery: 1000 }));
    const made: Calls[] = [];
    for (const [seed, input] of lengths.entries()) {
      const before = { counts: { ...calls.counts }, milliseconds: calls.milliseconds };
      await run({ ...input, seed: count + seed }, { runs, progress: silent });
      const since = Object.entries(calls.counts).map(([name, now]) => [name, now - (before.counts[name] ?? 0)]);
      const counts = Object.fromEntries(since) as Record<string, number>;
      made.push({ counts, milliseconds: calls.milliseconds - before.milliseconds });
    }
    const each = Object.keys(calls.counts).map(
      (name) => `${name} ${((made[1].counts[name] - made[0].counts[name]) / 100).toFixed(2)}`,
    );
    process.stdout.write(`calls of the file system, a step: ${each.join(', ')}\n`);
    process.stdout.write(`and of a run of 50 steps: ${JSON.stringify(made[0].counts)}\n`);
    process.stdout.write(
      `time in them, of runs of 50 and 150 steps: ${made.map((one) => one.milliseconds.toFixed(0)).join(' and ')} ms\n`,
    );
  } finally {
    await cluster.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const silent = { stage: () => undefined, update: () => undefined, note: () => undefined, end: () => undefined };

if (require.main === module)
  void main(Number(process.argv[2] ?? 1000), process.argv[3] === 'run', Number(process.argv[4] ?? 1));
