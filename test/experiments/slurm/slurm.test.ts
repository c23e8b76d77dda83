/**
 * Grids on a real Slurm of two virtual nodes on this machine (`cluster.ts`), skipped where it is not installed: the numbers of one
 * run after the other; closed and reopened; several to a task; cancelled, queued again, the controller killed, a node lost, one that starts nothing, a
 * script that fails.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { runGrid, type GridRun } from '../../../lib/experiments/grid';
import { gridNames, logFile, readGrid } from '../../../lib/experiments/slurm/grid-folder';
import { cancelGrid, gridCounts, gridLog, gridStatus } from '../../../lib/experiments/slurm/look-at-grid';
import { slurm, type SlurmOptions } from '../../../lib/experiments/slurm/slurm';
import { readTaskEvent } from '../../../lib/experiments/task-events';
import { useThreads } from '../../../lib/tensor/backend';
import { haba, lastJson, startHaba } from '../../commands/command-line';
import { epochs } from '../../matching/experts/small-experts';
import { startCluster, whyNoCluster, type Cluster } from './cluster';
import { ownCluster } from './own-cluster';
import { bytesOf, cell, distillation, images, listen, tiny } from '../tiny-grid';

let whyNot = whyNoCluster();
const own = ownCluster('grids', async () => {
  if (whyNot !== undefined) return undefined;
  // As the tasks: numbers depend on it.
  useThreads(1);
  return startCluster().catch((error: Error) => void (whyNot = error.message));
});

/** Seconds that a test may take: a minute on two free cores, and ten where ten others want these, too. */
const seconds = 600;

/**
 * A test on the cluster, skipped where there is none. When its time is over, or it fails, the cluster says what it was doing,
 * and is put in order for the next.
 * @param body is given a signal that says that its time is over: whatever waits ends with it
 */
function testAtCluster(name: string, body: (at: Cluster, signal: AbortSignal) => Promise<void>): void {
  // The test's own limit is for what does not heed the signal.
  test(name, { timeout: (seconds + 120) * 1000 }, async (context) => {
    const { cluster } = own;
    if (!cluster) return context.skip(whyNot);
    const limit = AbortSignal.timeout(seconds * 1000);
    const failed = new AbortController();
    try {
      await body(cluster, AbortSignal.any([limit, failed.signal]));
    } catch (error) {
      // What else of it waits ends with it.
      failed.abort();
      process.stderr.write(`${name}${limit.aborted ? `, after ${seconds} s` : ''}:\n${await cluster.describe()}\n`);
      await cluster.repair().catch(({ message }: Error) => process.stderr.write(`It is not mended: ${message}\n`));
      throw error;
    }
  });
}

/** Looks again and again until it is so. @throws AssertionError saying what was waited for, when the signal says so */
async function until(what: string, signal: AbortSignal, isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    assert.ok(!signal.aborted, `it was not so in time that ${what}`);
    await sleep(200);
  }
}

const newestGrid = () => gridNames().at(-1)!;
const sessionsOf = ({ result }: GridRun<unknown>) =>
  (JSON.parse(readFileSync(path.join(result.run, 'environment.json'), 'utf8')) as { sessions: object[] }).sessions
    .length;
const executor = slurm({ every: 1 });

testAtCluster(
  'a grid, closed in the middle and asked for again, comes to the bytes of one run after the other',
  async (_at, signal) => {
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
    const places = (name: string) => ({
      runs: path.join(own.folder, name),
      experts: path.join(own.folder, `${name}-experts`),
    });

    const closing = new AbortController();
    const first = listen(
      () => closing.abort(),
      () => closing.abort(),
    );
    const closedEarly = AbortSignal.any([closing.signal, signal]);
    await assert.rejects(
      runGrid(cells, { ...places('cluster'), progress: first.progress, executor, signal: closedEarly }),
      { name: 'RunStopped' },
    );
    assert.ok(
      first.news.some((sentence) => /The cluster goes on with what was submitted.*grid cancel \d/.test(sentence)),
      first.news.join('\n'),
    );
    const { progress, news } = listen();
    const apart = await runGrid(cells, { ...places('cluster'), progress, executor, signal });
    assert.equal(gridNames().length, 1, 'nothing is submitted twice');
    assert.ok(
      news.some((sentence) => /^\d+ tasks in the queue already\.$/.test(sentence)),
      news.join('\n'),
    );

    const silent = listen().progress;
    const inRow = await runGrid(cells, { ...places('row'), progress: silent, executor: 'here', signal });
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
  },
);

/** The number of the job of a task, as its label's place in the newest grid says it. */
async function jobOf(at: Cluster, label: string): Promise<string> {
  const grid = newestGrid();
  const { place } = (await gridStatus(grid)).find((task) => task.label === label)!;
  const [array, index] = place.split(/[-.]/);
  const listed = await at.slurm('squeue', '-h', '-r', `--name=haba-${grid}-${array}`, '-o', '%F_%K');
  return listed.split('\n').find((job) => job.endsWith(`_${index}`))!;
}

/** Numbers of the processes that worked at a task of the newest grid, one after the other. */
function processesOf(label: string): number[] {
  const { folder, tasks } = readGrid(newestGrid());
  const { array, index } = tasks.find((task) => task.label === label)!;
  const events = readFileSync(logFile(folder, array, index), 'utf8')
    .split('\n')
    .map(readTaskEvent);
  return events.flatMap((event) => (event?.event === 'ready' ? [event.pid] : []));
}

/** Waits until tasks of the newest grid distil, each for the time that is given. */
function whenDistilling(signal: AbortSignal, sessions: Record<string, number>): Promise<void> {
  return until(`${Object.keys(sessions).join(' and ')} distil`, signal, async () => {
    const states = new Map((await gridStatus(newestGrid())).map((task) => [task.label, task]));
    return Object.entries(sessions).every(([label, session]) => {
      const { state, about } = states.get(label)!;
      assert.ok(state !== 'done' && state !== 'failed', `${label} ended before it was disturbed: ${about}`);
      return state === 'running' && /^distilling [1-9]/.test(about) && processesOf(label).length === session;
    });
  });
}

/** When a grid is in the queue, as who watches it is told. */
const whenSubmitted = (signal: AbortSignal, news: readonly string[]) =>
  until('a grid is submitted', signal, () => news.some((sentence) => / submitted as grid /.test(sentence)));

/**
 * An executor whose tasks are slow while they are to be disturbed.
 * @returns `hurry`, from which on they are as fast as they can
 */
function paced(name: string, options: SlurmOptions = {}) {
  const file = path.join(own.folder, `${name}-slowly`);
  writeFileSync(file, '');
  const pace = pathToFileURL(path.join(__dirname, 'pace.mjs'));
  pace.searchParams.set('while', pathToFileURL(file).href);
  const script = readFileSync(path.resolve(__dirname, '../../../lib/experiments/slurm/job.sh'), 'utf8');
  const slow = script.replace('exec "$node"', `exec "$node" --import '${pace.href}'`);
  assert.notEqual(slow, script);
  const template = path.join(own.folder, `${name}.sh`);
  writeFileSync(template, slow);
  return { executor: slurm({ ...options, every: 1, template }), hurry: () => rmSync(file) };
}

testAtCluster(
  'queued again, asked to stop, cancelled, and with its controller killed, a grid keeps what is done and goes on',
  async (at, signal) => {
    // At a second each, these take five minutes before they end by themselves.
    const long = (label: string, seed: number) => distillation(label, { seed, iterations: 300, checkpointEvery: 5000 });
    const cells = [long('requeued', 0), long('cancelled', 1), long('near its limit', 2)];
    const runs = path.join(own.folder, 'disturbed');
    const { progress, news } = listen();
    const { executor: slowly, hurry } = paced('disturbed');
    const disturbed = runGrid(cells, { runs, progress, executor: slowly, signal });
    const failed = assert.rejects(disturbed, {
      name: 'GridFailed',
      message: /^1 of 3 failed; .*\n {2}cancelled: Slurm says CANCELLED; its log ends in:[\s\S]*CANCELLED AT/,
    });
    const steps = async () => {
      await whenSubmitted(signal, news);
      await whenDistilling(signal, { requeued: 1, cancelled: 1 });
      const [again, never] = [await jobOf(at, 'requeued'), await jobOf(at, 'cancelled')];
      await at.slurm('scontrol', 'requeue', again);
      await at.slurm('scancel', never);
      await whenDistilling(signal, { 'near its limit': 1 });
      const near = await jobOf(at, 'near its limit');
      // What Slurm sends before a time limit.
      await at.slurm('scancel', '--signal=TERM', '--batch', near);
      await whenDistilling(signal, { 'near its limit': 2, requeued: 2 });
      // And once more, when nobody is there who would queue it again.
      await at.remembers(near);
      await at.killController();
      process.kill(processesOf('near its limit').at(-1)!, 'SIGTERM');
      await until('it is told', signal, () => news.some((said) => said.startsWith('The cluster does not answer')));
      await at.startController();
      hurry();
    };
    await Promise.all([failed, steps()]);

    const whole = await runGrid(cells, { runs, progress, executor, signal });
    const newest = newestGrid();
    assert.deepEqual(
      (await gridStatus(newest)).map(({ label, state }) => [label, state]),
      [['cancelled', 'done']],
      'only what is missing is submitted again',
    );
    assert.deepEqual(whole.map(sessionsOf), [2, 2, 3]);
    const calm = path.join(own.folder, 'calm');
    const undisturbed = await runGrid(cells, { runs: calm, progress: listen().progress, executor: 'here', signal });
    assert.deepEqual(whole.map(bytesOf), undisturbed.map(bytesOf));
  },
);

testAtCluster(
  'several runs to a task of the array: each has its own state and words, fails apart, and goes on when their task is queued again',
  async (at, signal) => {
    const long = (label: string, seed: number) => distillation(label, { seed, iterations: 120, checkpointEvery: 5000 });
    const cells = [
      distillation('first', { seed: 20 }),
      distillation('diverges', { seed: 21, evaluation: { ...tiny.evaluation, learningRate: 1e38 } }),
      long('long', 22),
      distillation('behind', { seed: 23 }),
      distillation('apart', { seed: 24 }),
    ];
    const runs = path.join(own.folder, 'packed');
    const { executor: slowly, hurry } = paced('packed', { runsPerTask: 4 });
    const { progress, news } = listen();
    const failed = assert.rejects(runGrid(cells, { runs, progress, executor: slowly, signal }), {
      name: 'GridFailed',
      message: /^1 of 5 failed; .*\n {2}diverges: RunDiverged: .* \(on n[12]\)/,
    });
    const steps = async () => {
      await whenSubmitted(signal, news);
      const grid = newestGrid();
      assert.deepEqual(
        readGrid(grid).tasks.map(({ array, index, part }) => [array, index, part]),
        [...[0, 1, 2, 3].map((part) => [0, 0, part]), [0, 1, undefined]],
      );
      await whenDistilling(signal, { long: 1 });
      const states = (await gridStatus(grid)).map(({ place, label, state }) => [place, label, state]);
      assert.deepEqual(states.slice(0, 4), [
        ['0-0.0', 'first', 'done'],
        ['0-0.1', 'diverges', 'failed'],
        ['0-0.2', 'long', 'running'],
        ['0-0.3', 'behind', 'waiting'],
      ]);
      await at.slurm('scontrol', 'requeue', await jobOf(at, 'long'));
      await until('it is queued again', signal, () => processesOf('long').length === 2);
      hurry();
    };
    await Promise.all([failed, steps()]);
    const grid = newestGrid();
    assert.deepEqual(await gridCounts().then((all) => all.at(-1)), { name: grid, counts: { done: 4, failed: 1 } });
    assert.match(gridLog(grid, '0-0.3').join('\n'), /^n[12]: Node v[\s\S]*\nbegan: behind\n(?!.*began)[\s\S]*\ndone$/);
    const [first, , rest, ...others] = cells;
    const good = [first, rest, ...others];
    const packed = await runGrid(good, { runs, progress, executor, signal });
    assert.equal(newestGrid(), grid, 'all of them are stored');
    assert.deepEqual(packed.map(sessionsOf), [1, 2, 1, 1]);
    const alone = path.join(own.folder, 'unpacked');
    const inRow = await runGrid(good, { runs: alone, progress: listen().progress, executor: 'here', signal });
    assert.deepEqual(packed.map(bytesOf), inRow.map(bytesOf));
  },
);

testAtCluster('what ran on a node that is lost goes on elsewhere, from its checkpoint', async (at, signal) => {
  const iterations = 300;
  const cells = [
    distillation('one', { seed: 3, iterations, checkpointEvery: 5 }),
    distillation('other', { seed: 4, iterations, checkpointEvery: 5 }),
  ];
  const runs = path.join(own.folder, 'lost');
  const { executor: slowly, hurry } = paced('lost');
  const { progress, news } = listen();
  const grid = runGrid(cells, { runs, progress, executor: slowly, signal });
  const steps = async () => {
    await whenSubmitted(signal, news);
    await whenDistilling(signal, { one: 1, other: 1 });
    await at.killNode('n2');
    hurry();
  };
  const [whole] = await Promise.all([grid, steps()]);
  assert.deepEqual(whole.map(sessionsOf).sort(), [1, 2]);
  const safe = path.join(own.folder, 'safe');
  const undisturbed = await runGrid(cells, { runs: safe, progress: listen().progress, executor: 'here', signal });
  assert.deepEqual(whole.map(bytesOf), undisturbed.map(bytesOf));
  await at.startNode('n2');
});

testAtCluster(
  'what a node could not start is released, once; what is held for good is told, with what comes after it, and ends the grid',
  async (at, signal) => {
    const cells = [distillation('MTT', { matching: { method: 'mtt', experts: { count: 1, epochs: 1 } } })];
    const places = { runs: path.join(own.folder, 'held'), experts: path.join(own.folder, 'held-experts') };
    const { progress, news } = listen();
    at.breakNode('n1');
    at.breakNode('n2');
    const reason = 'launch failed requeued held';
    await assert.rejects(runGrid(cells, { ...places, progress, executor, signal }), {
      name: 'GridFailed',
      message: new RegExp(
        String.raw`^2 of 2 failed; .*\n  expert 0 of .*: it is held in the queue \(${reason}\), and stays there; ` +
          String.raw`scontrol release \d+ ends the hold, and the same again goes on with it\n` +
          String.raw`  MTT: it comes after tasks that are held in the queue, and waits there$`,
      ),
    });
    // The second node was tried, since what the first could not start was released.
    assert.match(await at.slurm('sinfo', '-h', '-N', '-o', '%N %T'), /^n1 drained\nn2 drained$/m);
    const said = [
      new RegExp(`^expert 0 of .*: not started by its node \\(${reason}\\), and released, once; sinfo -R says`),
      new RegExp(`^expert 0 of .*: waiting in the queue \\(${reason}; scontrol release \\d+ ends the hold\\)$`),
    ];
    for (const one of said) assert.equal(news.filter((sentence) => one.test(sentence)).length, 1, news.join('\n'));
    const submitted = gridNames();
    const [expert, run] = await gridStatus(newestGrid());
    assert.deepEqual([expert.state, run.state, run.about], ['held', 'waiting', 'Dependency']);
    assert.match(expert.about, new RegExp(`^${reason}; scontrol release \\d+_0 ends the hold$`));

    await Promise.all([at.mendNode('n1'), at.mendNode('n2')]);
    const [made] = await runGrid(cells, { ...places, progress, executor, signal });
    assert.equal(made.result.accuracy.runs.length, 1);
    assert.deepEqual(gridNames(), submitted, 'it was in the queue still');
  },
);

testAtCluster(
  'a script that fails is told with its last lines; a grid that is cancelled ends; what Slurm refuses is told',
  async (_at, signal) => {
    const template = path.join(own.folder, 'broken.sh');
    writeFileSync(template, '#!/bin/bash\n{{sbatch}}\necho "no such module: cuda" >&2\nexit 3\n{{program}}\n');
    const cells = [distillation('broken')];
    const runs = path.join(own.folder, 'broken');
    const { progress } = listen();
    await assert.rejects(runGrid(cells, { runs, progress, executor: slurm({ every: 1, template }), signal }), {
      name: 'GridFailed',
      message: /broken: Slurm says FAILED; its log ends in:\n {4}no such module: cuda$/,
    });
    const refused = slurm({ partition: 'nowhere' });
    const before = gridNames();
    await assert.rejects(runGrid(cells, { runs, progress, executor: refused, signal }), /sbatch: .*invalid partition/i);
    assert.deepEqual(gridNames(), before, 'nothing is left of what was refused');

    const endless = [distillation('endless', { iterations: 1_000_000 })];
    const { progress: told, news } = listen();
    const ended = assert.rejects(
      runGrid(endless, { runs, progress: told, executor, signal }),
      /endless: Slurm says CANCELLED/,
    );
    const steps = async () => {
      await whenSubmitted(signal, news);
      await whenDistilling(signal, { endless: 1 });
      assert.equal(await cancelGrid(newestGrid()), 1);
    };
    await Promise.all([ended, steps()]);
  },
);

testAtCluster('from the command line: submitted once, looked at, ended', async () => {
  const runs = path.join(own.folder, 'from-outside');
  const submit = [
    ...['grid', 'submit', '--profile', 'smoke', '--dataset', 'shapes', '--set', 'images', '--seed', '0..1'],
    ...['--runs', runs, '--sbatch=--hold'],
  ];
  const submitted = lastJson(await haba(...submit));
  const { grid } = submitted as { grid: string };
  assert.deepEqual([submitted.submitted, submitted.inQueue, grid], [3, 0, newestGrid()], 'two runs, and their report');
  const again = lastJson(await haba(...submit));
  assert.deepEqual([again.submitted, again.inQueue, again.jobs], [0, 3, submitted.jobs]);
  const { stdout } = await haba('grid', 'status', grid);
  const [job] = submitted.jobs as string[];
  const held = (seed: number) =>
    String.raw`0-${seed} +held +.*seed ${seed}: JobHeld\w+; .*scontrol release ${job}_${seed}.*\n`;
  assert.match(stdout, new RegExp(String.raw`^${held(0)}${held(1)}1-0 +held +report: JobHeld\w+; .*\n$`));
  assert.match((await haba('grid', 'cancel', grid)).stdout, /^3 tasks are asked to end$/m);
  const counts = (await haba('grid')).stdout.split('\n').find((line) => line.startsWith(grid));
  assert.match(counts!, /^\S+ +3 failed$/);
  const log = await haba('grid', 'logs', grid, '0-0');
  assert.equal(log.status, 1);
  assert.match(log.stderr, /0-0\.log/);
});

testAtCluster(
  'the report is the last stage: with nobody there it names the run that failed, or writes what the command here writes',
  async (_at, signal) => {
    const runs = path.join(own.folder, 'reported');
    const settings = Object.entries({ ...tiny.network }).map(([key, value]) => `network.${key}=${value}`);
    const fixed = ['images', 'set.ipc=1', 'iterations=2', 'evaluation.students=1', 'evaluation.updates=2', ...settings];
    const asked = (rates: string) => [
      ...['--profile', 'smoke', '--dataset', 'shapes', '--seed', '0', '--runs', runs, '--name', 'rates'],
      ...[...fixed, `evaluation.learningRate=${rates}`].flatMap((one) => ['--set', one]),
    ];
    const submitted = async (rates: string) => {
      const { grid } = lastJson(await haba('grid', 'submit', ...asked(rates)));
      await until(`the report on ${rates} ends`, signal, async () =>
        ['done', 'failed'].includes((await gridStatus(grid as string)).at(-1)!.state),
      );
      return { grid: grid as string, report: (await gridStatus(grid as string)).at(-1)! };
    };
    const { report: broken } = await submitted('0.01,1e38');
    assert.equal(broken.state, 'failed');
    assert.match(
      broken.about,
      /sweep ended with status 1: [\s\S]*1 of 2 failed[\s\S]*1e\+?38, seed 0: it is not stored/,
    );
    const tables = (results: string) =>
      ['rates.csv', 'rates.md', 'rates.tex', 'rates-macros.tex', 'rates.json'].map((file) =>
        readFileSync(path.join(results, 'tables', file), 'utf8'),
      );
    assert.throws(() => tables(own.folder), { code: 'ENOENT' });

    const { grid, report } = await submitted('0.01,0.02');
    assert.equal(report.state, 'done', report.about);
    const local = path.join(own.folder, 'local');
    const here = await startHaba(['sweep', ...asked('0.01,0.02')], { HABA_RESULTS: local }).finished;
    assert.equal(here.status, 0, here.stderr);
    assert.deepEqual(tables(own.folder), tables(local));
    assert.match(readFileSync(path.join(own.folder, 'runs.html'), 'utf8'), /Stored runs/);
    const [table] = here.stdout.split('\n{');
    assert.ok(gridLog(grid, 'report').join('\n').includes(table), 'its log has the table');
  },
);
